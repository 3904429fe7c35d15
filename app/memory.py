"""Memory that loading took for a moment, given back: glibc keeps what is freed unless it is asked."""

import ctypes
import sys


def give_back() -> None:
    """Return free memory to the system; some milliseconds of work, to be run in a thread. Nothing where no glibc is."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
