"""Tables of the cache and of a collector's own store: one schema for both.

Two tiers hold the samples. `head` keeps what a bundle brought as one row (or a few, where it is
large), written once and in arrival order. `settle` folds it into `chunk`: one row per series and
30-day span, beside one `clock` row per scrape group and span with the times that its series share.
A row that belongs to an unpublished bundle is invisible; readers see views that leave it out.
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
)

# Views of the same names, in the connection's own temp schema, shadow the tables for every reader:
# what is unpublished or above the ceiling cannot be asked for by mistake. chunk, clock, superseded
# and arrival are reached only through the ids of visible series, groups and bundles.
READER_VIEWS = """
CREATE TEMP VIEW bundle AS SELECT * FROM main.bundle WHERE published = 1 AND level <= {ceiling:d};
CREATE TEMP VIEW catalogue AS SELECT * FROM main.catalogue WHERE bundle IN (SELECT id FROM temp.bundle);
CREATE TEMP VIEW series AS SELECT * FROM main.series WHERE published = 1 AND level <= {ceiling:d};
CREATE TEMP VIEW head AS SELECT * FROM main.head WHERE bundle IN (SELECT id FROM temp.bundle);
CREATE TEMP VIEW event AS
    SELECT * FROM main.event WHERE level <= {ceiling:d} AND bundle IN (SELECT id FROM temp.bundle);
"""
