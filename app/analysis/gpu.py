"""How GPUs are: counters that rose, and what an XID means."""

import math

import numpy as np

from app.analysis.health_policy import GpuPolicy
from app.model.health import Health
from app.model.sample import FloatArray

# NVIDIA's XID catalogue, shortened; reference/telemetry.md A.5
XID_WORDS = {
    13: "graphics engine exception",
    31: "memory page fault",
    43: "stopped processing",
    45: "preemptive clean-up",
    48: "double-bit memory error",
    63: "memory row remapped",
    64: "memory row remap failed",
    74: "NVLink error",
    79: "fell off the bus",
    92: "many single-bit memory errors",
    94: "contained memory error",
    95: "uncontained memory error",
    119: "system processor timed out",
    120: "system processor error",
}


def xid_health(xid: int, policy: GpuPolicy) -> Health | None:
    """State that an XID puts a GPU in; None for one that is an application's own fault."""
    if xid in policy.xid_critical:
        return Health.CRITICAL
    return Health.WARNING if xid in policy.xid_warning else None


def increase(time: FloatArray, value: FloatArray, since: float, node_known_since: float) -> tuple[float, float]:
    """How much a counter rose from `since` on, and when it last did.

    PromQL's ``increase()`` without its extrapolation: differences of neighbours are added up, and
    after a fall the new value counts from zero. Exporters make an error counter with its first
    error, so a series that begins after its node was already known begins at zero.

    Parameters
    ----------
    time, value
        Shape (n,), seconds UTC; NaN values are passed over.
    since
        Start of the window, seconds UTC.
    node_known_since
        Time of the first sample of anything on the same node, NaN if there is none.

    Returns
    -------
    rise : float
        0 where it did not rise, and without samples.
    last : float
        Time of the newest rise, NaN without one.
    """
    kept = ~np.isnan(value)
    time, value = time[kept], value[kept]
    if not time.size:
        return 0.0, math.nan
    from_zero = time[0] > node_known_since  # False for NaN
    rise = np.diff(value, prepend=0.0 if from_zero else value[0])
    rise = np.where(rise < 0.0, value, rise)
    risen = (rise > 0.0) & (time >= since)
    if not risen.any():
        return 0.0, math.nan
    return float(rise[risen].sum()), float(time[risen][-1])


def idle_since(time: FloatArray, use: FloatArray, end: float, policy: GpuPolicy, share: float) -> float:
    """Since when a GPU has done nothing, seconds UTC; NaN while it has not been idle for ``policy.idle_hours``.

    Idle is a use of at most ``policy.idle_utilisation_ratio`` in every sample of that time. Silence is not
    idleness: at least `share` of the time must be known.

    Parameters
    ----------
    time, use
        Shape (n,), seconds UTC and ratios; NaN values are passed over.
    end
        Data time of the enclave, seconds UTC.
    """
    kept = ~np.isnan(use) & (time <= end)
    time, use = time[kept], use[kept]
    seconds = policy.idle_hours * 3600.0
    lately = time > end - seconds
    if time.size < 2 or not lately.any():
        return math.nan
    step = float(np.median(np.diff(time)))
    busy = use > policy.idle_utilisation_ratio
    if (busy & lately).any() or lately.sum() * step < share * seconds:
        return math.nan
    after = np.flatnonzero(busy)[-1] + 1 if busy.any() else 0
    return float(time[after])
