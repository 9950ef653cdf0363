"""Where samples came from, as runs: scrapes that follow each other nearly always came with one bundle."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import StoreDamaged

BundleArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Two bundle numbers for each sample, run by run; each array has shape (r,).

    `winner` is the bundle of highest rank that says so, `first` the one that was received first, `length` the
    samples of the run.
    """

    winner: BundleArray
    first: BundleArray
    length: BundleArray

    @classmethod
    def of(cls, bundle: int, size: int) -> "Origin":
        """All samples from one bundle."""
        number = np.array([bundle], np.int64)
        return cls(number, number, np.array([size], np.int64))

    @classmethod
    def from_samples(cls, winner: BundleArray, first: BundleArray) -> "Origin":
        """Runs of what is said sample by sample."""
        change = (winner[1:] != winner[:-1]) | (first[1:] != first[:-1])
        starts = np.flatnonzero(np.append(True, change)) if winner.size else np.empty(0, np.int64)
        return cls(winner[starts], first[starts], np.diff(np.append(starts, winner.size)))

    @classmethod
    def join(cls, parts: "list[Origin]") -> "Origin":
        """One after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([one.winner for one in parts]),
            np.concatenate([one.first for one in parts]),
            np.concatenate([one.length for one in parts]),
        )

    def expand(self) -> tuple[BundleArray, BundleArray]:
        """Winner and first bundle of each sample."""
        return np.repeat(self.winner, self.length), np.repeat(self.first, self.length)

    def cut(self, low: int, high: int) -> "Origin":
        """Of the samples ``[low, high)``."""
        if self.length.size == 1:
            return Origin(self.winner, self.first, np.array([high - low], np.int64))
        ends = np.cumsum(self.length)
        kept = np.minimum(ends, high) - np.maximum(ends - self.length, low)
        there = kept > 0
        return Origin(self.winner[there], self.first[there], kept[there])

    def pick(self, mask: npt.NDArray[np.bool_]) -> "Origin":
        """Of the samples where `mask` (n,) is True."""
        if self.length.size == 1:
            return Origin(self.winner, self.first, np.array([int(mask.sum())], np.int64))
        winner, first = self.expand()
        return Origin.from_samples(winner[mask], first[mask])

    def pack(self) -> bytes:
        """Bytes that `unpack` reads."""
        change = (self.winner[1:] != self.winner[:-1]) | (self.first[1:] != self.first[:-1])
        starts = np.flatnonzero(np.append(self.length.size > 0, change))
        length = np.add.reduceat(self.length, starts) if starts.size else self.length
        return np.stack([self.winner[starts], self.first[starts], length]).astype("<u4").tobytes()

    @classmethod
    def unpack(cls, blob: bytes, size: int) -> "Origin":
        """Read what `pack` wrote, for `size` samples.

        Raises
        ------
        StoreDamaged
        """
        if len(blob) % 12 == 0:
            runs = np.frombuffer(blob, "<u4").reshape(3, -1).astype(np.int64)
            if int(runs[2].sum()) == size:
                return cls(runs[0], runs[1], runs[2])
        msg = "The origins of a stored chunk do not fit its samples."
        raise StoreDamaged(msg)
