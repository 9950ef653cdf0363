"""YAML text to fields that know where they stand, within bounds that no text can leave.

The parser's events are read one by one, so what is too deep, too long or refers to something else is refused before
anything is made of it. A plain word is text, a number or a truth value as the field wants it, never as YAML guesses
(``no`` is the text "no").
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from app.errors import SettingsError
from app.toml import near

MOST_DEPTH: Final = 30
MOST_DOCUMENT: Final = 1_000_000
"""Characters of one YAML document."""
MOST_FILE: Final = 64_000_000
"""Bytes of a file; ten thousand promises take about a tenth of it."""

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a file: where, what, and what to do. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    field: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{where}: {self.field + ': ' if self.field else ''}{self.problem}."


class Unreadable(SettingsError):
    """A document cannot be read any further."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding), finding.hint)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Field:
    """A value and where it stands.

    `path` is the way to it, such as ``spec.objectives[0].target``. `value` is text, a list of fields, or fields by
    name. `plain` is False for text in quotes, which is never a number.
    """

    file: str
    line: int
    path: str
    value: "str | list[Field] | dict[str, Field]" = field(repr=False)
    plain: bool = True

    def refuse(self, problem: str, hint: str = "") -> NoReturn:
        """Raise what is wrong with this value."""
        raise Unreadable(Finding(self.file, self.line, self.path, problem, hint))

    def table(self, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, "Field"]:
        """Fields by name, none but the `known` and all that are `needed`."""
        held = self.mapping()
        for name, one in held.items():
            if name not in known:
                one.refuse("unknown field", near(name, known))
        for name in needed:
            if name not in held:
                self.refuse(f"the field {name!r} is missing")
        return held

    def mapping(self) -> dict[str, "Field"]:
        """Fields by name, whatever the names are."""
        if not isinstance(self.value, dict):
            self.refuse(f"expected fields, found {self._kind()}")
        return self.value

    def items(self) -> list["Field"]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"expected a list, found {self._kind()}")
        return self.value

    def text(self) -> str:
        """Words or a number as it is written; an empty one is refused."""
        if not isinstance(self.value, str):
            self.refuse(f"expected text, found {self._kind()}")
        if self.value.strip() in _NULL:
            self.refuse("there is no value")
        return self.value.strip()

    def number(self) -> float:
        """A finite number, written without quotes."""
        text = self.text()
        if not self.plain or not _NUMBER.fullmatch(text) or len(text) > 40:
            self.refuse(f"{text[:40]!r} is no number")
        found = float(text)
        if abs(found) == float("inf"):
            self.refuse(f"{text[:40]!r} is too large")
        return found

    def truth(self) -> bool:
        """``true`` or ``false``."""
        text = self.text()
        if text not in {"true", "false"}:
            self.refuse(f"{text[:40]!r} is neither true nor false")
        return text == "true"

    def choice(self, known: Sequence[str]) -> str:
        """One of a few words."""
        text = self.text()
        if text not in known:
            self.refuse(f"{text[:80]!r} is not one of {', '.join(known)}", near(text, known))
        return text

    def _kind(self) -> str:
        return {dict: "fields", list: "a list"}.get(type(self.value), "text")


# --- reading --------------------------------------------------------------------------------------------------------


def read_documents(file: str, content: bytes) -> Iterator[Field]:
    """Documents of a file, one by one; empty ones are passed over.

    Raises
    ------
    Unreadable
        If the file is too long, not UTF-8 or not YAML, or a document holds an anchor, an alias, a tag, one name twice,
        a name that is no text, or is too long or too deep. What came before can be used.
    """
    if len(content) > MOST_FILE:
        raise Unreadable(Finding(file, 0, "", f"{len(content):,} bytes are too many; {MOST_FILE:,} are allowed"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(Finding(file, line, "", "this is not UTF-8 text", "Save the file as UTF-8.")) from error
    try:
        events: Iterable[Any] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        yield from _Reading(file).documents(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 0 if mark is None else mark.line + 1
        raise Unreadable(Finding(file, line, "", f"this is no YAML: {error.problem or error.context}")) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow at all
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise Unreadable(Finding(file, line, "", "there are characters that YAML does not allow")) from error


def _shown(name: str) -> str:
    """A name as a finding may print it."""
    return name if name.isprintable() and len(name) <= 80 else ascii(name[:80])


class _Reading:
    """Turns events into fields, with a stack of its own: text can nest, this code does not."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[tuple[Field, Field | None]] = []
        """What is being filled, and of fields by name the name that waits for its value."""

    def documents(self, events: Iterable[Any]) -> Iterator[Field]:
        root: Field | None = None
        start = 0
        for event in events:
            first, last = event.start_mark.index, event.end_mark.index
            if last - start > MOST_DOCUMENT:
                self._refuse(event, f"a document of more than {MOST_DOCUMENT:,} characters", "Divide it with ---.")
            if isinstance(event, yaml.DocumentStartEvent):
                root, start = None, first
            elif isinstance(event, yaml.DocumentEndEvent):
                start = last
                if root is not None and not (isinstance(root.value, str) and root.value in _NULL):
                    yield root
            elif isinstance(event, yaml.NodeEvent):
                found = self._node(event)
                root = found if root is None else root
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()

    def _node(self, event: yaml.NodeEvent) -> Field:
        self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._place(
                event, lambda path, line: Field(self._file, line, path, event.value, bool(event.implicit[0]))
            )
        if len(self._open) >= MOST_DEPTH:
            self._refuse(event, f"more than {MOST_DEPTH} levels within one another")
        value: dict[str, Field] | list[Field] = {} if isinstance(event, yaml.MappingStartEvent) else []
        made = self._place(event, lambda path, line: Field(self._file, line, path, value))
        self._open.append((made, None))
        return made

    def _check(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, "anchors (&) and aliases (*) are not allowed", "Write the value where it is used.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, f"the tag {str(tag)[:80]!r} is not allowed", "Write the value without it.")

    def _place(self, event: Any, make: Callable[[str, int], Field]) -> Field:
        """Put a new field where it belongs: nowhere, into a list, as a name, or as the value of one (on its line)."""
        line = event.start_mark.line + 1
        if not self._open:
            return make("", line)
        holder, name = self._open[-1]
        if isinstance(holder.value, list):
            made = make(f"{holder.path}[{len(holder.value)}]", line)
            holder.value.append(made)
            return made
        if not isinstance(holder.value, dict):  # only what holds others is ever open
            raise TypeError
        if name is None:
            made = make(holder.path, line)
            if not isinstance(made.value, str):
                self._refuse(event, "a name is a word, not a list or fields")
            if made.value in holder.value:
                self._refuse(event, f"{made.value[:80]!r} stands here twice")
            self._open[-1] = (holder, made)
            return made
        made = make(f"{holder.path}.{_shown(str(name.value))}".lstrip("."), name.line)
        holder.value[str(name.value)] = made
        self._open[-1] = (holder, None)
        return made

    def _refuse(self, event: Any, problem: str, hint: str = "") -> NoReturn:
        path = self._open[-1][0].path if self._open else ""
        raise Unreadable(Finding(self._file, event.start_mark.line + 1, path, problem, hint))
