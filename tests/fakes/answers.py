"""Answers made by hand that show what the design's pictures show: small real values, no store behind them."""

import math
from dataclasses import replace

import numpy as np

from app.model.catalogue import Enclave, Endpoint
from app.model.health import Bound, Freshness, Health
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.query.fleet import Attention, Deployment, EnclaveState, EndpointRow, Fleet, Reason, Spark
from app.query.sync import Arrival, BundleRow, CheckStep, Lane, LockedSource, SyncState, TrustedKey

NOW = 1794493928.0  # 2026-11-12T14:32:08Z
DAY = TimeRange(NOW - 86400, NOW)
NAN = math.nan
MINUTE, HOUR = 60.0, 3600.0

U = Enclave("u-east", "Unclassified", Level.U, 900.0, 300.0)
S = Enclave("s-core", "Secret", Level.S, 3600.0, 900.0)
TS = Enclave("ts-core", "Top Secret", Level.TS, 7200.0, 1800.0)

AGES = {U.id: 6 * MINUTE, S.id: 41 * MINUTE, TS.id: 3 * HOUR + 12 * MINUTE}

_C, _W, _H, _M = Health.CRITICAL, Health.WARNING, Health.HEALTHY, Health.MAINTENANCE

_TABLE = (
    # endpoint, purpose, then (health, p95 ms, errors %) in U, S, TS; None: not deployed
    ("rag-gateway", "Retrieval and answer", (_H, 612, 0.08), (_C, 2310, 4.61), (_W, 1184, 0.92)),
    ("speech-to-text", "Audio transcription", (_H, 840, 0.11), (_H, 865, 0.10), (_C, 3920, 7.40)),
    ("translate-multi", "38 language pairs", (_W, 705, 0.63), (_H, 512, 0.14), (_H, 548, 0.12)),
    ("image-detect", "Object detection", (_H, 96, 0.02), (_W, 188, 0.40), (_H, 101, 0.03)),
    ("entity-extract", "Names, places, units", (_H, 74, 0.01), (_H, 79, 0.02), (_W, 132, 0.21)),
    ("chat-assist-70b", "Dialogue", (_W, 1490, 0.35), (_M, NAN, NAN), (_H, 1310, 0.20)),
    ("embed-search", "Vector search", (_H, 38, 0.0), (_H, 41, 0.01), (_H, 40, 0.01)),
    ("doc-summarise", "Long documents", (_H, 2240, 0.15), (_H, 2310, 0.12), (_H, 2295, 0.18)),
    ("code-assist", "Completion", (_H, 224, 0.05), (_H, 240, 0.05), None),
    ("geo-segment", "Imagery tiles", None, (_H, 420, 0.07), (_H, 433, 0.06)),
    ("ocr-forms", "Scanned pages", (_H, 310, 0.09), (_H, 322, 0.08), (_H, 318, 0.08)),
    ("content-guard", "Input and output screening", (_H, 28, 0.0), (_H, 31, 0.0), (_H, 30, 0.01)),
)


def spark(health: Health, level: float, seed: int, known_until: float) -> Spark:
    """A quiet line, or one that rises at its end where there is trouble."""
    random = np.random.default_rng(seed)
    count = 96
    value = level * (1 + 0.035 * np.cumsum(random.normal(0, 0.35, count)) / 3 + random.normal(0, 0.02, count))
    value = level + (value - value.mean())
    if health in (_C, _W):
        value[-18:] *= np.linspace(1.0, 2.4, 18)
    buckets = round((known_until - DAY.start) / 86400 * count)
    value[buckets:] = np.nan
    return Spark(DAY.start, DAY.end, known_until, tuple(value.tolist()))


def deployment(enclave: Enclave, endpoint: str, told: tuple[Health, float, float], seed: int = 1) -> Deployment:
    """One cell of the table above."""
    health, milliseconds, errors = told
    known = NOW - AGES[enclave.id]
    fresh = Freshness.LATE if enclave is TS else Freshness.FRESH
    reasons: tuple[Reason, ...] = ()
    if health is _C:
        reasons = (Reason("endpoint_errors", f"error rate {errors} % against a limit of 1 %", errors / 100, 0.01, _C),)
        reasons += (Reason("endpoint_latency_seconds", "p95 too high", milliseconds / 1000, 1.5, _C),)
    elif health is _W:
        reasons = (Reason("endpoint_latency_seconds", "p95 over its objective", milliseconds / 1000, 1.0, _W),)
        if errors > 0.3:
            reasons += (Reason("endpoint_errors", "errors rising", errors / 100, 0.01, _W),)
    return Deployment(
        enclave=enclave,
        endpoint=Endpoint(enclave.id, endpoint, endpoint),
        health=health,
        since=NOW - 3 * HOUR,
        reasons=reasons,
        latency_p95=milliseconds / 1000,
        latency_bound=Bound.EXACT,
        error_ratio=errors / 100,
        error_source="endpoint_requests",
        requests_rate=12.0,
        replicas_ready=4.0,
        replicas_wanted=4.0,
        data_time=known,
        age=AGES[enclave.id],
        freshness=fresh,
        maintenance_until=1794499200.0 if health is _M else NAN,
        spark=None if health is _M else spark(health, milliseconds / 1000, seed, known),
    )


def enclave_state(enclave: Enclave, rows: tuple[EndpointRow, ...]) -> EnclaveState:
    """Counts and age of one enclave."""
    cells = [row.cells[enclave.id] for row in rows if enclave.id in row.cells]
    age = AGES[enclave.id]
    late = enclave is TS
    healthy = sum(cell.health is _H for cell in cells)
    return EnclaveState(
        enclave,
        Freshness.LATE if late else Freshness.FRESH,
        NOW - age,
        age,
        NOW - age + 38 * MINUTE,
        HOUR + 12 * MINUTE if late else 0.0,
        healthy,
        len(cells),
        min((cell.health for cell in cells), key=lambda health: health.rank),
    )


def _attention(
    health: Health, enclave: Enclave, subject: str, text: str, detail: str, age: float, page: str = ""
) -> Attention:
    return Attention(health, enclave.level, enclave.id, subject, text, detail, NOW - age, age, page)


def fleet() -> Fleet:
    """The fleet of overview-dark.png."""
    rows = tuple(
        EndpointRow(
            name,
            name,
            purpose,
            {
                enclave.id: deployment(enclave, name, told, seed=7 * number + place)
                for place, (enclave, told) in enumerate(zip((U, S, TS), cells, strict=True))
                if told is not None
            },
        )
        for number, (name, purpose, *cells) in enumerate(_TABLE)
    )
    attention = (
        _attention(
            _C,
            S,
            "rag-gateway",
            "error rate 4.61 % against a limit of 1 %",
            "12 000 requests an hour, most users of all",
            2 * HOUR + 44 * MINUTE,
        ),
        _attention(
            _C,
            TS,
            "speech-to-text",
            "p95 3 920 ms, objective 1 500 ms, as of 11:20 Z",
            "2 of 4 replicas ready",
            3 * HOUR + 36 * MINUTE,
        ),
        _attention(_W, TS, "Sync", "a bundle is held: signer not trusted", "", HOUR + 12 * MINUTE, "sync"),
        _attention(_W, U, "translate-multi", "error rate 0.63 % against 0.5 %", "", 6 * HOUR + 32 * MINUTE),
        _attention(_W, TS, "rag-gateway", "p95 1 184 ms, 18 % over objective", "", 3 * HOUR + 20 * MINUTE),
        _attention(_W, S, "image-detect", "p95 188 ms, 25 % over objective", "", 2 * 86400.0),
        _attention(_W, U, "chat-assist-70b", "queue depth 41, two replicas pending", "", 52 * MINUTE),
        _attention(_W, TS, "entity-extract", "p95 rising since 10:27 Z", "", 4 * HOUR + 5 * MINUTE),
    )
    return Fleet(
        as_of=NOW,
        marking=Level.TS,
        demo=True,
        enclaves=tuple(enclave_state(enclave, rows) for enclave in (U, S, TS)),
        rows=rows,
        attention=attention,
        gpu_busy=0.68,
        gpus=212,
        availability=0.9991,
        availability_coverage=0.994,
    )


def quiet_fleet() -> Fleet:
    """Every deployment healthy and every enclave fresh."""
    base = fleet()
    rows = tuple(
        replace(
            row,
            cells={
                name: replace(
                    cell,
                    health=_H,
                    freshness=Freshness.FRESH,
                    age=300.0,
                    data_time=NOW - 300,
                    reasons=(),
                    latency_p95=0.2,
                    error_ratio=0.0005,
                    spark=spark(_H, 0.2, 5, NOW - 300),
                )
                for name, cell in row.cells.items()
            },
        )
        for row in base.rows
    )
    states = tuple(
        replace(s, freshness=Freshness.FRESH, age=300.0, data_time=NOW - 300, healthy=s.total, overdue=0.0)
        for s in base.enclaves
    )
    return replace(base, rows=rows, enclaves=states, attention=(), availability_coverage=1.0)


def _cut(whole: Spark | None, until: float) -> Spark | None:
    if whole is None:
        return None
    value = whole.value.copy()
    value[round((until - whole.start) / (whole.end - whole.start) * len(value)) :] = np.nan
    return replace(whole, known_until=until, value=value)


def stale_fleet() -> Fleet:
    """Top Secret has sent nothing for two days; some numbers are bounded, missing or not exported."""
    base = fleet()
    rows = []
    for number, row in enumerate(base.rows):
        cells = dict(row.cells)
        if TS.id in cells:
            old = cells[TS.id]
            cells[TS.id] = replace(
                old,
                freshness=Freshness.STALE,
                age=26 * HOUR,
                data_time=NOW - 26 * HOUR,
                spark=_cut(old.spark, NOW - 14 * HOUR),
            )
        if number == 2:
            cells[U.id] = replace(cells[U.id], latency_p95=0.3, latency_bound=Bound.AT_MOST)
        if number == 3:
            cells[S.id] = replace(cells[S.id], health=Health.UNKNOWN, latency_p95=NAN, error_ratio=NAN, reasons=())
        if number == 6:
            cells[U.id] = replace(cells[U.id], latency_p95=NAN, not_exported=("endpoint_latency_seconds",))
        rows.append(replace(row, cells=cells))
    states = tuple(
        replace(s, freshness=Freshness.STALE, age=26 * HOUR, data_time=NOW - 26 * HOUR) if s.enclave is TS else s
        for s in base.enclaves
    )
    return replace(base, rows=tuple(rows), enclaves=states)


def _lane(enclave: Enclave, count: int, every: float, first: int, missing: tuple[int, ...] = (), held: int = 0) -> Lane:
    arrivals = []
    newest = NOW - AGES[enclave.id]
    for number in range(count):
        sequence = first + number
        end = newest - (count - 1 - number) * every
        state = "missing" if sequence in missing else "imported"
        received = NAN if state == "missing" else min(NOW, end + 38 * MINUTE if enclave is TS else end + 20)
        arrivals.append(Arrival(sequence, "delta", state, end - every, end, end, received))
    if held:
        end = NOW - HOUR - 12 * MINUTE
        arrivals.append(Arrival(held, "delta", "held", end - every, end, end, end + 38 * MINUTE))
    late = enclave is TS
    return Lane(
        enclave,
        f"{enclave.id}/telemetry",
        tuple(arrivals),
        Freshness.LATE if late else Freshness.FRESH,
        newest,
        AGES[enclave.id],
        newest + 20,
        HOUR + 12 * MINUTE if late else 0.0,
        missing,
    )


LANES = (
    _lane(U, 96, 900.0, 17809),
    _lane(S, 24, 3600.0, 4448),
    _lane(TS, 11, 7200.0, 109, missing=(116,)),
)

_PASSED = (
    CheckStep("passed", "Container intact", "SHA-384 sums match the manifest"),
    CheckStep("passed", "Manifest signature valid", "ECDSA P-384 with SHA-384"),
    CheckStep("passed", "Signer trusted", "Trust list version 4"),
    CheckStep("passed", "Sequence and time", "Follows the bundle before it"),
    CheckStep("passed", "Records accepted", "All of them"),
)
_UNTRUSTED = (
    CheckStep("passed", "Container intact", "Flat folder, 5 files, sizes within limits"),
    CheckStep("failed", "Signer not trusted here", "Key hint 7C1E 90A4 is not in the trust list"),
    CheckStep("waiting", "Signature", "Waits for trust"),
    CheckStep("waiting", "Sequence and time", "Waits for trust"),
    CheckStep("waiting", "Records", "Waits for trust; nothing was read"),
)


def _row(enclave: Enclave, sequence: int, hours: float, size: int, rows: int, carrier: str) -> BundleRow:
    made = NOW - hours * HOUR
    return BundleRow(
        f"{enclave.id}-{sequence}",
        f"{enclave.id}-telemetry-1-{sequence}",
        sequence,
        enclave,
        enclave.level,
        "delta",
        made,
        made + 60,
        size,
        rows,
        "APPLIED",
        "Verified",
        "",
        False,
        carrier,
        made - enclave.cadence,
        made,
        _PASSED,
    )


def sync_state() -> SyncState:
    """The state of sync.png, with what the decisions changed: nothing from inside an untrusted bundle."""
    untrusted = BundleRow(
        "a-1",
        "courier-7-disc-2",
        None,
        None,
        None,
        "",
        NAN,
        NOW - 34 * MINUTE,
        38_200_000,
        0,
        "UNTRUSTED",
        "Not opened: signer not trusted",
        "Compare the key's fingerprint with the custodian by telephone, then add it to the trust list with "
        "'watchfloor trust draft' and 'watchfloor trust sign'. Two people are needed.",
        True,
        "station-04",
        NAN,
        NAN,
        _UNTRUSTED,
    )
    missing = BundleRow(
        "m-116",
        "",
        116,
        TS,
        Level.TS,
        "delta",
        NAN,
        NAN,
        0,
        0,
        "MISSING",
        "not received, although 117 was",
        "Ask the courier of Top Secret for bundle 116. What came after it is applied; the gap is shown until it fills.",
        True,
        "",
        NAN,
        NAN,
        (),
    )
    rows = (
        _row(U, 17904, 0.1, 2_100_000, 78_000, "relay"),
        _row(U, 17903, 0.35, 2_100_000, 78_000, "relay"),
        _row(S, 4471, 0.69, 9_400_000, 310_000, "relay"),
        _row(S, 4470, 1.69, 9_300_000, 308_000, "relay"),
        _row(TS, 119, 3.2, 38_000_000, 1_200_000, "courier 6"),
        _row(TS, 118, 5.2, 37_900_000, 1_200_000, "courier 5"),
        _row(TS, 117, 7.2, 38_000_000, 1_200_000, "courier 5"),
        _row(TS, 115, 11.2, 37_400_000, 1_100_000, "courier 4"),
    )
    keys = (
        TrustedKey(Level.U, "2a9f11d0c4e1", "ecdsa-sha2-nistp384", "relay-u", 1, 1803859200.0, False),
        TrustedKey(Level.S, "b3407e529a77", "ecdsa-sha2-nistp384", "relay-s", 1, 1799712000.0, False),
        TrustedKey(Level.TS, "91cc04ab5d20", "ecdsa-sha2-nistp384", "custodian-ts", 2, 1795996800.0, False),
    )
    return SyncState(
        as_of=NOW,
        marking=Level.TS,
        demo=True,
        lanes=LANES,
        bundles=(untrusted, missing, *rows),
        keys=keys,
        locks=(),
        trust_version=4,
        imported=129,
        held=1,
        missing=1,
        cache_bytes=41_000_000_000,
        free_bytes=159_000_000_000,
    )


def locked_state() -> SyncState:
    """A source is locked after a spill."""
    lock = LockedSource("relay-s", Level.S, "SPILL: content above the station's ceiling", NOW - 2 * HOUR)
    return replace(sync_state(), locks=(lock,))


def empty_state() -> SyncState:
    """Nothing was ever imported and nobody is trusted."""
    return SyncState(NOW, Level.U, False, (), (), (), (), 0, 0, 0, 0, 65_000, 159_000_000_000)


def received(lanes: tuple[Lane, ...]) -> dict[str, tuple[float, ...]]:
    """When the bundles of each enclave came in."""
    found: dict[str, list[float]] = {}
    for lane in lanes:
        moments = [a.received for a in lane.arrivals if a.state == "imported" and not math.isnan(a.received)]
        found.setdefault(lane.enclave.id, []).extend(moments)
    return {name: tuple(sorted(moments)) for name, moments in found.items()}
