"""What may go wrong with the knowledge base, one class per reaction."""

from app.errors import RecadoError


class SyncError(RecadoError):
    """The knowledge base could not be synchronised; what was searched before is searched still."""


class CopyError(RecadoError):
    """A revision in the store cannot be fetched or is not what was published; what was searched before still is."""


class ThresholdsRefusedError(RecadoError):
    """These thresholds are no order; the message says what is."""


class SourceTermsError(RecadoError):
    """What was said about a source cannot be; the sentence says what to say instead."""


class RunLostError(SyncError):
    """Somebody else has taken over this synchronisation, or what it reads was changed; it stops here."""
