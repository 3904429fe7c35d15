"""Whether the settings are complete, and the data directory is ours."""

import os

from app.doctor.finding import Finding
from app.errors import RecadoError
from app.settings import Settings


def check_configuration(settings: Settings) -> list[Finding]:
    """Look at what is set and at where files would go."""
    return [_settings(settings), *_company(settings), _data_dir(settings)]


def _settings(settings: Settings) -> Finding:
    from app.serve import require_secrets  # noqa: PLC0415 -- brings the server with it

    try:
        require_secrets(settings)
    except RecadoError as error:
        return Finding("settings", "trouble", str(error), "Copy .env.example to .env and fill these in.")
    return Finding("settings", "good", "complete")


def _company(settings: Settings) -> list[Finding]:
    """The first words to everybody name the company and link its privacy notice."""
    company = settings.company
    named = {"RECADO_COMPANY__NAME": company.name, "RECADO_COMPANY__PRIVACY_URL": company.privacy_url}
    missing = [name for name, value in named.items() if not value]
    if not missing:
        return []
    return [Finding("company", "trouble", f"not set: {', '.join(missing)}", "Set them: the greeting has a gap there.")]


def _data_dir(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        return Finding("data directory", "trouble", f"{folder} cannot be written", "Set RECADO_DATA_DIR.")
    if folder.exists() and folder.stat().st_mode & 0o007:
        return Finding("data directory", "note", f"{folder} is open to everybody", f"chmod o= {folder}")
    return Finding("data directory", "good", str(folder))
