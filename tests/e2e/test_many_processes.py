"""What an employee lives through when a receiver and workers share the work on PostgreSQL."""

import pytest

from tests.e2e.fleet import Fleet, open_fleet

pytestmark = pytest.mark.timeout(240)
WHO, EMAIL = "mariana", "mariana.vilela@ipe.example"


@pytest.fixture
async def fleet(stores, tmp_path, free_port):
    with stores.postgres() as url:
        async with open_fleet(url, tmp_path / "data", free_port) as fleet:
            yield fleet


async def test_a_conversation_goes_on_when_the_worker_that_had_it_is_killed(fleet: Fleet):
    await fleet.start("receiver", "serve")
    assert (await fleet.health("receiver"))["workers"] == 0
    await fleet.start("one", "worker", "-c", "2")
    print(await fleet.hear(WHO, "oi"))
    await fleet.start("other", "worker", "-c", "2")
    await fleet.kill("one")
    print(await fleet.verify(WHO, EMAIL))
    print(await fleet.hear(WHO, "e o meu chamado?"))
    print(await fleet.health("receiver"))
    assert await fleet.stop("other") == 0
    assert await fleet.stop("receiver") == 0
