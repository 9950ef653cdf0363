"""The outside of a bundle: its name, and its files read safely from a flat folder or a stored zip.

Nothing here is trusted and nothing is unpacked, parsed or written. Only three kinds of names may
stand in a bundle, so links, subfolders, paths and look-alikes have no place to hide. Sizes are
those of the bytes that are really there.
"""

import hashlib
import itertools
import os
import re
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from app.model.marking import Level

MANIFEST: Final = "manifest.json"
SUMS: Final = "sha384sums.txt"
PART: Final = re.compile(r"p[0-9]{4}\.ndjson")

MOST_PARTS: Final = 1000
MOST_BYTES: Final = 4 * 2**30 - 1
"""Largest file: what FAT32 can hold."""
STEP: Final = 4 * 2**20
"""Bytes read at a time."""

_LEVELS: Final = {level.code.lower(): level for level in Level}
_NAME: Final = re.compile(r"([a-z-]{1,6})_([a-z0-9-]{1,20})_([a-z0-9-]{1,12})_([0-9]{10})_e([0-9]{1,4})")
_COPYING: Final = re.compile(r"\..*|.*\.(part|partial|filepart|tmp|crdownload)")

# PKWARE APPNOTE 6.3: end record, central header, local header
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_UTF8_NAME: Final = 0x0800
_LONGEST_EXTRA: Final = 64


class UnsafeLayout(Exception):
    """The files are not what a bundle may consist of."""


class Incomplete(Exception):
    """Files are missing, growing or unreadable: to be looked at again."""


@dataclass(frozen=True, slots=True)
class OuterName:
    """What the unauthenticated name of a bundle says: enough to route it, nothing to believe."""

    level: Level
    source: str
    stream: str
    seq: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.level.code.lower()}_{self.source}_{self.stream}_{self.seq:010d}_e{self.epoch}"


def outer_name(path: Path) -> OuterName | None:
    """Read the name of a bundle's folder or zip; None where it is not one."""
    match = _NAME.fullmatch(path.name.removesuffix(".zip"))
    if match is None or match[1] not in _LEVELS:
        return None
    name = OuterName(_LEVELS[match[1]], match[2], match[3], int(match[4]), int(match[5]))
    return name if str(name) == path.name.removesuffix(".zip") and name.seq and name.epoch else None


def claimed_level(path: Path) -> Level | None:
    """Level that the first letters of a name claim, however the rest looks; None where they claim none."""
    match = re.match(r"[a-z]+(?:-sci)?", path.name.lower())
    return None if match is None else _LEVELS.get(match[0])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the bytes of one member lie, and what its file looked like then."""

    size: int
    offset: int
    stamp: tuple[int, ...]


class Layout:
    """The open files of one bundle, read-only.

    Use as a context manager. `sizes` are bytes by member name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder: int | None = None
        self._zip: BinaryIO | None = None
        self._places: dict[str, _Place] = {}
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        try:
            mode = self.path.lstat().st_mode
            if stat.S_ISDIR(mode):
                self._open_folder()
            elif stat.S_ISREG(mode):
                self._open_zip()
            else:
                msg = "it is a link or a device, not a folder or a file"
                raise UnsafeLayout(msg)
        except OSError as error:
            raise _unreadable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None
        if self._zip is not None:
            self._zip.close()
            self._zip = None

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every member."""
        return {name: place.size for name, place in self._places.items()}

    @property
    def shape(self) -> str:
        """Digest of names, sizes and times: tells the same files from changed ones without reading them."""
        seen = sorted((name, place.size, place.stamp) for name, place in self._places.items())
        return hashlib.sha384(repr((self.path.name, seen)).encode()).hexdigest()[:32]

    def read(self, name: str, most: int) -> bytes:
        """Read a small member whole.

        Raises
        ------
        UnsafeLayout
            If it is larger than `most` bytes.
        Incomplete
        """
        if name not in self._places:
            msg = f"{name} is not there yet"
            raise Incomplete(msg)
        if self._places[name].size > most:
            msg = f"{name} is larger than {most} bytes"
            raise UnsafeLayout(msg)
        return b"".join(self.steps(name))

    def steps(self, name: str) -> Iterator[bytes]:
        """Read a member in steps of 4 MiB; exactly the bytes that were there when it was opened.

        Raises
        ------
        Incomplete
            If the file changes while it is read, or cannot be read.
        """
        place = self._places[name]
        try:
            file, stamp = self._file(name)
            try:
                self._unchanged(name, stamp, place)
                left = place.size
                file.seek(place.offset)
                while left:
                    step = file.read(min(STEP, left))
                    if not step:
                        break
                    left -= len(step)
                    yield step
                self._unchanged(name, _stamp(os.fstat(file.fileno())), place)
                if left:
                    msg = f"{name} became shorter while it was read"
                    raise Incomplete(msg)
            finally:
                if file is not self._zip:
                    file.close()
        except OSError as error:
            raise _unreadable(error) from error

    def _file(self, name: str) -> tuple[BinaryIO, tuple[int, ...]]:
        file = self._zip if self._zip is not None else _open_regular(name, self._folder, self.path)
        return file, _stamp(os.fstat(file.fileno()))

    def _unchanged(self, name: str, stamp: tuple[int, ...], place: _Place) -> None:
        if stamp != place.stamp:
            msg = f"{name} changes while it is read"
            raise Incomplete(msg)

    def _open_folder(self) -> None:
        if os.open in os.supports_dir_fd and os.scandir in os.supports_fd:
            self._folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        with os.scandir(self.path if self._folder is None else self._folder) as entries:
            for entry in entries:
                if _COPYING.fullmatch(entry.name):
                    msg = "a copy is under way: there is a partial or hidden file"
                    raise Incomplete(msg)
                _check_member(entry.name, len(self._places))
                if not entry.is_file(follow_symlinks=False):
                    msg = "it holds a link, a folder or a device"
                    raise UnsafeLayout(msg)
                with _open_regular(entry.name, self._folder, self.path) as file:
                    status = os.fstat(file.fileno())
                    _check_size(status.st_size)
                    self._places[entry.name] = _Place(status.st_size, 0, _stamp(status))

    def _open_zip(self) -> None:
        self._zip = _open_regular(self.path.name, None, self.path.parent)
        status = os.fstat(self._zip.fileno())
        _check_size(status.st_size)
        stamp = _stamp(status)
        for name, offset, size in _zip_members(self._zip, status.st_size):
            self._places[name] = _Place(size, offset, stamp)


def appearance(path: Path) -> str:
    """Digest that tells the same files from changed ones, without reading them.

    What cannot be opened as a bundle is told by what it looks like from outside; empty where not even
    that can be seen.
    """
    try:
        with Layout(path) as layout:
            return layout.shape
    except (UnsafeLayout, Incomplete):
        return _outside(path)


def _outside(path: Path) -> str:
    try:
        status = path.lstat()
        seen = [("", _stamp(status))]
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path) as entries:
                children = itertools.islice(entries, MOST_PARTS + 3)
                seen += sorted((child.name, _stamp(child.stat(follow_symlinks=False))) for child in children)
    except OSError:
        return ""
    return hashlib.sha384(repr((path.name, seen)).encode()).hexdigest()[:32]


def _open_regular(name: str, folder: int | None, path: Path) -> BinaryIO:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path / name, flags) if folder is None else os.open(name, flags, dir_fd=folder)
    file = os.fdopen(handle, "rb", buffering=0)
    # The name was looked at before; what was opened is judged again.
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        msg = "it holds a link, a folder or a device"
        raise UnsafeLayout(msg)
    return file


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _unreadable(error: OSError) -> Incomplete:
    return Incomplete(f"it cannot be read ({os.strerror(error.errno or 0)})")


def _check_member(name: str, found: int) -> None:
    if name not in {MANIFEST, SUMS} and not PART.fullmatch(name):
        msg = "it holds a file that does not belong to a bundle"
        raise UnsafeLayout(msg)
    if found >= MOST_PARTS + 2:
        msg = f"it holds more than {MOST_PARTS} parts"
        raise UnsafeLayout(msg)


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        msg = f"a file is larger than {MOST_BYTES} bytes"
        raise UnsafeLayout(msg)


# --- stored zip -----------------------------------------------------------------------------------------------------


def _zip_members(file: BinaryIO, size: int) -> list[tuple[str, int, int]]:
    """Name, offset and size of every member of a stored zip.

    Stricter than the format: one disk, no comment, no encryption, no compression, members back to
    back from the first byte to the central directory, so that no byte is outside a member.
    """
    if size < _END.size:
        msg = "the zip has no end yet"
        raise Incomplete(msg)
    file.seek(size - _END.size)
    magic, disk, start_disk, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    if magic != b"PK\5\6":
        msg = "the zip has no end yet, or something stands behind it"
        raise Incomplete(msg)
    most = (MOST_PARTS + 2) * (_CENTRAL.size + _LONGEST_EXTRA * 2)
    if disk or start_disk or here != count or comment or length > most or start + length + _END.size != size:
        msg = "the zip is not a plain one on one disk"
        raise UnsafeLayout(msg)
    file.seek(start)
    central = file.read(length)
    members: list[tuple[str, int, int]] = []
    at = expected = 0
    for _ in range(count):
        name, offset, data, member_size, used = _zip_member(file, central, at)
        _check_member(name, len(members))
        if any(name == other for other, _, _ in members):
            msg = "the zip holds a name twice"
            raise UnsafeLayout(msg)
        if offset != expected:
            msg = "the members of the zip do not follow each other"
            raise UnsafeLayout(msg)
        members.append((name, data, member_size))
        at, expected = at + used, data + member_size
    if at != length or expected != start:
        msg = "the zip holds bytes outside its members"
        raise UnsafeLayout(msg)
    return members


def _zip_member(file: BinaryIO, central: bytes, at: int) -> tuple[str, int, int, int, int]:
    """Name, offset, first data byte, size of one member, and bytes used in the central directory."""
    try:
        head = _CENTRAL.unpack_from(central, at)
        magic, made, _, flags, method, _, _, crc, packed, size, n, extra, comment, disk, _, mode, offset = head
        file.seek(offset)
        local = _LOCAL.unpack(file.read(_LOCAL.size))
        name = central[at + _CENTRAL.size : at + _CENTRAL.size + n]
        local_name = file.read(local[9])
    except struct.error as error:
        msg = "the zip is cut off inside"
        raise UnsafeLayout(msg) from error
    if magic != b"PK\1\2" or local[0] != b"PK\3\4":
        msg = "the zip has no header where it says"
        raise UnsafeLayout(msg)
    if method or packed != size or flags & ~_UTF8_NAME:
        msg = "a member of the zip is compressed, encrypted or streamed"
        raise UnsafeLayout(msg)
    kind = stat.S_IFMT(mode >> 16) if made >> 8 == 3 else 0
    if disk or comment or kind not in {0, stat.S_IFREG} or max(extra, local[10]) > _LONGEST_EXTRA:
        msg = "a member of the zip is not a plain file"
        raise UnsafeLayout(msg)
    if (local[2], local[3], local[6], local[7], local[8]) != (flags, 0, crc, size, size) or local_name != name:
        msg = "the two headers of a zip member contradict each other"
        raise UnsafeLayout(msg)
    data = offset + _LOCAL.size + len(local_name) + local[10]
    return name.decode("ascii", "replace"), offset, data, size, _CENTRAL.size + n + extra


# --- where bundles are ----------------------------------------------------------------------------------------------


def find_bundles(path: Path) -> list[Path]:
    """Bundles at `path`: itself, or, for a folder of bundles, its children by source, stream, epoch and sequence.

    What does not look like a bundle is left alone; what claims a level is always reported.
    """
    if not os.path.lexists(path):
        return []
    if outer_name(path) is not None or not path.is_dir() or (path / MANIFEST).exists():
        return [path]
    found = []
    for child in path.iterdir():
        name = outer_name(child)
        if name is not None:
            found.append((name.source, name.stream, name.epoch, name.seq, child))
        elif _looks_like_one(child):
            found.append(("", "", 0, 0, child))
    return [row[-1] for row in sorted(found, key=lambda row: (*row[:4], row[4].name))]


def _looks_like_one(child: Path) -> bool:
    """Whether a child with a name that is none of ours must still be judged rather than passed over."""
    return claimed_level(child) is not None and "_" in child.name and (child.is_dir() or child.suffix.lower() == ".zip")
