"""A folder as the chooser shows it: bundles first, then folders to look into."""

import math
from dataclasses import dataclass
from pathlib import Path

from app.model.marking import Level

_MANIFEST = "manifest.json"
_MOST = 2000
WITHHELD = "(withheld)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder; `bundle`: it is what is looked for, and no folder to look into.

    `size` is in bytes, `changed` in seconds UTC, NaN where not known. Of one that is `withheld` nothing is told
    and nothing is offered: its name claims more than the ceiling.
    """

    path: Path
    name: str
    bundle: bool
    size: int
    changed: float
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder that was looked at; `problem` says why nothing could be seen."""

    folder: Path
    entries: tuple[Entry, ...]
    problem: str = ""

    @property
    def bundles(self) -> tuple[Path, ...]:
        """Paths of everything that looks like a bundle and may be offered."""
        return tuple(entry.path for entry in self.entries if entry.bundle and not entry.withheld)


def look_into(folder: Path, ceiling: Level | None = None) -> Listing:
    """List bundles and folders; other files are no business of an import.

    What claims a level above `ceiling` is withheld; a station without one withholds nothing.

    Only names, sizes and times are looked at: nothing is opened before it is verified.
    """
    try:
        found = [entry for path in sorted(folder.iterdir())[:_MOST] if (entry := _entry(path, ceiling)) is not None]
    except OSError as error:
        return Listing(folder, (), error.strerror or "It cannot be read.")
    return Listing(folder, tuple(sorted(found, key=_order)))


def look_for_files(folder: Path, ceiling: Level | None = None) -> Listing:
    """List JSON files and folders; only names, sizes and times are looked at."""
    try:
        found = [_file(path) for path in sorted(folder.iterdir())[:_MOST] if not path.name.startswith(".")]
    except OSError as error:
        return Listing(folder, (), error.strerror or "It cannot be read.")
    return Listing(folder, tuple(sorted((entry for entry in found if entry is not None), key=_order)))


def _file(path: Path) -> Entry | None:
    try:
        status = path.stat()
        if path.is_dir():
            return Entry(path, path.name, False, 0, status.st_mtime)
        return Entry(path, path.name, True, status.st_size, status.st_mtime) if path.suffix == ".json" else None
    except OSError:
        return None


def _order(entry: Entry) -> tuple[bool, bool, str]:
    return not entry.bundle, entry.withheld, entry.name.lower()


def _claims_more(path: Path, ceiling: Level | None) -> bool:
    """Whether an unopened thing's name is one of a bundle above the ceiling, even where it is written badly."""
    from app.bundle.layout import claimed_level, outer_name

    name = outer_name(path)
    level = name.level if name is not None else claimed_level(path)
    return ceiling is not None and level is not None and level > ceiling


def _entry(path: Path, ceiling: Level | None) -> Entry | None:
    if path.name.startswith("."):
        return None
    try:
        if _claims_more(path, ceiling) and (path.is_dir() or path.suffix.lower() == ".zip"):
            return Entry(path, WITHHELD, True, 0, math.nan, withheld=True)
        if path.is_dir():
            bundle = (path / _MANIFEST).is_file()
            size = sum(file.stat().st_size for file in path.iterdir() if file.is_file()) if bundle else 0
            return Entry(path, path.name, bundle, size, path.stat().st_mtime)
        if path.suffix.lower() == ".zip":
            status = path.stat()
            return Entry(path, path.name, True, status.st_size, status.st_mtime)
    except OSError:
        return Entry(path, path.name, False, 0, math.nan)
    return None
