"""The time slice methods: time is cut into slices, and each slice weighs alike whatever took place in it."""

from dataclasses import dataclass

import numpy as np

from app.analysis.intervals import Intervals
from app.analysis.tally import EXPECTED, KNOWN, Evidence, Tally
from app.model.sample import FloatArray

_EVEN = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Evidence judged slice by slice.

    A slice begins at a whole multiple of `seconds` since 1970, belongs to the period that it begins in, and weighs as
    many seconds as lie in the scope, so that a slice that an exclusion cuts weighs less. What is known of a slice is
    judged by what is known: good if its share reaches `target`. In the worst case only those slices are good
    that no missing data could turn bad, in the best case all that none could keep from being good.

    A slice of known time in which nothing took place has no share. It is neither good nor bad and weighs nothing.

    Parameters
    ----------
    evidence
        What is known.
    seconds
        Length of a slice.
    target
        Share from which on a slice is good (Timeslices), or None for the mean of the shares (RatioTimeslices).
    """

    evidence: Evidence
    seconds: float
    target: float | None = None

    @property
    def known(self) -> Intervals:
        """Time of which something is known."""
        return self.evidence.known

    def tally(self, scope: Intervals, edges: FloatArray) -> Tally:
        """Tally of the slices' seconds."""
        if edges.size < 2:
            return Tally(np.zeros((8, 0)))
        first, last = int(edges[0] // self.seconds), int(-(-edges[-1] // self.seconds))
        cuts = np.clip(np.arange(first, last + 1) * self.seconds, edges[0], edges[-1])
        cell = self.evidence.tally(scope, cuts)
        place = np.searchsorted(edges, cuts[:-1], side="right") - 1
        return self._weighed(cell).into(place, len(edges) - 1)

    def _weighed(self, cell: Tally) -> Tally:
        """Tally of each slice from the tally of what took place in it."""
        idle = np.isnan(cell.worst)
        weight = np.where(idle, 0.0, cell.amounts[EXPECTED])
        known = np.where(idle, 0.0, cell.amounts[KNOWN])
        seen = np.where(np.isnan(cell.known_only), 0.0, weight)
        shares = [np.nan_to_num(one) for one in (cell.known_only, cell.worst, cell.best)]
        if self.target is not None:
            shares = [(one >= self.target - _EVEN).astype(np.float64) for one in shares]
        only, worst, best = shares
        return Tally(np.stack([weight, known, seen * only, seen, weight * worst, weight, weight * best, weight]))
