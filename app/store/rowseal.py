"""Seals that bind stored bytes to the place where they stand.

A body proves its own bytes, but not whose they are: one flipped bit in a page of the database can put a whole row under
the key of another series. So a row begins with a mark and a digest of its place, of its first bytes (which hold the
body's own digest) and of whatever the body's digest does not speak of. Rows that version 1 wrote have no mark.
"""

import hashlib
from typing import Final

from app.errors import StoreDamaged

# As a length (what version 1 began a row with), or as a scrape group, it would be beyond every limit.
_MARK: Final = b"WF\x02\xff"
_DIGEST_BYTES: Final = 8
_HEAD: Final = 64
"""First bytes that the seal covers: every header with its digest is shorter."""


def _digest(place: str, row: bytes, beside: bytes) -> bytes:
    told = hashlib.sha256(f"{place} {len(row)} ".encode())
    told.update(row[:_HEAD])
    told.update(beside)
    return told.digest()[:_DIGEST_BYTES]


def seal_row(place: str, row: bytes, beside: bytes = b"") -> bytes:
    """Bytes that `open_row` reads; `beside` is what of the row no other digest covers."""
    return _MARK + _digest(place, row, beside) + row


def sealed_part(stored: object) -> bytes | None:
    """What stands behind a seal, unproved; None where there is none.

    Raises
    ------
    StoreDamaged
        If it is no bytes at all: a page can be changed so that SQLite takes them for text.
    """
    if not isinstance(stored, bytes):
        msg = "A stored row is not made of bytes."
        raise StoreDamaged(msg)
    return stored[len(_MARK) + _DIGEST_BYTES :] if stored[: len(_MARK)] == _MARK else None


def prove_row(place: str, stored: bytes, row: bytes, beside: bytes = b"") -> None:
    """Prove that a sealed row belongs where it was found.

    Raises
    ------
    StoreDamaged
    """
    if stored[len(_MARK) : len(_MARK) + _DIGEST_BYTES] != _digest(place, row, beside):
        msg = "A stored row does not belong where it stands, or was changed."
        raise StoreDamaged(msg)
