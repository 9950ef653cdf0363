"""Tables of the cache and of a collector's own store: one schema for both.

Samples settle through tiers. `head` keeps what a bundle brought as one row, written once and in arrival order;
every dozen of them becomes an hour's rows, and a day's hours become `day`, one row per series and day. `chunk`
holds one row per series and 30-day span, with its hourly `rollup`; beside them stand the times that the series of a
scrape group share (`day_clock`, `clock`) and the hours these fall into (`hours`). `sheet` sums counted metrics by
hour for a month, `last` has the newest settled sample of every series.
A row that belongs to an unpublished bundle is invisible; readers see views that leave it out, and `adopted` lists
the chunks that an unpublished bundle has put in place.
"""

from app.store.migrations import Step

STEPS = (
    Step(
        "bundles, catalogues, series, samples in two tiers, events",
        """
CREATE TABLE bundle (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    manifest TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, enclave TEXT NOT NULL, level INTEGER NOT NULL,
    created REAL NOT NULL, window_start REAL NOT NULL, window_end REAL NOT NULL,
    expires REAL NOT NULL, received REAL NOT NULL,
    carrier TEXT NOT NULL, name TEXT NOT NULL,
    size INTEGER NOT NULL, rows INTEGER NOT NULL, demo INTEGER NOT NULL,
    samples INTEGER NOT NULL DEFAULT 0,
    published INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX bundle_of_enclave ON bundle (enclave, window_end);
CREATE INDEX bundle_by_arrival ON bundle (received);
CREATE TABLE catalogue (
    bundle INTEGER PRIMARY KEY REFERENCES bundle (id),
    enclave TEXT NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE TABLE scrape_group (
    id INTEGER PRIMARY KEY, enclave TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (enclave, name)
) STRICT;
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    metric TEXT NOT NULL, labels TEXT NOT NULL,
    enclave TEXT NOT NULL, level INTEGER NOT NULL,
    scrape_group INTEGER NOT NULL REFERENCES scrape_group (id),
    published INTEGER NOT NULL DEFAULT 0,
    UNIQUE (metric, labels)
) STRICT;
CREATE INDEX series_of_group ON series (scrape_group);
CREATE TABLE head (
    id INTEGER PRIMARY KEY,
    bundle INTEGER NOT NULL REFERENCES bundle (id),
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    samples INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX head_of_bundle ON head (bundle);
-- id = scrape_group << 20 | span
CREATE TABLE clock (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
-- id = series << 20 | span
CREATE TABLE chunk (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE superseded (
    series INTEGER NOT NULL, time INTEGER NOT NULL, bundle INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (series, time, bundle)
) STRICT, WITHOUT ROWID;
CREATE TABLE arrival (
    bundle INTEGER NOT NULL, scrape_group INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (scrape_group, first, bundle)
) STRICT, WITHOUT ROWID;
CREATE INDEX arrival_of_bundle ON arrival (bundle);
CREATE INDEX arrival_by_end ON arrival (scrape_group, last);
CREATE TABLE event (
    enclave TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, bundle INTEGER NOT NULL,
    subject TEXT NOT NULL, start REAL NOT NULL, "end" REAL, text TEXT NOT NULL,
    labels TEXT NOT NULL, level INTEGER NOT NULL,
    PRIMARY KEY (enclave, kind, key, bundle)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_of_bundle ON event (bundle);
""",
    ),
    Step(
        "tiers by the day, rollups, sheets, last values; a bundle's own reach instead of a row for each of its groups",
        """
ALTER TABLE bundle ADD COLUMN first INTEGER;
ALTER TABLE bundle ADD COLUMN last INTEGER;
ALTER TABLE bundle ADD COLUMN newest INTEGER;
UPDATE bundle SET
    first = (SELECT min(a.first) FROM arrival a WHERE a.bundle = bundle.id),
    last = (SELECT max(a.last) FROM arrival a WHERE a.bundle = bundle.id),
    newest = (SELECT max(a.last) FROM arrival a WHERE a.bundle = bundle.id AND EXISTS (
        SELECT 1 FROM series s WHERE s.scrape_group = a.scrape_group AND substr(s.metric, 1, 11) <> 'collection_'));
DROP TABLE arrival;
-- form: 0 blocks as they came, 1 what one bundle brought, 2 what an hour of bundles brought, by groups in buckets
ALTER TABLE head ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN bucket INTEGER NOT NULL DEFAULT 0;
CREATE INDEX head_by_form ON head (form, bucket);
-- id = day << 24 | series or scrape group
CREATE TABLE day (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE day_clock (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
-- ids as those of chunk and clock
CREATE TABLE rollup (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE hours (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE adopted (
    bundle INTEGER NOT NULL, what TEXT NOT NULL, id INTEGER NOT NULL, time INTEGER, value BLOB,
    PRIMARY KEY (bundle, what, id)
) STRICT, WITHOUT ROWID;
-- month: 12 * year + month - 1
CREATE TABLE sheet (
    id INTEGER PRIMARY KEY, enclave TEXT NOT NULL, metric TEXT NOT NULL, month INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (enclave, metric, month)
) STRICT;
CREATE TABLE stale_sheet (
    enclave TEXT NOT NULL, metric TEXT NOT NULL, month INTEGER NOT NULL, PRIMARY KEY (enclave, metric, month)
) STRICT, WITHOUT ROWID;
-- id = series >> 10; empty: not made yet
CREATE TABLE last (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
INSERT INTO last SELECT DISTINCT id >> 30, x'' FROM chunk;
""",
    ),
)

# Views of the same names, in the connection's own temp schema, shadow the tables for every reader:
# what is unpublished or above the ceiling cannot be asked for by mistake. Every other table is reached only
# through the ids of visible series, groups and bundles. So is what a row of an hour (form 2) holds: it is of many
# bundles, perhaps of several levels, and is named after the newest of them.
READER_VIEWS = """
CREATE TEMP VIEW bundle AS SELECT * FROM main.bundle WHERE published = 1 AND level <= {ceiling:d};
CREATE TEMP VIEW catalogue AS SELECT * FROM main.catalogue WHERE bundle IN (SELECT id FROM temp.bundle);
CREATE TEMP VIEW series AS SELECT * FROM main.series WHERE published = 1 AND level <= {ceiling:d};
CREATE TEMP VIEW head AS SELECT * FROM main.head WHERE bundle IN (SELECT id FROM temp.bundle)
    OR (form = 2 AND bundle IN (SELECT id FROM main.bundle WHERE published = 1));
CREATE TEMP VIEW event AS
    SELECT * FROM main.event WHERE level <= {ceiling:d} AND bundle IN (SELECT id FROM temp.bundle);
"""
