"""What the tests of the service share with those of its tools."""

from tests.tools.external.conftest import server, world

__all__ = ["server", "world"]
