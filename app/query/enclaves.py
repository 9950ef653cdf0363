"""How old the picture of each enclave is, by the clock of the source."""

import math
from dataclasses import dataclass
from typing import Final

from app.analysis.freshness import freshness
from app.model.catalogue import Catalogue, Enclave
from app.model.health import Freshness
from app.store.bundles import StoredBundle, came_after, newest_bundle, newest_sample
from app.store.catalogue import catalogues
from app.store.database import Reader

_SILENCE: Final = 300.0
"""Seconds by which the newest sample may end before its window without being news: scrapes have a phase."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of one enclave at one moment, and since when it has been silent.

    `covered` is the end of the newest published window, never later than the moment asked for: until
    then the collector tells, and there the enclave is judged. `data_time` is how far its telemetry
    reaches: earlier than `covered` where bundles go on while the collector cannot read its sources.
    `expires` is when its newest bundle does. All of them, like `age` and `received`, are NaN where nothing
    had come in by then. `overdue` is in seconds and speaks of bundles.
    """

    catalogue: Catalogue
    covered: float
    data_time: float
    age: float
    received: float
    overdue: float
    freshness: Freshness
    expires: float = math.nan

    @property
    def enclave(self) -> Enclave:
        """The enclave itself."""
        return self.catalogue.enclave


def pictures(reader: Reader, at: float) -> list[Picture]:
    """One picture for every enclave that has declared itself, by level, then name."""
    return [
        picture(
            catalogue,
            newest_bundle(reader, catalogue.enclave.id, known_at=at),
            newest_sample(reader, catalogue.enclave.id, known_at=at),
            at,
        )
        for catalogue in catalogues(reader)
    ]


def picture(catalogue: Catalogue, newest: StoredBundle | None, sample: float, at: float) -> Picture:
    """Age of an enclave's data at the moment `at`, given the bundle whose window ends last and the newest sample."""
    if newest is None:
        return Picture(catalogue, math.nan, math.nan, math.nan, math.nan, 0.0, Freshness.EXPIRED)
    enclave, record = catalogue.enclave, newest.record
    covered = min(record.window_end, at)
    data_time = covered if covered - sample <= _SILENCE else sample  # NaN where no telemetry ever came
    due = enclave.cadence + enclave.grace
    age, overdue = at - data_time, max(0.0, at - covered - due)
    state = freshness(enclave.cadence, enclave.grace, age, record.expires - at)
    return Picture(catalogue, covered, data_time, age, record.received, overdue, state, record.expires)


def known_at(reader: Reader, at: float) -> float | None:
    """`at`, where something has come in after it that an answer "as of then" must leave out; else None."""
    return at if came_after(reader, at) else None
