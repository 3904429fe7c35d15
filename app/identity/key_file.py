"""The secret an operator chose, or else where the one is kept that a data directory makes for itself."""

from pathlib import Path

from pydantic import SecretStr

from app.errors import ConfigurationError

SHORTEST = 16  # characters of a pepper an operator chose
KEY_FILE = Path("keys/identity.key")  # below the data directory


def has_key(data_dir: Path) -> bool:
    """The directory has one already, which all its processes share."""
    return (data_dir / KEY_FILE).exists()


def require_long(pepper: SecretStr) -> None:
    """Raise `ConfigurationError` for a pepper that is set and too short to keep anything secret."""
    if 0 < len(pepper.get_secret_value()) < SHORTEST:
        raise ConfigurationError(f"RECADO_IDENTITY__PEPPER needs at least {SHORTEST} characters.")
