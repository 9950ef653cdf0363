"""How old data may be: judged by the cadence that its enclave declares."""

import math

from app.model.health import Freshness


def freshness(cadence: float, grace: float, age: float, expires_in: float) -> Freshness:
    """Freshness of an enclave's data (reference/domain.md 2.4).

    Parameters
    ----------
    cadence, grace
        Seconds, as the enclave declares them.
    age
        Seconds since the end of the newest published window, by the source's clock; NaN if there
        never was one.
    expires_in
        Seconds until the newest bundle expires; negative once it has, NaN where it names no end.

    Returns
    -------
    Freshness
        FRESH up to and including cadence + grace, LATE up to and including twice that, STALE
        beyond it; EXPIRED after the bundle's own end, and where there never was any data.
    """
    if math.isnan(age) or expires_in < 0:
        return Freshness.EXPIRED
    if age <= cadence + grace:
        return Freshness.FRESH
    return Freshness.LATE if age <= 2.0 * (cadence + grace) else Freshness.STALE
