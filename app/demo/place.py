"""Where a demonstration may stand: never on a real station, never half-built.

It is built in a folder beside its own and moved there in one step, so that whatever stands in its folder is
whole. What a killed build left behind is known by its name and its mark, and is cleared by the next one.
"""

import shutil
from pathlib import Path

from app.errors import Refused, SettingsError
from app.paths import Paths
from app.settings import load_station

MARK = "This folder holds a demonstration of Watchfloor. It contains no classified information.\n"
_MARK_FILE = "DEMONSTRATION.txt"


def is_demo(base: Path) -> bool:
    """Whether a finished demonstration stands at `base`."""
    if not (base / _MARK_FILE).is_file():
        return False
    try:
        return load_station(Paths.under(base)).demo
    except SettingsError:
        return False


def require_free(base: Path, *, rebuild: bool) -> None:
    """Refuse a folder that a demonstration must not take.

    Raises
    ------
    Refused
        If a real station or anybody's files are there, or a demonstration and `rebuild` is False.
    """
    if is_demo(base):
        if not rebuild:
            msg = "A demonstration is there already."
            raise Refused(msg, "Open it with `watchfloor console`, or make it anew with --rebuild.")
        return
    if base.exists() and (not base.is_dir() or any(base.iterdir())):
        msg = "This folder holds something that is not a demonstration; nothing was changed."
        raise Refused(msg, "Name a folder that is empty or does not exist yet.")


def building_site(base: Path) -> Path:
    """Make an empty, marked folder beside `base` to build in, and clear what killed builds left there."""
    site, old = _beside(base)
    for left in (site, old):
        if left.exists():
            _clear(left)
    site.mkdir(parents=True)
    (site / _MARK_FILE).write_text(MARK, encoding="utf-8")
    return site


def move_in(base: Path) -> None:
    """Put what was built beside `base` in its place; an older demonstration gives way."""
    site, old = _beside(base)
    if base.exists():
        base.rename(old)
    try:
        site.rename(base)
    except OSError:
        if old.exists():
            old.rename(base)
        raise
    if old.exists():
        _clear(old)


def abandon(base: Path) -> None:
    """Remove an unfinished build."""
    site, _ = _beside(base)
    if site.exists():
        _clear(site)


def _beside(base: Path) -> tuple[Path, Path]:
    return base.with_name(f".{base.name}.demo-unfinished"), base.with_name(f".{base.name}.demo-old")


def _clear(folder: Path) -> None:
    """Remove a folder of ours; anything without our mark stays, and is said."""
    mark = folder / _MARK_FILE
    if any(folder.iterdir()) and not mark.is_file():
        msg = f"{folder.name} stands in the way and is not ours."
        raise Refused(msg, "Move it away and try again.")
    # The mark goes last: killed in the middle, the rest is still known as ours.
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != mark:
            entry.unlink()
    mark.unlink(missing_ok=True)
    folder.rmdir()
