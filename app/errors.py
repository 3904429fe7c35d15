"""The service's errors, one class per reaction.

RecadoError
├── ConfigurationError      the operator must change a setting; printed as one sentence, exit 2
├── StoreUnavailableError   the database did not take it: 503, the sender tries again
├── StaleTurnError          somebody else committed first: think again from fresh state
└── DataDirectoryBusyError  another process owns the data directory
"""


class RecadoError(Exception):
    """Everything this service raises on purpose."""


class ConfigurationError(RecadoError):
    """A setting is missing or contradicts another."""


class StoreUnavailableError(RecadoError):
    """The database did not take the write; nothing of it was kept."""


class StaleTurnError(RecadoError):
    """What the turn was thought from has changed meanwhile."""


class DataDirectoryBusyError(RecadoError):
    """Another Recado process owns the data directory."""
