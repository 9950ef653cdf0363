"""States of health and of freshness. The two are never folded into one."""

from enum import Enum


class Health(Enum):
    """State of an endpoint, a node or a GPU.

    UNKNOWN outranks HEALTHY: no data is never good data. `rank` 0 is the worst; members stand in this order.
    """

    rank: int

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    HEALTHY = "healthy"
    OFF = "off"

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)


class Freshness(Enum):
    """Age of an enclave's data against its cadence, by the clock of the source.

    FRESH up to cadence + grace, LATE up to twice that, STALE beyond it, EXPIRED after the
    newest bundle's own expiry.
    """

    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"
    EXPIRED = "expired"


class Bound(Enum):
    """Whether a quantile is exact or only bounded by a histogram's buckets."""

    AT_MOST = -1
    EXACT = 0
    AT_LEAST = 1
