"""A desk with a catalogue, rules and people, on either store."""

import pytest
from sqlalchemy.orm import Session

from tests.desk.test_embedded import furnish


@pytest.fixture
def desk(session: Session) -> Session:
    furnish(session)
    session.flush()
    return session
