"""The copies of deployments and nodes: no story and cheap weather, for measuring with very many series.

What wanders and what scatters is drawn once for an enclave, and every copy takes stretches of it, each from a
place of its own. What follows from one number, as three quantiles do from a p95 and power from activity, is
looked up in a table with a row for every value of that number. So no sample of a copy costs a draw or a logarithm.

As in `weather`, everything is counted backwards from the end, so that the last day does not depend on how long the
history is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.demo import gpus, serving, story
from app.demo.fleet import Machine, Service, Site
from app.demo.weather import load, timeline, wandering
from app.model.sample import FloatArray, Series
from app.model.series_key import SeriesKey

Single = npt.NDArray[np.float32]
"""Enough for what is rounded to whole numbers or looked up afterwards."""

_ROWS = 8
_REACH = 40_000
"""Steps, about 28 days: where in a row a stretch may end."""
_LEVELS = 1024
_LEVEL = 0.001
"""Natural logarithm of the step from one level of a p95 to the next: all of them reach 40 % down and 67 % up."""
_HUNDREDTHS = np.arange(101) / 100.0
_THOUSANDTHS = np.arange(1001) / 1000.0
_RESTARTS = 1.0 / 7200.0
_STEADY = 720
"""Steps before the end in which no replica restarts."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """What the copies of one enclave share.

    Parameters
    ----------
    site
        The enclave.
    seed
        Seed of the demonstration.
    now, days
        End of the history in seconds UTC, and its length.
    busy
        Shape (n,): share of the peak that people ask for at each step.
    slow, fast
        Shape (rows, n + reach): wandering and scatter, each of standard deviation 1.
    chance
        Shape (rows, n + reach): spread evenly from 0 to 1.
    """

    site: Site
    seed: int
    now: float
    days: float
    busy: Single
    slow: Single
    fast: Single
    chance: Single

    @classmethod
    def of(cls, site: Site, seed: int, now: float, days: float) -> "Crowd":
        """Draw what the copies of an enclave share."""
        line = timeline(f"{site.enclave.id}/crowd", seed, now, days, now)
        long = len(line.slot) + _REACH
        slow, fast, chance = (np.empty((_ROWS, long), np.float32) for _ in range(3))
        for row in range(_ROWS):
            slow[row] = wandering(line, f"slow/{row}", long, 1.0)
            fast[row] = line.rng(f"fast/{row}").standard_normal(long, np.float32)[::-1]
            chance[row] = line.rng(f"chance/{row}").random(long, np.float32)[::-1]
        return cls(site, seed, now, days, load(line.slot).astype(np.float32), slow, fast, chance)


def serve(crowd: Crowd, service: Service) -> list[Series]:
    """Every series of a copy of a deployment, in one scrape group."""
    endpoint, version = service.endpoint, service.versions[-1][0]
    scrape = _Scrape(crowd, serving.group_name(service), {"endpoint": endpoint.id, "model": endpoint.model})
    size, pace = scrape.rng.uniform(0.6, 1.0), scrape.rng.uniform(0.85, 1.0)
    rate = scrape.busy * (1.0 + scrape.noise(0.05, 0.035))
    queue = np.rint(np.clip(4.0 * scrape.busy * np.exp(scrape.noise(0.6, 0.5)) - 1.0, 0.0, 18.0))
    scrape.constant("endpoint_up", 1.0)
    if service.queue:
        scrape.add("endpoint_queue_length", queue)
    strain = _levels(100.0 * np.clip(0.52 * rate + 0.02 * queue, 0.02, 0.98), 101)
    scrape.add("endpoint_saturation_ratio", _HUNDREDTHS[strain])
    scrape.add("endpoint_replicas_ready", endpoint.expected_replicas - scrape.restarts())
    scrape.constant("endpoint_replicas_wanted", float(endpoint.expected_replicas))
    requests = np.rint(rate * np.float32(60.0 * service.peak * size))
    failing = requests * np.float32(service.errors) * (1.0 + scrape.noise(0.12, 0.0))
    scrape.add("endpoint_requests", requests, version=version)
    # Chance decides over the fraction, so that many steps together have the ratio that each of them asks for.
    scrape.add("endpoint_errors", np.floor(failing + scrape.stretch(crowd.chance)), version=version)
    lean = serving.LOAD_ON_LATENCY * (scrape.busy - scrape.busy[-1]) + scrape.noise(0.035, 0.018)
    level = _levels(lean / _LEVEL + _LEVELS // 2, _LEVELS)
    values = serving.quantiles(service.p95 * pace * np.exp(_LEVEL * (np.arange(_LEVELS) - _LEVELS // 2)))
    for le in serving.bounds(service):
        share = serving.share_within(*values, le).astype(np.float32)
        scrape.add("endpoint_requests_within", np.rint(requests * share[level]), version=version, le=f"{le:g}")
    for quantile, value in zip(serving.QUANTILES, values, strict=True):
        scrape.add("endpoint_latency_seconds", value[level], version=version, quantile=quantile)
    return scrape.series


def compute(crowd: Crowd, machine: Machine) -> list[Series]:
    """Every series of a copy of a node, in one scrape group."""
    scrape = _Scrape(crowd, gpus.group_name(machine), {"node": machine.node.id})
    for metric in gpus.METRICS:
        scrape.constant("exported", 1.0, metric=metric)
    lean = np.sqrt(scrape.busy / scrape.busy[-1])
    for gpu in map(str, range(machine.node.gpus)):
        own = scrape.rng.uniform(-gpus.OWN, gpus.OWN)
        use = np.clip(np.float32(machine.busy + own) * lean * (1.0 + scrape.noise(0.07, 0.05)), 0.0, 1.0)
        active = _levels(1000.0 * np.float32(gpus.SM_SHARE) * use * (1.0 + scrape.noise(0.05, 0.03)), 1001)
        watts = np.rint(gpus.power(_THOUSANDTHS))
        pages = np.rint((np.float32(0.66 + own) + scrape.noise(0.04, 0.0)) * np.float32(gpus.TOTAL_MIB / 256))
        scrape.add("gpu_utilisation_ratio", _HUNDREDTHS[_levels(100.0 * use, 101)], gpu=gpu)
        scrape.add("gpu_sm_active_ratio", _THOUSANDTHS[active], gpu=gpu)
        scrape.add("gpu_memory_used_bytes", pages * np.float64(256 * gpus.MIB), gpu=gpu)
        scrape.constant("gpu_memory_total_bytes", gpus.TOTAL_MIB * gpus.MIB, gpu=gpu)
        scrape.add("gpu_power_watts", watts[active], gpu=gpu)
        scrape.add("gpu_temperature_celsius", np.rint(gpus.warmth(watts, own))[active], gpu=gpu)
        scrape.constant("gpu_xid_errors_total", 0.0, gpu=gpu)
        scrape.constant("gpu_ecc_uncorrectable_total", 0.0, gpu=gpu)
    return scrape.series


class _Scrape:
    """One scrape group of a copy: its series, and stretches of what the crowd shares, m steps long.

    Only the m scrapes that succeeded are made at all, so nothing has to be left out afterwards.
    """

    def __init__(self, crowd: Crowd, group: str, labels: dict[str, str]) -> None:
        enclave = crowd.site.enclave.id
        line = timeline(f"{enclave}/{group}", crowd.seed, crowd.now, crowd.days, crowd.now - crowd.site.behind)
        kept = line.kept & ~story.silent(line.slot, crowd.now, enclave)
        self.crowd, self.group, self.labels = crowd, group, {"enclave": enclave} | labels
        self.rng, self._restarts = line.rng("copy"), line.rng("restarts")
        self.time = line.time[kept]
        self.busy = crowd.busy[kept]
        self.series: list[Series] = []

    def stretch(self, rows: Single) -> Single:
        """A piece of one of the rows, shape (m,)."""
        row, back = self.rng.integers(len(rows)), self.rng.integers(_REACH)
        end = rows.shape[1] - int(back)
        return rows[row, end - len(self.time) : end]

    def noise(self, slow: float, fast: float) -> Single:
        """Wandering plus scatter of these standard deviations, shape (m,)."""
        wave = self.stretch(self.crowd.slow) * np.float32(slow)
        if fast:
            wave += self.stretch(self.crowd.fast) * np.float32(fast)
        return wave

    def restarts(self) -> FloatArray:
        """One replica away for three steps, about every five days; shape (m,), 0 or 1."""
        count = len(self.time)
        steps = self._restarts.geometric(_RESTARTS, 16 + 2 * int(count * _RESTARTS))
        starts = count - _STEADY - np.cumsum(steps)
        away = np.zeros(count)
        for start in starts[starts >= 0].tolist():
            away[start : start + 3] = 1.0
        return away

    def constant(self, metric: str, value: float, /, **labels: str) -> None:
        """Add a series that never changes."""
        self.add(metric, np.full(len(self.time), value), **labels)

    def add(self, metric: str, value: Single | FloatArray, /, **labels: str) -> None:
        """Add one series: `value` (m,)."""
        key = SeriesKey.of(metric, self.labels | labels)
        self.series.append(Series(key, self.time, value.astype(np.float64, copy=False), self.group))


def _levels(value: Single, count: int) -> npt.NDArray[np.intp]:
    """Round to rows of a table of `count` rows."""
    return np.clip(np.rint(value), 0, count - 1).astype(np.intp)
