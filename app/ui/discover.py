"""Finds the pages: their declarations are read as text, and a page's file is imported on its first visit."""

import ast
import importlib
import re
from functools import partial
from pathlib import Path
from typing import Any

from app.model.changes import Topic
from app.ui.page import Page

_DECLARATION = re.compile(r"^PAGE = Page\(\n.*?^\)$", re.MULTILINE | re.DOTALL)
_READ = ("id", "title", "group", "order", "key", "icon")
_MAY = frozenset({"by_period"})
_FETCHED = ("load", "view", "badges", "oldest", "marking", "recall", "finds")


def discover() -> tuple[Page, ...]:
    """Every page in `app/ui/pages`, in the order of the navigation. No list is kept anywhere, and none is imported."""
    files = [file for file in (Path(__file__).parent / "pages").iterdir() if file.suffix == ".py"]
    found = (declared(file) for file in files if not file.name.startswith("_"))
    return tuple(sorted(found, key=lambda page: page.order))


def declared(file: Path) -> Page:
    """The declaration of the page in `file`, read from its text; its functions import the file when they are called.

    Raises
    ------
    TypeError
        If the file has no declaration, or one whose plain fields are no plain values.
    """
    text = _DECLARATION.search(file.read_text(encoding="utf-8"))
    try:
        call = ast.parse(text[0] if text is not None else "", mode="exec").body[0].value  # type: ignore[attr-defined]
        said = {keyword.arg: keyword.value for keyword in call.keywords}
        plain = {name: ast.literal_eval(said[name]) for name in (*_READ, *(_MAY & said.keys()))}
        topics = _topics(said["topics"])
    except (IndexError, KeyError, ValueError) as error:
        msg = f"app/ui/pages/{file.name} declares no PAGE that can be read without importing it"
        raise TypeError(msg) from error
    given = [name for name in _FETCHED if name in said and not _is_none(said[name])]
    parts = {name: partial(_fetched, f"app.ui.pages.{file.stem}", name) for name in given}
    return Page(**{"badges": None, **plain, **parts}, topics=topics)


def _topics(value: ast.expr) -> frozenset[Topic]:
    """``frozenset({Topic.A, Topic.B})``, or ``frozenset(Topic)`` for all of them."""
    named = [part.attr for part in ast.walk(value) if isinstance(part, ast.Attribute)]
    every = any(isinstance(part, ast.Name) and part.id == "Topic" for part in ast.walk(value))
    return frozenset(Topic[name] for name in named) if named else frozenset(Topic if every else ())


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _fetched(module: str, part: str, *given: Any) -> Any:
    return getattr(importlib.import_module(module).PAGE, part)(*given)
