"""What commands on an empty station share."""

import pytest

from app.cli import main
from app.model.marking import Level
from app.paths import Paths
from app.settings import write_station
from tests.fakes.stores import station


@pytest.fixture
def base(base_dir):
    """A station of ceiling S that knows nothing yet; many tests put one of their own in its place."""
    write_station(Paths.under(base_dir), station(Level.S))
    return base_dir


@pytest.fixture
def watchfloor(base, capsys):
    """Runs a command at the station, expects its exit code, and returns what it printed."""

    def run(*words, code=0):
        assert main([*map(str, words), "--base-dir", str(base)]) == code, capsys.readouterr()
        return capsys.readouterr()

    return run
