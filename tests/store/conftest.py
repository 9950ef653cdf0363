"""A small store in a temporary folder."""

import pytest

from app.clock import FrozenClock
from app.paths import Paths
from app.store.database import Store

NOW = 1_790_000_000.0


@pytest.fixture
def store(tmp_path):
    paths = Paths.under(tmp_path)
    paths.make()
    return Store.open(paths, FrozenClock(NOW))
