"""What goes wrong in the demonstration, and when: data, told in seconds before "now".

Every number that a person can check on a screen is here. A trouble that began longer ago than the history
reaches is simply not in it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.demo.fleet import DAY, HOUR, MINUTE, WEEK
from app.model.sample import FloatArray


@dataclass(frozen=True, slots=True)
class Trouble:
    """One deployment that is not itself for a while.

    It rises from nothing at `start`, in seconds before now, to its full size over `rise` seconds, and is gone
    after `lasts` seconds, falling over `rise`; None while it lasts. `p95` (s) and `errors` (ratio) are what is seen at
    full size, `queue` a number of requests, `ready` and `wanted` numbers of replicas, `up` what the probe says;
    None leaves a number alone.
    """

    enclave: str
    endpoint: str
    start: float
    rise: float
    lasts: float | None = None
    p95: float | None = None
    errors: float | None = None
    queue: float | None = None
    ready: float | None = None
    wanted: float | None = None
    up: float | None = None

    @property
    def end(self) -> float:
        """When it was gone, in seconds before now; 0 while it lasts."""
        return 0.0 if self.lasts is None else self.start - self.lasts


@dataclass(frozen=True, slots=True)
class Canary:
    """A new version that carries `share` of the traffic and `blame` of the errors since `start`."""

    enclave: str
    endpoint: str
    version: str
    start: float
    share: float
    blame: float


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work; `until` is seconds before now, so negative while it lasts.

    Meanwhile `ready` replicas serve on, and `errors` (ratio) of the requests fail; with none of them nothing is asked.
    """

    enclave: str
    endpoint: str
    start: float
    until: float
    text: str
    ready: float = 0.0
    errors: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """The collector of an enclave read nothing (`node` empty) or nothing of one node."""

    enclave: str
    start: float
    end: float = 0.0
    node: str = ""


@dataclass(frozen=True, slots=True)
class GpuTrouble:
    """One GPU (or, with `gpu` None, all of a node) since `start`.

    `kind` is ``lost`` (fell off the bus), ``memory``, ``hot`` or ``idle``; `xid` the driver's error number, 0 for none.
    """

    enclave: str
    node: str
    gpu: int | None
    start: float
    kind: str
    text: str
    xid: int = 0


OUTAGE = 9 * DAY + 97 * MINUTE
COOLING = 22 * DAY + 11 * HOUR
POWER_OFF = 10 * DAY + 13 * HOUR
NODE_POOL = 8 * DAY
FAILOVER = 57.5 * HOUR
REBUILD = 12.5 * HOUR
"""When the newest of the weekly rebuilds of the index began."""

TROUBLES = (
    # now: two critical
    Trouble("enc-s1", "rag-gateway", 2.93 * HOUR, 40 * MINUTE, p95=2.31, errors=0.0461, queue=19),
    Trouble("enc-s1", "rag-gateway", 2.5 * HOUR, 0.0, ready=9, wanted=12),
    Trouble("enc-t1", "speech-to-text", 3.85 * HOUR, 20 * MINUTE, p95=3.92, errors=0.074, queue=27),
    # now: five to watch
    Trouble("enc-t1", "rag-gateway", 3 * HOUR + 28 * MINUTE, 12 * MINUTE, p95=1.184, errors=0.0092, queue=6),
    Trouble("enc-u1", "translate-multi", 6.88 * HOUR, 40 * MINUTE, p95=0.705, errors=0.0063, queue=5),
    Trouble("enc-s1", "image-detect", 5.4 * HOUR, 2 * HOUR, p95=0.188, errors=0.0040),
    Trouble("enc-u1", "chat-assist-70b", 56 * MINUTE, 18 * MINUTE, p95=1.49, errors=0.0035, queue=41),
    Trouble("enc-u1", "chat-assist-70b", 53 * MINUTE, 0.0, ready=12, wanted=14),
    Trouble("enc-t1", "entity-extract", 4.25 * HOUR, 50 * MINUTE, p95=0.132, errors=0.0021),
    # 3 days ago in S: a release that was slow and was taken back
    Trouble("enc-s1", "doc-summarise", 3 * DAY + 2 * HOUR, 25 * MINUTE, 7 * HOUR, p95=5.2, errors=0.004),
    # 9 days ago in U: power lost in one pool; the collector was blind for 38 minutes of it
    Trouble("enc-u1", "rag-gateway", OUTAGE, 0.0, 52 * MINUTE, errors=0.93, ready=0, up=0.0),
    Trouble("enc-u1", "chat-assist-70b", OUTAGE, 0.0, 58 * MINUTE, errors=0.97, ready=0, up=0.0),
    Trouble("enc-u1", "speech-to-text", OUTAGE, 0.0, 50 * MINUTE, errors=0.95, ready=0, up=0.0),
    Trouble("enc-u1", "translate-multi", OUTAGE, 2 * MINUTE, 95 * MINUTE, p95=1.9, errors=0.11, queue=64, ready=3),
    Trouble("enc-u1", "doc-summarise", OUTAGE, 2 * MINUTE, 80 * MINUTE, p95=7.4, errors=0.06, queue=31, ready=4),
    # nights when nobody was there
    Trouble("enc-t1", "chat-assist-70b", COOLING, 0.0, 6 * HOUR, errors=1.0, ready=0, up=0.0),
    Trouble("enc-s1", "geo-segment", POWER_OFF, 0.0, 8 * HOUR, errors=1.0, ready=0, up=0.0),
    Trouble("enc-u1", "ocr-forms", 26 * DAY + 10 * HOUR, 0.0, 3 * HOUR, errors=1.0, ready=0, up=0.0),
    # what budgets went on: one promise is broken by two bad hours, three by two weeks that were never bad enough to
    # wake anybody; whole weeks, so that it matters little on which day of one the demonstration is built
    Trouble("enc-s1", "rag-gateway", 2 * DAY + 5 * HOUR, 4 * MINUTE, 58 * MINUTE, p95=1.62, errors=0.34, ready=7),
    Trouble("enc-s1", "rag-gateway", 8 * DAY + 19 * HOUR, 3 * MINUTE, 81 * MINUTE, errors=0.35, ready=5),
    Trouble("enc-u1", "translate-multi", 15 * DAY + 2 * HOUR, 2 * HOUR, 14 * DAY, errors=0.0089),
    Trouble("enc-u1", "chat-assist-70b", 15 * DAY + 6 * HOUR, 2 * HOUR, 14 * DAY, errors=0.0078),
    Trouble("enc-t1", "speech-to-text", 15 * DAY + 9 * HOUR, 2 * HOUR, 14 * DAY, errors=0.0089),
    # small things
    Trouble("enc-u1", "image-detect", 17 * DAY + 5 * HOUR, 2 * MINUTE, 14 * MINUTE, p95=0.31, errors=0.027),
    Trouble("enc-s1", "speech-to-text", 13 * DAY + 3 * HOUR, 5 * MINUTE, 70 * MINUTE, p95=1.9, queue=22, ready=5),
    Trouble("enc-t1", "geo-segment", 20 * DAY + 17 * HOUR, 10 * MINUTE, 2 * HOUR, p95=1.15, errors=0.009),
    Trouble("enc-s1", "ocr-forms", 6 * DAY + 7 * HOUR, 3 * MINUTE, 25 * MINUTE, errors=0.034, ready=2),
)

CANARIES = (Canary("enc-s1", "rag-gateway", "2.5.0", 3 * HOUR + 2 * MINUTE, 0.10, 0.83),)

MAINTENANCES = (
    Maintenance("enc-s1", "chat-assist-70b", 92 * MINUTE, -88 * MINUTE, "Weights move to new storage"),
    Maintenance("enc-t1", "doc-summarise", 11 * DAY + 3 * HOUR, 11 * DAY, "Driver update"),
    Maintenance("enc-u1", "translate-multi", NODE_POOL, NODE_POOL - 12 * HOUR, "Node pool upgrade", 3, 0.04),
    Maintenance("enc-u1", "translate-multi", FAILOVER, FAILOVER - 6 * HOUR, "Storage failover test", 4, 0.025),
    *(
        Maintenance(
            enclave, "rag-gateway", REBUILD + week * WEEK, REBUILD + week * WEEK - HOUR, "Index rebuild", 6, 0.02
        )
        for enclave in ("enc-u1", "enc-s1", "enc-t1")
        for week in range(5)
    ),
)

SILENCES = (
    Silence("enc-u1", OUTAGE - 6 * MINUTE, OUTAGE - 44 * MINUTE),
    Silence("enc-s1", 15 * DAY + 4 * HOUR, 15 * DAY + 4 * HOUR - 23 * MINUTE),
    Silence("enc-s1", 5 * DAY + 7 * HOUR, 5 * DAY + 7 * HOUR - 6 * MINUTE),
    Silence("enc-s1", 31 * HOUR, node="s-n04"),
)

GPU_TROUBLES = (
    GpuTrouble("enc-s1", "s-n03", 4, 80 * MINUTE, "lost", "XID 79: GPU 4 has fallen off the bus", 79),
    GpuTrouble("enc-t1", "ts-n02", 6, 3 * HOUR + 52 * MINUTE, "memory", "XID 48: double-bit memory error on GPU 6", 48),
    GpuTrouble("enc-t1", "ts-n03", None, 4 * HOUR + 41 * MINUTE, "hot", "Throttling at 88 °C"),
    GpuTrouble("enc-u1", "u-n03", None, 6 * HOUR, "idle", "8 GPUs reserved and idle"),
)

MISSING_BUNDLE = 4
"""The Top Secret bundle that never came: so many before the untrusted one (116 of 120 in the mock-up)."""


def weight(slot: FloatArray, now: float, start: float, end: float, rise: float) -> FloatArray:
    """How much of a trouble there is at each time, 0 to 1.

    Parameters
    ----------
    slot
        Times in seconds UTC.
    now
        The demonstration's "now".
    start, end, rise
        As in Trouble: `start` and `end` in seconds before now.
    """
    ramp = max(rise, 1.0)
    up = (slot - (now - start)) / ramp
    if end <= 0.0:
        return np.asarray(np.clip(up, 0.0, 1.0))
    down = 1.0 - (slot - (now - end)) / ramp
    return np.asarray(np.clip(np.minimum(up, down), 0.0, 1.0))


def silent(slot: FloatArray, now: float, enclave: str, node: str = "") -> npt.NDArray[np.bool_]:
    """Whether, at each time, the collector of an enclave read nothing at all, or nothing of `node`."""
    found = np.zeros(len(slot), dtype=bool)
    for silence in SILENCES:
        if silence.enclave == enclave and silence.node in {"", node}:
            found |= during(slot, now, silence.start, silence.end)
    return found


def during(slot: FloatArray, now: float, start: float, end: float) -> npt.NDArray[np.bool_]:
    """Whether each time lies between `start` and `end`, both in seconds before now; an `end` of 0 is not yet."""
    return np.asarray((slot >= now - start) & ((slot < now - end) | (end == 0.0)))
