"""What import-linter cannot see: modules that are imported by name at run time, or by a library."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

IMPORT_ALL = """
import importlib, importlib.abc, pkgutil, sys

wanted, unwanted, blocked = eval(sys.argv[1])

def within(name, roots):
    return any(name == root or name.startswith(root + ".") for root in roots)

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if within(name, blocked):
            raise ImportError(f"behind the wall: {name}")

sys.meta_path.insert(0, Wall())

import app
count = 0
# onerror: packages behind the wall cannot be walked; any other that fails is imported again below and says why
for module in pkgutil.walk_packages(app.__path__, "app.", onerror=lambda name: None):
    if within(module.name, wanted) and not within(module.name, unwanted):
        importlib.import_module(module.name)
        count += 1
print(count)
"""


def import_all(wanted, unwanted, blocked):
    command = [sys.executable, "-c", IMPORT_ALL, repr((wanted, unwanted, blocked))]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def test_that_everything_but_the_ui_imports_without_qt():
    done = import_all(["app"], ["app.ui"], ["PySide6", "shiboken6", "pyqtgraph"])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_that_the_console_imports_without_adapters_and_http():
    console = ["app.bundle", "app.query", "app.register", "app.report", "app.store", "app.ui"]
    network = ["aiohttp", "httpcore", "httpx", "requests", "urllib3"]
    done = import_all(console, [], ["app.source", "app.sources", "app.collect", *network])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


@pytest.mark.parametrize("blocked", ["app.store", "numpy"])
def test_that_the_wall_stops_an_import(blocked):
    assert "behind the wall" in import_all(["app.store"], [], [blocked]).stderr
