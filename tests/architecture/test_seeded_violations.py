"""A contract that cannot go red protects nothing: each is broken on purpose in a copy."""

import shutil

import pytest

from tests.architecture.test_imports import CONTRACTS, lint
from tests.conftest import ROOT

IN_FUNCTION = "def seeded():\n    {}\n"
TYPE_ONLY = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"

# contract, files to add or to append to
SEEDS = [
    ("layers", {"model/seeded.py": "import app.store"}),
    ("layers", {"analysis/seeded.py": IN_FUNCTION.format("from app import query")}),
    ("layers", {"store/seeded.py": TYPE_ONLY.format("import app.bundle")}),
    ("layers", {"query/seeded.py": "import app.bundle"}),
    ("layers", {"bundle/seeded.py": IN_FUNCTION.format("import app.sources")}),
    ("layers", {"ui/seeded.py": TYPE_ONLY.format("import app.collect")}),
    ("layers", {"ui/seeded.py": "import app.demo"}),
    ("layers", {"demo/seeded.py": IN_FUNCTION.format("import app.commands")}),
    ("layers", {"collect/seeded.py": "from app.cli import main"}),
    ("layers", {"errors.py": "import app.model"}),
    ("layers", {"utils.py": ""}),
    ("layers", {"helpers/__init__.py": ""}),
    ("ui-layers", {"ui/tables.py": "import app.ui.window", "ui/window.py": ""}),
    ("ui-layers", {"ui/pages/seeded.py": IN_FUNCTION.format("import app.ui.window"), "ui/window.py": ""}),
    ("ui-layers", {"ui/page.py": TYPE_ONLY.format("import app.ui.pages.seeded"), "ui/pages/seeded.py": ""}),
    ("ui-layers", {"ui/tasks.py": "import app.ui.text", "ui/text.py": ""}),
    ("ui-layers", {"ui/theme.py": "import app.ui.live", "ui/live.py": ""}),
    ("ui-shell", {"ui/seeded.py": "import app.ui.pages.seeded", "ui/pages/seeded.py": ""}),
    ("ui-shell", {"ui/seeded.py": IN_FUNCTION.format("import app.ui.window"), "ui/window.py": ""}),
    ("ui-rooms", {"ui/gpu/seeded.py": "import app.ui.sync"}),
    ("ui-rooms", {"ui/explore/seeded.py": IN_FUNCTION.format("import app.ui.shell")}),
    ("qt", {"store/seeded.py": "from PySide6.QtCore import QObject"}),
    ("qt", {"query/seeded.py": IN_FUNCTION.format("import shiboken6")}),
    ("qt", {"commands/seeded.py": TYPE_ONLY.format("from PySide6.QtWidgets import QWidget")}),
    ("console-door", {"commands/seeded.py": "import app.ui.seeded", "ui/seeded.py": ""}),
    ("sql", {"query/seeded.py": "import sqlite3"}),
    ("sql", {"commands/seeded.py": IN_FUNCTION.format("import sqlite3")}),
    ("no-network", {"ui/pages/seeded.py": "import httpx"}),
    ("no-network", {"bundle/seeded.py": IN_FUNCTION.format("import socket")}),
    ("no-network", {"credentials.py": TYPE_ONLY.format("import urllib.request")}),
    ("enclave-door", {"ui/seeded.py": "import app.sources.seeded", "sources/seeded.py": ""}),
    ("enclave-door", {"query/seeded.py": IN_FUNCTION.format("import app.source"), "source.py": ""}),
    ("enclave-door", {"demo/seeded.py": TYPE_ONLY.format("import app.collect")}),
    ("offline", {"commands/console.py": IN_FUNCTION.format("import app.collect")}),
    ("offline", {"cli.py": "import urllib.request"}),
    ("offline", {"errors.py": TYPE_ONLY.format("import ssl")}),
    ("pure", {"model/seeded.py": "import time"}),
    ("pure", {"analysis/seeded.py": IN_FUNCTION.format("from pathlib import Path")}),
    ("adapters", {"sources/seeded.py": "import app.sources.other", "sources/other.py": ""}),
    (
        "pages",
        {"ui/pages/seeded.py": IN_FUNCTION.format("import app.ui.pages.other"), "ui/pages/other.py": ""},
    ),
    ("acyclic", {"store/seeded.py": "import app.store.other", "store/other.py": "import app.store.seeded"}),
]


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def seed_id(value):
    return value if isinstance(value, str) else next(iter(value))


def test_that_the_copy_is_green_before_anything_is_seeded(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_that_every_contract_has_a_seed():
    assert {contract for contract, _ in SEEDS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "files"), SEEDS, ids=seed_id)
def test_that_a_seeded_violation_turns_its_contract_red(copy, contract, files):
    for name, code in files.items():
        path = copy / "app" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{code}\n")
    done = lint(copy, contract)
    assert done.returncode == 1, done.stdout
    # red for the seed and not because the linter could not run
    assert "1 broken" in done.stdout, done.stdout + done.stderr
    assert next(iter(files)).removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2] in done.stdout
