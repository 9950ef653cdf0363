"""That the parts are what the manifest signs: when they are hashed, and again when they are read."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.bundle.layout import MANIFEST, SUMS, Incomplete, Layout, UnsafeLayout
from app.bundle.manifest import Manifest, Part, sums_text
from app.bundle.parts import LINE_BYTES, PartRefused
from app.job import Job

Digests = Mapping[str, Sequence[bytes]]
"""By part, the SHA-384 of everything up to the end of each step."""

_SUMS_BYTES: Final = 2**18


class PartMismatch(Exception):
    """A part is not the one that was signed."""


def prove_parts(layout: Layout, envelope: bytes, manifest: Manifest, job: Job) -> Digests:
    """Compare names, lengths, hashes and numbers of lines with the manifest; nothing is parsed.

    Raises
    ------
    PartMismatch
    Incomplete
        If a file is missing, shorter than signed or changing: it may still be being copied.
    """
    sizes = layout.sizes
    expected = {part.name: part.bytes for part in manifest.parts}
    absent = [name for name in (SUMS, *expected) if name not in sizes]
    if absent:
        msg = f"{len(absent)} of {len(expected) + 1} files are not there yet"
        raise Incomplete(msg)
    if set(sizes) != {MANIFEST, SUMS, *expected}:
        msg = "it holds a part that its manifest does not name"
        raise PartMismatch(msg)
    if any(sizes[name] > size for name, size in expected.items()):
        msg = "a part is longer than its manifest says"
        raise PartMismatch(msg)
    short = sum(sizes[name] < size for name, size in expected.items())
    if short:
        msg = f"{short} parts are shorter than signed"
        raise Incomplete(msg)
    found, done = {}, 0
    for part in manifest.parts:
        found[part.name] = _prove(layout, part, job, done, manifest.size)
        done += part.bytes
    try:
        sums = layout.read(SUMS, _SUMS_BYTES)
    except UnsafeLayout as error:
        raise PartMismatch(str(error)) from error
    if sums != sums_text(envelope, manifest):
        msg = f"{SUMS} does not list what the manifest signs"
        raise PartMismatch(msg)
    return found


def _prove(layout: Layout, part: Part, job: Job, done: int, total: int) -> tuple[bytes, ...]:
    running, rows, last, digests = hashlib.sha384(), 0, b"", []
    for step in layout.steps(part.name):
        running.update(step)
        digests.append(running.digest())
        rows += step.count(b"\n")
        last = step[-1:]
        done += len(step)
        job.step(done, total, "Checking")
    if running.hexdigest() != part.sha384:
        msg = f"{part.name} is not the file that was signed"
        raise PartMismatch(msg)
    if rows != part.rows or last != b"\n":
        msg = f"{part.name} has another number of lines than was signed"
        raise PartMismatch(msg)
    return tuple(digests)


def proven_lines(layout: Layout, part: Part, digests: Digests) -> Iterator[bytes]:
    """Lines of a proven part, without their newline.

    After every step the hash so far is compared with what it was before, so that a file swapped in
    between is never parsed.

    Raises
    ------
    Incomplete
        If the file changed.
    PartRefused
        If a line is longer than its schema allows.
    """
    most = LINE_BYTES[part.schema]
    rest, running = b"", hashlib.sha384()
    for known, step in zip(digests[part.name], layout.steps(part.name), strict=True):
        running.update(step)
        if running.digest() != known:
            msg = f"{part.name} changed after it was checked"
            raise Incomplete(msg)
        *lines, rest = (rest + step).split(b"\n")
        if len(rest) > most or any(len(line) > most for line in lines):
            msg = f"a line of {part.name} is longer than {most} bytes"
            raise PartRefused(msg)
        yield from lines
