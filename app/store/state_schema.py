"""Tables of the station's own memory, `state/station.db`: what bundles cannot bring back."""

from app.store.migrations import Step

STEPS = (
    Step(
        "audit records that nothing may change",
        """
CREATE TABLE audit (
    n INTEGER PRIMARY KEY,
    utc TEXT NOT NULL, host TEXT NOT NULL, os_user TEXT NOT NULL, session TEXT NOT NULL,
    component TEXT NOT NULL, event TEXT NOT NULL,
    object_id TEXT NOT NULL, object_label TEXT NOT NULL,
    outcome TEXT NOT NULL, reason_code TEXT NOT NULL, app_version TEXT NOT NULL,
    prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END;
-- INSERT OR REPLACE deletes without asking the trigger above; only the next number may come in.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'audit records only grow at the end'); END;
""",
    ),
    Step(
        "whom the station trusts: every version of the trust file, and the keys of each in plain rows",
        """
CREATE TABLE trust (
    version INTEGER PRIMARY KEY, envelope BLOB NOT NULL, digest TEXT NOT NULL, installed REAL NOT NULL
) STRICT;
CREATE TABLE pinned_key (
    version INTEGER NOT NULL REFERENCES trust (version),
    source TEXT NOT NULL, epoch INTEGER NOT NULL, enclave TEXT NOT NULL, level INTEGER NOT NULL,
    keyid TEXT NOT NULL, scheme TEXT NOT NULL, fingerprint TEXT NOT NULL, revoked INTEGER NOT NULL,
    PRIMARY KEY (version, source, epoch, keyid)
) STRICT, WITHOUT ROWID;
""",
    ),
    Step(
        "anti-rollback: what was accepted, what every position must hold, who is locked out",
        """
CREATE TABLE accepted (
    manifest TEXT PRIMARY KEY,
    source TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    kind TEXT NOT NULL, enclave TEXT NOT NULL, level INTEGER NOT NULL,
    created REAL NOT NULL, window_start REAL NOT NULL, window_end REAL NOT NULL, expires REAL NOT NULL,
    received REAL NOT NULL,
    UNIQUE (source, stream, epoch, seq)
) STRICT;
-- The one manifest that a position may hold: told by the bundle itself or by a signed successor's history.
CREATE TABLE position (
    source TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (source, stream, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE lock (
    source TEXT PRIMARY KEY, level INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, since REAL NOT NULL
) STRICT;
""",
    ),
    Step(
        "imports under way and every attempt at one",
        """
CREATE TABLE intent (
    manifest TEXT PRIMARY KEY, payload BLOB NOT NULL,
    name TEXT NOT NULL, carrier TEXT NOT NULL, size INTEGER NOT NULL, received REAL NOT NULL
) STRICT;
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    received REAL NOT NULL, code TEXT NOT NULL,
    name TEXT NOT NULL, carrier TEXT NOT NULL, size INTEGER NOT NULL, shape TEXT NOT NULL, held TEXT NOT NULL,
    reason TEXT NOT NULL, action TEXT NOT NULL, checks TEXT NOT NULL,
    manifest TEXT NOT NULL, source TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    level INTEGER, enclave TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL,
    created REAL, window_start REAL, window_end REAL, expires REAL
) STRICT;
CREATE INDEX attempt_by_time ON attempt (received);
CREATE INDEX attempt_of_copy ON attempt (held) WHERE held <> '';
CREATE INDEX attempt_by_shape ON attempt (shape);
""",
    ),
    Step(
        "sequence numbers of the streams that this station sends",
        """
CREATE TABLE outgoing (
    source TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    manifest TEXT NOT NULL, kind TEXT NOT NULL,
    created REAL NOT NULL, window_start REAL NOT NULL, window_end REAL NOT NULL,
    run INTEGER NOT NULL, published INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, stream, epoch, seq)
) STRICT, WITHOUT ROWID;
""",
    ),
    Step(
        "what people decided: a journal that nothing may change, and the tables that follow from it",
        """
CREATE TABLE journal (
    station TEXT NOT NULL, n INTEGER NOT NULL, tick INTEGER NOT NULL,
    time REAL NOT NULL, received REAL NOT NULL,
    author TEXT NOT NULL, uid INTEGER,
    register TEXT NOT NULL, object TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, why TEXT NOT NULL,
    undo_station TEXT, undo_n INTEGER,
    prev TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (station, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_of_object ON journal (register, object, tick, station, n);
CREATE INDEX journal_in_order ON journal (tick, station, n);
CREATE TRIGGER journal_is_not_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END;
-- INSERT OR REPLACE deletes without asking the trigger above; only what follows a station's last entry may come in.
CREATE TRIGGER journal_only_grows BEFORE INSERT ON journal
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM journal WHERE station = NEW.station)
    OR (NEW.n > 1 AND NEW.prev IS NOT (SELECT hash FROM journal WHERE station = NEW.station AND n = NEW.n - 1))
BEGIN SELECT RAISE(ABORT, 'journal entries only follow the last one of their station'); END;
-- Projections: dropped and made again from the journal they come out the same.
CREATE TABLE objective_version (
    object TEXT NOT NULL, tick INTEGER NOT NULL, station TEXT NOT NULL, n INTEGER NOT NULL,
    since REAL NOT NULL, recorded REAL NOT NULL, author TEXT NOT NULL, why TEXT NOT NULL,
    objective TEXT, undone INTEGER NOT NULL,
    PRIMARY KEY (object, tick, station, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE exclusion (
    object TEXT PRIMARY KEY, station TEXT NOT NULL, n INTEGER NOT NULL, digest TEXT NOT NULL,
    exclusion TEXT NOT NULL, why TEXT NOT NULL,
    requested_by TEXT NOT NULL, requested REAL NOT NULL,
    approved_by TEXT NOT NULL, approved REAL,
    withdrawn_by TEXT NOT NULL, withdrawn REAL
) STRICT, WITHOUT ROWID;
""",
    ),
)
