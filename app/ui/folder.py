"""A folder as the chooser shows it: bundles first, then folders to look into."""

import math
from dataclasses import dataclass
from pathlib import Path

_MANIFEST = "manifest.json"
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder. `size` is in bytes, `changed` in seconds UTC, NaN where not known."""

    path: Path
    name: str
    bundle: bool
    size: int
    changed: float


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder that was looked at; `problem` says why nothing could be seen."""

    folder: Path
    entries: tuple[Entry, ...]
    problem: str = ""

    @property
    def bundles(self) -> tuple[Path, ...]:
        """Paths of everything that looks like a bundle."""
        return tuple(entry.path for entry in self.entries if entry.bundle)


def look_into(folder: Path) -> Listing:
    """List bundles and folders; other files are no business of an import.

    Only names, sizes and times are looked at: nothing is opened before it is verified.
    """
    try:
        found = [entry for path in sorted(folder.iterdir())[:_MOST] if (entry := _entry(path)) is not None]
    except OSError as error:
        return Listing(folder, (), error.strerror or "It cannot be read.")
    return Listing(folder, tuple(sorted(found, key=lambda entry: (not entry.bundle, entry.name.lower()))))


def _entry(path: Path) -> Entry | None:
    if path.name.startswith("."):
        return None
    try:
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
