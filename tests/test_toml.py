"""The strict reader by itself: every kind of value, and what is said where one is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from app.errors import SettingsError
from app.model.marking import Level
from app.toml import Identifier, Moment, Seconds, SecretReference, parse_toml, read_table


@dataclass(frozen=True)
class Inner:
    depth: int = 0

    def __post_init__(self):
        if self.depth < 0:
            message = "depth must not be negative"
            raise ValueError(message)


@dataclass(frozen=True)
class Outer:
    text: str = ""
    flag: bool = False
    whole: int = 0
    number: float = 0.0
    path: Path | None = None
    level: Level = Level.U
    length: Seconds = 0.0
    secret: SecretReference = ""
    name: Identifier = "x"
    moment: Moment | None = None
    choice: Literal["a", "b"] = "a"
    many: tuple[int, ...] = ()
    table: Mapping[str, float] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    inners: tuple[Inner, ...] = ()
    anything: Any = None


def read(text):
    table, place = parse_toml("x.toml", text)
    return read_table(Outer, table, place)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ('text = "ä"', "text", "ä"),
        ("flag = true", "flag", True),
        ("whole = 3", "whole", 3),
        ("number = 3", "number", 3.0),
        ("number = 2.5", "number", 2.5),
        ('path = "/etc/x"', "path", Path("/etc/x")),
        ('level = "TS-SCI"', "level", Level.TS_SCI),
        ("length = 1.5", "length", 1.5),
        ('length = "1.5h"', "length", 5400.0),
        ('length = "2 w"', "length", 1_209_600.0),
        ('secret = "keyring:watchfloor/p"', "secret", "keyring:watchfloor/p"),
        ('secret = "file:p"', "secret", "file:p"),
        ('name = "gpu-01.a"', "name", "gpu-01.a"),
        ("moment = 2026-11-12T14:32:00Z", "moment", 1794493920.0),
        ("moment = 2026-11-12T15:32:00+01:00", "moment", 1794493920.0),
        ('moment = "2026-11-12T14:32:00Z"', "moment", 1794493920.0),
        ('choice = "b"', "choice", "b"),
        ("many = [1, 2]", "many", (1, 2)),
        ("table = { a = 1 }", "table", {"a": 1.0}),
        ("inner = { depth = 2 }", "inner", Inner(2)),
        ("[[inners]]\ndepth = 1\n[[inners]]\ndepth = 2", "inners", (Inner(1), Inner(2))),
        ("anything = [1, 'x']", "anything", [1, "x"]),
    ],
)
def test_that_a_value_is_read_as_its_field_says(text, name, expected):
    found = getattr(read(text), name)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("text = 1", "line 1: text: expected text, found a number"),
        ("flag = 1", "expected true or false, found a number"),
        ("whole = 1.5", "expected a whole number"),
        ("whole = true", "found true or false"),
        ("number = inf", "no usable number"),
        ("number = true", "expected a number, found true or false"),
        ("path = 1", "expected a path"),
        ('level = "X"', "'X' is no classification level"),
        ("level = 1", "expected a level"),
        ('length = "-1s"', "no length of time"),
        ('length = "1y"', "no length of time"),
        ("length = []", "expected a length of time, found a list"),
        ('secret = "hunter2"', "a secret never stands"),
        ('secret = "keyring:p"', "a secret never stands"),
        ("secret = 1", "expected a reference"),
        ('name = "A"', "no identifier"),
        ('name = "../x"', "no identifier"),
        ("moment = 14:32:00", "expected an ISO 8601 time, found a date"),
        ('choice = "c"', "'c' is not one of 'a', 'b'"),
        ("many = 1", "expected a list"),
        ('many = [1, "x"]', "many: expected a whole number, found text"),
        ("table = 1", "expected a table"),
        ('table = { a = "x" }', "table.a: expected a number"),
        ("inner = 1", "expected a table"),
        ("inner = { depht = 1 }", "inner.depht: unknown key"),
        ("inner = { depth = -1 }", "depth must not be negative"),
        ("[[inners]]\ndepth = 1\n[[inners]]\ndepth = -1", "line 3: inners: depth must not be negative"),
        ("[inner]\ndepth = 1\ndepht = 2", "line 3"),
        ("# text = 1\n\n  text   = 1", "line 3: text"),
    ],
)
def test_that_a_wrong_value_is_refused_where_it_stands(text, words):
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert words in caught.value.message
    assert caught.value.message.startswith("x.toml")
    assert "hunter2" not in str(caught.value)


def test_that_the_nearest_name_is_offered_and_else_all_of_them():
    with pytest.raises(SettingsError, match="'level'"):
        read("levle = 1")
    with pytest.raises(SettingsError, match=r"Known here: anything, choice"):
        read("qqqqqq = 1")
