"""Memory in which samples are decoded stays with the process for the next ones.

The C library of Linux systems gives every freed block of more than 128 KiB back to the system, which hands it out
again page by page, zeroed. To read twelve series of 90 days took twice as long for it as with these limits.
"""

import ctypes
import sys
from typing import Final

# mallopt(3): what is freed at the end of the heap and kept, and from which size on blocks stand outside of it
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 64 * 2**20
_LARGEST: Final = 8 * 2**20


def keep_freed_memory() -> None:
    """Raise the limits above which freed memory leaves the process; a C library that has none is left alone."""
    if not sys.platform.startswith("linux"):
        return
    set_limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_limit is not None:
        set_limit(_TRIM_THRESHOLD, _KEPT)
        set_limit(_MMAP_THRESHOLD, _LARGEST)
