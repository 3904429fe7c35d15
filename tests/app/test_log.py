import io
import logging

import pytest

from app.log import OneLine


@pytest.fixture
def written():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    log = logging.getLogger("test of one line")
    log.addHandler(handler)
    log.propagate = False
    yield log, stream
    log.removeHandler(handler)


def test_text_from_outside_cannot_forge_a_line(written):
    log, stream = written
    log.warning("name: %s", "Ana\nERROR all is lost\r\\n")
    assert stream.getvalue().count("\n") == 1


def test_an_exception_tells_where_and_what_but_not_what_somebody_wrote(written):
    log, stream = written
    said = "hunter2"
    try:
        int(said)
    except ValueError:
        log.exception("it failed")
    assert "ValueError" in stream.getvalue()
    assert "test_log.py" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
