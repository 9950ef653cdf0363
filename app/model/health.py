"""States of health and of freshness. The two are never folded into one."""

from enum import Enum


class Health(Enum):
    """State of an endpoint, a node or a GPU.

    UNKNOWN outranks HEALTHY: no data is never good data.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    HEALTHY = "healthy"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 is the worst; members stand in this order."""
        return _RANKS[self]


_RANKS = {health: rank for rank, health in enumerate(Health)}


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
