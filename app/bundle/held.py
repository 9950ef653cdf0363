"""Unparsed copies of bundles that wait: for trust, for a base, for a clock."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from app.bundle.layout import MANIFEST, Incomplete, Layout, UnsafeLayout
from app.bundle.manifest import ManifestRefused, read_manifest
from app.bundle.signature import ENVELOPE_BYTES, SignatureRefused, read_envelope

HELD_BYTES: Final = 8 * 2**30
"""Room that unparsed copies may take: strangers must not be able to fill the disk."""

_COPYING: Final = ".copying"


def keep_copy(path: Path, held: Path) -> str:
    """Copy a waiting bundle, unparsed, below `held`; return its place there, empty where there is no room."""
    if path.is_relative_to(held):
        return str(path.relative_to(held))
    try:
        with Layout(path) as layout:
            envelope = layout.read(MANIFEST, ENVELOPE_BYTES)
            folder = held / hashlib.sha384(envelope).hexdigest()[:32] / path.name.removesuffix(".zip")
            if folder.is_dir() and _sizes(folder) == layout.sizes:
                return str(folder.relative_to(held))
            if _bytes_below(held) + sum(layout.sizes.values()) > HELD_BYTES:
                return ""
            _copy(layout, folder)
    except (UnsafeLayout, Incomplete, OSError):
        return ""
    return str(folder.relative_to(held))


def _sizes(folder: Path) -> dict[str, int]:
    return {child.name: child.stat().st_size for child in folder.iterdir()}


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _copy(layout: Layout, folder: Path) -> None:
    unfinished = folder.parent.with_name(folder.parent.name + _COPYING)
    shutil.rmtree(unfinished, ignore_errors=True)
    inner = unfinished / folder.name
    inner.mkdir(parents=True, mode=0o700)
    try:
        for name in layout.sizes:
            with (inner / name).open("xb") as target:
                for step in layout.steps(name):
                    target.write(step)
                target.flush()
                os.fsync(target.fileno())
        shutil.rmtree(folder.parent, ignore_errors=True)
        unfinished.rename(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def drop_copy(copy: Path) -> None:
    """Remove a copy that waits for nothing any more."""
    shutil.rmtree(copy.parent, ignore_errors=True)


def unfinished_copies(held: Path) -> list[Path]:
    """What interrupted copies left, or what is being copied now."""
    return list(held.glob(f"*{_COPYING}"))


def awaited_base(copy: Path, manifest: str) -> str:
    """Base that a held journal names; empty where the copy is not the one whose manifest was verified."""
    try:
        with Layout(copy) as layout:
            payload = read_envelope(layout.read(MANIFEST, ENVELOPE_BYTES)).payload
        # The hash was kept when the signature was verified: only those very bytes are parsed.
        return read_manifest(payload).base if hashlib.sha384(payload).hexdigest() == manifest else ""
    except (UnsafeLayout, Incomplete, SignatureRefused, ManifestRefused):
        return ""
