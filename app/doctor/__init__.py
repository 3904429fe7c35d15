"""`recado doctor`: what is wrong with this installation, and what to do about each trouble; one concern a file."""

from collections.abc import Callable, Iterable

from app.doctor.configuration import check_configuration
from app.doctor.endpoint import check_endpoints
from app.doctor.finding import Finding, show
from app.doctor.knowledge import check_knowledge
from app.doctor.mail import check_mail
from app.doctor.meta import check_meta
from app.doctor.model import check_model
from app.doctor.outside import check_outside
from app.doctor.sign_in import check_sign_in
from app.doctor.store import check_store
from app.settings import Settings

__all__ = ["Finding", "examine", "show"]

CHECKS: Iterable[Callable[[Settings], list[Finding]]] = (
    check_configuration,
    check_store,
    check_knowledge,
    check_model,
    check_endpoints,
    check_outside,
    check_mail,
    check_sign_in,
    check_meta,
)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding too, never a crash. Nothing is made or changed."""
    return [finding for check in CHECKS for finding in check(settings)]
