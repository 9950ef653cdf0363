"""Series of samples: the nouns of telemetry that are arrays.

Whatever needs no array stands in modules of its own, so that the first page is painted without numpy.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.model.series_key import SeriesKey

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.int64]
"""Times as integer milliseconds since 1970-01-01 UTC: the store's own unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples of one key.

    Parameters
    ----------
    key
        Identity.
    time
        Shape (n,), float64 seconds UTC, strictly increasing. A time that is not there is a gap.
    value
        Shape (n,), float64, in the unit of the metric's name. NaN is a value that the source gave.
    group
        Scrape group: series that were read together and share their times.
    """

    key: SeriesKey
    time: FloatArray
    value: FloatArray
    group: str = ""


def to_ms(seconds: FloatArray) -> TimeArray:
    """Round seconds to the store's integer milliseconds."""
    return np.rint(np.asarray(seconds, dtype=np.float64) * 1000.0).astype(np.int64)


def to_seconds(ms: TimeArray) -> FloatArray:
    """Turn integer milliseconds into float64 seconds."""
    return ms / 1000.0
