"""Where the secret is kept that a data directory makes for itself when the settings name none."""

from pathlib import Path

KEY_FILE = Path("keys/identity.key")  # below the data directory


def has_key(data_dir: Path) -> bool:
    """The directory has one already, which all its processes share."""
    return (data_dir / KEY_FILE).exists()
