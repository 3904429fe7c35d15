"""Everything the emulator serves, as routes to join under one server."""

from starlette.convertors import register_url_convertor
from starlette.routing import BaseRoute

from app.emulator.cloud import CloudApi, GraphVersion
from app.emulator.control import Control
from app.emulator.mailbox import Mailbox
from app.emulator.management import Management
from app.emulator.pages import Pages
from app.emulator.switchboard import Emulator


def emulator_routes(emulator: Emulator, mailbox: Mailbox | None = None) -> list[BaseRoute]:
    """Return /phone, /mailbox, /emulator/… and the Cloud API's own paths, /v25.0/{phone_number_id}/messages …."""
    register_url_convertor("graph_version", GraphVersion())
    pages = [*Pages(emulator, mailbox).routes(), *Control(emulator).routes()]
    return [*pages, *Management(emulator).routes(), *CloudApi(emulator).routes()]
