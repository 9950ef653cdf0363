"""TOML tables to frozen dataclasses, strictly.

What a dataclass does not declare is refused with file, line and the nearest known name, so that a
misspelt key never silently means "the default". Settings, policies and recipes are read this way.
"""

import math
import re
import tomllib
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from app.clock import from_iso
from app.errors import SettingsError
from app.model.marking import Level

Seconds = Annotated[float, "Seconds"]
"""A length of time: a number of seconds, or a number with one of s, m, h, d, w such as ``"15m"``."""

SecretReference = Annotated[str, "SecretReference"]
"""Where a secret is kept (``keyring:SERVICE/NAME``). The secret itself never stands in a file."""

Identifier = Annotated[str, "Identifier"]
"""A name used in labels, file names and bundles: small letters, digits, ``.``, ``_``, ``-``."""

Moment = Annotated[float, "Moment"]
"""A moment as seconds UTC, written as ISO 8601 text or as a TOML date-time."""

_T = TypeVar("_T")
_LISTED = 30
"""Names that a hint lists."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands: the file's name and text, and the way of keys and positions into it."""

    file: str
    text: str = field(repr=False)
    way: tuple[str | int, ...] = ()

    def at(self, *steps: str | int) -> "Place":
        """Place of something inside this one."""
        return Place(self.file, self.text, (*self.way, *steps))

    def refuse(self, problem: str, hint: str = "") -> SettingsError:
        """Error that says file, line (where it can be found) and key."""
        line = _line_of(self.text, self.way)
        name = ".".join(str(step) for step in self.way if isinstance(step, str))
        where = f"{self.file}, line {line}" if line else self.file
        return SettingsError(f"{where}: {name + ': ' if name else ''}{problem}.", hint)


def _line_of(text: str, way: tuple[str | int, ...]) -> int:
    """Line of a key, or of the nearest table around it; 0 where it is not found."""
    best, depth = 0, 0
    seen: dict[str, int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]", line)
        entry = re.match(r"\s*([A-Za-z0-9_.\-\"']+?)\s*=", line)
        if header:
            name = header[2].replace('"', "").replace("'", "")
            table = tuple(name.split("."))
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
            position = seen.get(str(table[0]))
            table = table if position is None else (table[0], position, *table[1:])
            here = table
        elif entry:
            here = (*table, *re.sub(r"[\"']", "", entry[1]).split("."))
        else:
            continue
        shared = min(len(here), len(way))
        if shared > depth and here[:shared] == way[:shared]:
            best, depth = number, shared
    return best


def near(word: str, known: Sequence[str]) -> str:
    """Hint for a word that is not among `known`: the nearest of them, else all of them, or as many as are read."""
    import difflib  # noqa: PLC0415 -- only a mistake needs it

    close = difflib.get_close_matches(word, known, 1)
    if close:
        return f"Did you mean {close[0]!r}?"
    more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
    return f"Known here: {', '.join(sorted(known)[:_LISTED]) or 'nothing'}{more}."


def read_toml(path: Path) -> tuple[dict[str, Any], Place]:
    """Parse a TOML file.

    Raises
    ------
    SettingsError
        If the file cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        msg = f"{path.name} cannot be read: {reason}."
        raise SettingsError(msg) from error
    return parse_toml(path.name, text)


def parse_toml(name: str, text: str) -> tuple[dict[str, Any], Place]:
    """Parse TOML text that stood in a file called `name`; SettingsError if it is none."""
    try:
        return tomllib.loads(text), Place(name, text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name} is no valid TOML: {error}."
        raise SettingsError(msg) from error


def refuse_unknown(table: Mapping[str, Any], known: list[str], place: Place) -> None:
    """Raise SettingsError for the first key of `table` that is not among `known`, with the nearest one."""
    for key in table:
        if key not in known:
            raise place.at(key).refuse("unknown key", near(key, known))


def read_table(kind: type[_T], table: Mapping[str, Any], place: Place) -> _T:
    """Turn a TOML table into the dataclass `kind`, refusing everything that it does not declare.

    Raises
    ------
    SettingsError
        For an unknown key (with the nearest known one), a missing key, a wrong type or a value that
        the dataclass itself refuses, with file, line and key.
    """
    hints = get_type_hints(kind, include_extras=True)
    declared = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    refuse_unknown(table, list(declared), place)
    values = {}
    for name, entry in declared.items():
        if name in table:
            values[name] = _read_value(hints[name], table[name], place.at(name))
        elif entry.default is MISSING and entry.default_factory is MISSING:
            raise place.refuse(f"the key {name!r} is missing")
    try:
        return kind(**values)
    except ValueError as error:
        raise place.refuse(str(error)) from error


def _read_value(hint: Any, value: Any, place: Place) -> Any:
    origin, inside = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _read_value(next(part for part in inside if part is not types.NoneType), value, place)
    if origin is Literal:
        if value not in inside:
            known = ", ".join(map(repr, inside))
            raise place.refuse(f"{value!r} is not one of {known}", near(str(value), [*inside]))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise place.refuse(f"expected a list, found {_kind(value)}")
        return tuple(_read_value(inside[0], item, place.at(number)) for number, item in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise place.refuse(f"expected a table, found {_kind(value)}")
        return {key: _read_value(inside[1], item, place.at(key)) for key, item in value.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise place.refuse(f"expected a table, found {_kind(value)}")
        return read_table(hint, value, place)
    return _read_scalar(hint, value, place)


def _read_scalar(hint: Any, value: Any, place: Place) -> Any:
    convert, expected = _SCALARS[hint]
    try:
        found = convert(value)
    except ValueError as error:
        raise place.refuse(str(error)) from error
    if found is None:
        raise place.refuse(f"expected {expected}, found {_kind(value)}")
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        msg = f"{value} is no usable number"
        raise ValueError(msg)
    return float(value)


def _seconds(value: Any) -> float | None:
    if not isinstance(value, str):
        length = _number(value)
    else:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", value)
        if not found:
            msg = f"{value!r} is no length of time; write for example '90s', '15m', '7d'"
            raise ValueError(msg)
        length = float(found[1]) * _UNITS[found[2]]
    if length is not None and length < 0:
        msg = "a length of time cannot be negative"
        raise ValueError(msg)
    return length


def _secret_reference(value: Any) -> str | None:
    if isinstance(value, str) and not re.fullmatch(r"keyring:[^/\s]+/\S+|file:[a-z0-9][a-z0-9._-]*", value):
        msg = "a secret never stands in a settings file; write a reference such as 'keyring:SERVICE/NAME'"
        raise ValueError(msg)
    return value if isinstance(value, str) else None


def _identifier(value: Any) -> str | None:
    if isinstance(value, str) and not _IDENTIFIER.fullmatch(value):
        msg = f"{value!r} is no identifier: small letters, digits, '.', '_' and '-', at most 64"
        raise ValueError(msg)
    return value if isinstance(value, str) else None


def _moment(value: Any) -> float | None:
    if isinstance(value, datetime):
        value = value.isoformat()
    return from_iso(value) if isinstance(value, str) else None


_SCALARS: Mapping[Any, tuple[Any, str]] = {
    str: (lambda value: value if isinstance(value, str) else None, "text"),
    bool: (lambda value: value if isinstance(value, bool) else None, "true or false"),
    int: (lambda value: value if type(value) is int else None, "a whole number"),
    float: (_number, "a number"),
    Path: (lambda value: Path(value).expanduser() if isinstance(value, str) else None, "a path"),
    Level: (lambda value: Level.parse(value) if isinstance(value, str) else None, "a level"),
    Seconds: (_seconds, "a length of time"),
    SecretReference: (_secret_reference, "a reference to a secret"),
    Identifier: (_identifier, "an identifier"),
    Moment: (_moment, "an ISO 8601 time"),
}
