import sqlite3

import pytest

from app.audit import START
from app.model.marking import Level
from app.store import audit, ledger


def test_that_records_are_appended_in_order_and_read_back(store):
    with store.state() as state:
        assert audit.head(state) == (0, START)
        with ledger.recording(state):
            first = audit.append(state, "bundle", "import", object_id="x", label=Level.S, reason_code="APPLIED")
            second = audit.append(state, "trust", "add")
        assert list(audit.records(state)) == [first, second]
        assert list(audit.records(state, 1)) == [second]
        assert audit.head(state) == (2, second.hash)
        assert audit.verify(state) is None
        assert (first.object_label, second.object_label, second.prev) == ("S", "", first.hash)
        assert first.utc.endswith("Z")
        assert first.os_user.endswith(")")


def test_that_a_record_goes_with_its_transaction(store):
    with store.state() as state:
        with pytest.raises(ZeroDivisionError), ledger.recording(state):  # noqa: PT012 -- the order is the test
            audit.append(state, "bundle", "import")
            raise ZeroDivisionError
        assert audit.head(state) == (0, START)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET outcome = 'x'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE n = 1",
        "INSERT INTO audit SELECT n + 5, utc, host, os_user, session, component, event, object_id, object_label,"
        " outcome, reason_code, app_version, prev, 'other' FROM audit",
        "REPLACE INTO audit SELECT n, utc, host, os_user, session, component, event, object_id, object_label,"
        " 'forged', reason_code, app_version, prev, hash FROM audit",
    ],
)
def test_that_the_database_itself_refuses_to_change_the_past(store, statement):
    with store.state() as state:
        with ledger.recording(state):
            audit.append(state, "bundle", "import")
        with pytest.raises(sqlite3.IntegrityError, match="audit records"):
            state.db.execute(statement)
        assert audit.verify(state) is None


def test_that_a_change_behind_the_triggers_back_is_found(store):
    with store.state() as state:
        with ledger.recording(state):
            for _ in range(3):
                audit.append(state, "bundle", "import")
        state.db.execute("DROP TRIGGER audit_is_not_updated")
        state.db.execute("UPDATE audit SET outcome = 'x' WHERE n = 2")
        assert audit.verify(state) == 2


def test_that_the_account_is_the_operating_systems_and_not_the_environments(monkeypatch):
    before = audit.os_account()
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert audit.os_account() == before


def test_that_an_account_without_a_name_has_its_number(monkeypatch):
    import os

    monkeypatch.setattr(os, "getuid", lambda: 3_999_999)
    assert audit.os_account() == "(3999999)"
