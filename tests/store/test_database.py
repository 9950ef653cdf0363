"""A watch tells of commits and of nothing else; what cannot be opened is named."""

import threading

import pytest

from app.clock import FrozenClock
from app.errors import StoreError
from app.paths import Paths
from app.store.database import Store
from tests.store.test_samples import bring, made, samples


def test_that_a_watch_tells_of_every_commit_and_of_no_reading(store):
    watch = store.watch()
    before = watch.token()
    for _ in range(3):
        samples(store)
        with store.state() as state:
            state.db.execute("SELECT count(*) FROM accepted").fetchall()
        with store.writer():
            pass
    assert watch.token() == before
    bring(store, 1, [made({0.0: 1.0})])
    after = watch.token()
    assert after != before
    assert watch.token() == after
    watch.close()


def test_that_a_watch_may_be_asked_from_another_thread(store):
    watch, told = store.watch(), []
    thread = threading.Thread(target=lambda: told.append(watch.token()))
    thread.start()
    thread.join()
    assert told == [watch.token()]
    watch.close()


def test_that_the_folder_of_what_cannot_be_opened_is_named(tmp_path):
    paths = Paths.under(tmp_path)
    paths.cache_db.mkdir(parents=True)
    with pytest.raises(StoreError) as told:
        Store.open(paths, FrozenClock(0.0))
    assert f"the owner and mode of {paths.cache_db.parent} and of what is in it" in told.value.hint
