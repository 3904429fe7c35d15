"""YAML of ours and of operators, read safely; in C where the library has it, which is five times as fast."""

from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Plain values only; raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 -- the safe loader, in C where there is one
