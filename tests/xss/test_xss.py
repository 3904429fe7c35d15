"""A few payloads of each way, on every page, in every test run; `make xss` plays all."""

import shutil

import pytest

from tests.e2e.test_browser import CHROMIUM, IN_CI, MISSING
from tests.xss.payloads import BREAKS, VECTORS, payloads
from tests.xss.run import run

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING)]
FEW = 8


def test_there_are_at_least_five_hundred_payloads_and_no_two_alike():
    assert len(set(payloads())) == len(BREAKS) * len(VECTORS) >= 500


async def test_nothing_that_somebody_writes_runs_on_any_page(founded, tmp_path, free_port):
    shutil.copytree(founded, tmp_path / "data")
    found = await run(tmp_path / "data", free_port(), FEW)
    assert found.broken == []
    assert found.troubles == []
    assert found.holds
    assert found.control > 0, "the detector sees nothing"
    assert found.shown > 10 * FEW, "the pages show too little of it"
