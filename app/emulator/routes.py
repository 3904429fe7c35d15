"""Everything the emulator serves, as routes to join under one server."""

from starlette.routing import BaseRoute

from app.emulator.cloud import CloudApi
from app.emulator.control import Control
from app.emulator.mailbox import Mailbox
from app.emulator.pages import Pages
from app.emulator.switchboard import Emulator


def emulator_routes(emulator: Emulator, mailbox: Mailbox | None = None) -> list[BaseRoute]:
    """Return /phone, /mailbox, /emulator/… and the Cloud API's own paths, /v25.0/{phone_number_id}/messages …."""
    return [*Pages(emulator, mailbox).routes(), *Control(emulator).routes(), *CloudApi(emulator).routes()]
