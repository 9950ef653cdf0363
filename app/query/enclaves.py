"""How old the picture of each enclave is, by the clock of the source."""

import math
from dataclasses import dataclass

from app.analysis.health import freshness
from app.model.catalogue import Catalogue, Enclave
from app.model.health import Freshness
from app.model.sample import TimeRange
from app.store.bundles import StoredBundle, bundles, newest_bundle
from app.store.catalogue import catalogues
from app.store.database import Reader


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of one enclave at one moment, and since when it has been silent.

    `data_time` is the end of the newest published window, never later than the moment asked for;
    NaN, like `age` and `received`, where nothing had come in by then. `overdue` is in seconds.
    """

    catalogue: Catalogue
    data_time: float
    age: float
    received: float
    overdue: float
    freshness: Freshness

    @property
    def enclave(self) -> Enclave:
        """The enclave itself."""
        return self.catalogue.enclave


def pictures(reader: Reader, at: float) -> list[Picture]:
    """One picture for every enclave that has declared itself, by level, then name."""
    return [
        picture(catalogue, newest_bundle(reader, catalogue.enclave.id, known_at=at), at)
        for catalogue in catalogues(reader)
    ]


def picture(catalogue: Catalogue, newest: StoredBundle | None, at: float) -> Picture:
    """Age of an enclave's data at the moment `at`, given the bundle whose window ends last."""
    if newest is None:
        return Picture(catalogue, math.nan, math.nan, math.nan, 0.0, Freshness.EXPIRED)
    enclave, record = catalogue.enclave, newest.record
    data_time = min(record.window_end, at)
    age = at - data_time
    due = enclave.cadence + enclave.grace
    state = freshness(enclave.cadence, enclave.grace, age, record.expires - at)
    return Picture(catalogue, data_time, age, record.received, max(0.0, age - due), state)


def known_at(reader: Reader, at: float) -> float | None:
    """`at`, where something has come in after it that an answer "as of then" must leave out; else None."""
    later = bundles(reader, TimeRange(at, math.inf))
    return at if any(bundle.record.received > at for bundle in later) else None
