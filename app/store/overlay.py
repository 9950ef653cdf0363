"""Laying what several bundles say about one series over each other.

One value per (series, time): on conflict the bundle with the higher (epoch, sequence) wins, so the
order of import does not matter. Beside each value stand the bundle whose word it is and the bundle
that brought the same value first, which is what "as known at" needs.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged
from app.model.sample import FloatArray, TimeArray
from app.store.database import Reader, Writer
from app.store.origin import BundleArray, Origin


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Samples of one series: `time` (n,) ms, `value` (n,) and where each came from."""

    time: TimeArray
    value: FloatArray
    origin: Origin

    def part(self, start: int, end: int) -> "Layer":
        """Samples with start <= time < end."""
        if self.time.size and start <= self.time[0] and self.time[-1] < end:
            return self
        low, high = np.searchsorted(self.time, [start, end])
        if low == 0 and high == self.time.size:
            return self
        return Layer(self.time[low:high], self.value[low:high], self.origin.cut(int(low), int(high)))


def of_bundle(bundle: int, time: TimeArray, value: FloatArray) -> Layer:
    """What one bundle says."""
    return Layer(time, value, Origin.of(bundle, time.size))


EMPTY = of_bundle(0, np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """What an overlay left out: samples of another value, and earlier ones that agree with the kept value.

    Where anyone ever disputed a time, who agreed in between decides what was known in between.
    """

    rivals: Layer
    agreed: Layer


NOTHING_LOST = Lost(EMPTY, EMPTY)


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Place of each bundle, by its number: in the order of winning, and its time of arrival (s UTC)."""

    place: BundleArray
    received: FloatArray

    def check(self, bundles: npt.ArrayLike) -> None:
        """Make sure that each number is that of a bundle.

        Raises
        ------
        StoreDamaged
        """
        numbers = np.asarray(bundles)
        known = not numbers.size or (numbers.min() > 0 and numbers.max() < self.place.size)
        if not known or not np.isfinite(self.received[numbers]).all():
            msg = "A stored chunk names a bundle that the cache does not know."
            raise StoreDamaged(msg)

    def checked(self, layer: "Layer") -> "Layer":
        """The same layer, whose origins are bundles that the cache knows.

        Raises
        ------
        StoreDamaged
        """
        self.check_origin(layer.origin)
        return layer

    def check_origin(self, origin: Origin) -> None:
        """Make sure that samples come from bundles that the cache knows.

        Raises
        ------
        StoreDamaged
        """
        self.check(origin.winner)
        self.check(origin.first)


def ranks(session: Reader | Writer) -> Ranks:
    """Places and arrivals of all bundles of the cache; a reader sees one snapshot, so it asks but once."""
    return session.once(_ranks) if isinstance(session, Reader) else _ranks(session)


def _ranks(session: Reader | Writer) -> Ranks:
    found = session.db.execute("SELECT id, epoch, seq, source, stream, received FROM main.bundle").fetchall()
    size = max((row[0] for row in found), default=0) + 1
    place, received = np.zeros(size, np.int64), np.full(size, np.inf)
    for number, row in enumerate(sorted(found, key=lambda r: r[1:5])):
        place[row[0]] = number
        received[row[0]] = row[5]
    return Ranks(place, received)


def known_at(layer: Layer, moment: float, order: Ranks) -> Layer:
    """What of `layer` had arrived by `moment` (seconds UTC), in the name of a bundle that had.

    Where the winning bundle came later but an earlier one had brought the same value, the value
    stands with the earlier one's rank. A third bundle of the same value between the two is remembered
    among what lost, where a rival value's rank lies between them.
    """
    winner, first = layer.origin.expand()
    seen = order.received[first] <= moment
    winner = np.where(order.received[winner] <= moment, winner, first)
    return Layer(layer.time[seen], layer.value[seen], Origin.from_samples(winner[seen], first[seen]))


def overlay(layers: Sequence[Layer], order: Ranks) -> tuple[Layer, Lost]:
    """Lay `layers` over each other.

    Returns
    -------
    kept : Layer
        One sample per time.
    lost : Lost
        The samples that are not kept.
    """
    full = [one for one in layers if one.time.size]
    if not full:
        return EMPTY, NOTHING_LOST
    if len(full) == 1:
        return full[0], NOTHING_LOST
    full.sort(key=lambda one: int(one.time[0]))
    time = np.concatenate([one.time for one in full])
    value = np.concatenate([one.value for one in full])
    origin = Origin.join([one.origin for one in full])
    if all(one.time[-1] < other.time[0] for one, other in itertools.pairwise(full)):
        return Layer(time, value, origin), NOTHING_LOST
    winner, first = origin.expand()
    # The value's own bits come last, so that a bundle which contradicts itself reads the same in every window.
    ordered = np.lexsort((value.view(np.int64), order.place[winner], time))
    time, value, winner, first = time[ordered], value[ordered], winner[ordered], first[ordered]
    last = np.append(time[1:] != time[:-1], True)
    owner = np.cumsum(np.append(False, last[:-1]))
    kept_bits = value.view(np.int64)[last]
    same = value.view(np.int64) == kept_bits[owner]
    earliest = _earliest(first, same, owner, order)
    kept = Layer(time[last], value[last], Origin.from_samples(winner[last], earliest))
    rivals, agreed = (
        Layer(time[some], value[some], Origin.from_samples(winner[some], first[some])) for some in (~same, same & ~last)
    )
    return kept, Lost(rivals, agreed)


def _earliest(first: BundleArray, same: npt.NDArray[np.bool_], owner: BundleArray, order: Ranks) -> BundleArray:
    """Of the bundles that agree with the kept value, the one received first."""
    arrived = np.where(same, order.received[first], np.inf)
    ordered = np.lexsort((arrived, owner))
    starts = np.flatnonzero(np.append(True, np.diff(owner) > 0))
    return first[ordered][starts]
