"""A table as plain rows: what is copied, exported, and shown behind a chart."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from app.clock import to_iso
from app.model.marking import Level
from app.ui import words

Cell = str | float
"""Numbers stay numbers, in the unit that the head names, so that other programs can reckon with them; NaN is empty."""


class Moment(float):
    """A cell that is a time, seconds UTC: sorted as a number and written as ISO 8601. NaN is not known."""

    __slots__ = ()


class Sheet(NamedTuple):
    """Rows with their heads, and the marking that goes wherever they go.

    `level` None: the marking is that of the page the sheet comes from, which alone knows it.
    """

    title: str
    level: Level | None
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes spreadsheets reckon with a text, in both widths (OWASP, CSV injection)."""
_SPACES = str.maketrans({"\u00a0": " ", "\t": " ", "\r": " ", "\n": " "})


def csv_lines(sheet: Sheet, marking: str, remark: str = "") -> Iterator[str]:
    """Lines of a CSV file, each with its line feed (RFC 4180 quoting): the marking stands in the first and the last.

    `marking` are the words of the banner; `remark` follows the first line where there is something to remark.
    """
    yield f"# {marking}\n"
    if remark:
        yield f"# {remark}\n"
    yield from _lines(sheet.heads, sheet.rows, ",")
    yield f"# {marking}\n"


def tsv_text(heads: Sequence[str], rows: Iterable[Sequence[Cell]], marking: str) -> str:
    """Text for the clipboard: cells between tabs, and the marking in the first and the last line."""
    return "".join((f"# {marking}\n", *_lines(heads, rows, "\t"), f"# {marking}\n"))


def plain(cell: Cell) -> str:
    """A cell as other programs read it: all digits of a number, a time as ISO 8601 UTC, nothing for what is not known.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which makes it text there.
    Unbreakable spaces become plain ones; a text has no line breaks.
    """
    if isinstance(cell, str):
        # looked at before the breaks go, for the first letter decides
        risky = cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
        return f"'{cell.translate(_SPACES)}" if risky else cell.translate(_SPACES)
    if math.isnan(cell):
        return ""
    if isinstance(cell, Moment):
        return to_iso(cell)
    return str(_written(cell))


def shown(cell: Cell) -> str:
    """A cell as it is read on the screen: six digits of a number, a time to the second, words for what is not known."""
    if isinstance(cell, str):
        return cell
    if math.isnan(cell):
        return words.NO_DATA
    if isinstance(cell, Moment):
        text = plain(cell)
        return f"{text[:10]} {text[11:-1]}{words.GAP}Z"
    if math.isinf(cell):
        return "∞" if cell > 0 else "−∞"
    size = abs(cell)
    if size and not 1e-4 <= size < 1e12:
        return f"{cell:.5e}".replace("-", "−")
    decimals = max(0, 5 - math.floor(math.log10(size))) if size else 0
    text = words.grouped(cell, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Taken:
    """Takes the line that a writer of CSV writes."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _lines(heads: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str) -> Iterator[str]:
    import csv

    line = _Taken()
    # in a file all text is quoted: a site whose spreadsheets part cells by semicolons must not part them inside
    if delimiter == "\t":
        writer = csv.writer(line, delimiter=delimiter, lineterminator="\n")
    else:
        writer = csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for row in chain((heads,), rows):
        writer.writerow([_written(cell) for cell in row])
        yield line.text


def _written(cell: Cell) -> str | float:
    """The cell for the writer, which quotes text and leaves numbers bare."""
    if isinstance(cell, (str, Moment)) or math.isnan(cell):
        return plain(cell)
    return int(cell) if float(cell).is_integer() and abs(cell) < 2**53 else float(cell)
