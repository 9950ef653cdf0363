"""The newest value of every series, kept ready between questions."""

from collections.abc import Sequence

import numpy as np

from app.model.marking import Level
from app.model.sample import FloatArray
from app.model.time_range import TimeRange
from app.store.database import Store
from app.store.samples import SeriesRef, read_series


class LastValues:
    """Answers "what is it now" for many series at once; asks the store again only after it changed.

    Belongs to one thread.
    """

    def __init__(self, store: Store, ceiling: Level | None = None) -> None:
        self._store, self._ceiling = store, ceiling

    def of(self, refs: Sequence[SeriesRef]) -> tuple[FloatArray, FloatArray]:
        """Newest time (seconds UTC) and value of each series, shape (k,); NaN where there is none."""
        time, value = np.full(len(refs), np.nan), np.full(len(refs), np.nan)
        with self._store.reader(self._ceiling) as reader:
            for place, one in enumerate(read_series(reader, refs, TimeRange(-np.inf, np.inf))):
                if one.time.size:
                    time[place], value[place] = one.time[-1], one.value[-1]
        return time, value
