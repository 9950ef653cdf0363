"""What one deployment's scrape group says over the whole history: requests, errors, latency, queue, replicas."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.demo import story
from app.demo.fleet import Service, Site
from app.demo.story import Canary, Trouble
from app.demo.weather import BoolArray, Timeline, load, noise, three_digits, timeline, whole_share
from app.model.sample import FloatArray, Series
from app.model.series_key import SeriesKey

FIRST_BUCKET = 0.3
"""Seconds: the upper bound of vLLM's first end-to-end latency bucket, below which it tells nothing."""

QUANTILES = ("0.5", "0.95", "0.99")
_P50_SHARE = 0.46
_P99_SHARE = 1.72
LOAD_ON_LATENCY = 0.22
"""A p95 at full load is about a fifth above that of a quiet hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Everything that the story and the weather say of one deployment; each array has shape (n,).

    `requests` are whole numbers per step; `errors` is a ratio, not yet a count; `p95` in seconds.
    """

    requests: FloatArray
    errors: FloatArray
    p95: FloatArray
    queue: FloatArray
    saturation: FloatArray
    up: FloatArray
    ready: FloatArray
    wanted: FloatArray


def group_name(service: Service) -> str:
    """Scrape group of a deployment; unique within its enclave."""
    return f"endpoint/{service.endpoint.id}"


def scrape(site: Site, service: Service, seed: int, now: float, days: float) -> list[Series]:
    """Every series of one deployment from `days` before `now` up to `now`, in one scrape group."""
    group = group_name(service)
    line = timeline(f"{site.enclave.id}/{group}", seed, now, days, now - site.behind)
    traffic = _traffic(service, line, now)
    kept = line.kept & ~story.silent(line.slot, now, site.enclave.id)
    writer = _SeriesWriter(group, site.enclave.id, service, line.time, kept)
    writer.add("endpoint_up", traffic.up)
    if service.queue:
        writer.add("endpoint_queue_length", traffic.queue)
    writer.add("endpoint_saturation_ratio", traffic.saturation)
    writer.add("endpoint_replicas_ready", traffic.ready)
    writer.add("endpoint_replicas_wanted", traffic.wanted)
    _exported(writer, service, len(kept))
    for part in _parts(service, traffic, line, now):
        _write_part(writer, service, part, traffic)
    return writer.series


def _same(item: Trouble | Canary | story.Maintenance, service: Service) -> bool:
    return (item.enclave, item.endpoint) == (service.endpoint.enclave, service.endpoint.id)


def _works(service: Service) -> list[story.Maintenance]:
    return [work for work in story.MAINTENANCES if _same(work, service)]


def _traffic(service: Service, line: Timeline, now: float) -> Traffic:
    endpoint = service.endpoint
    busy = load(line.slot)
    rate = service.peak * busy * np.exp(noise(line, "rate", 0.05, 0.035))
    lean = LOAD_ON_LATENCY * (busy - busy[line.anchor])
    p95 = np.full_like(rate, service.p95)
    errors = np.full_like(rate, service.errors)
    queue = np.rint(np.clip(4.0 * busy * np.exp(noise(line, "queue", 0.6, 0.5)) - 1.0, 0.0, 18.0))
    wanted = np.full_like(rate, endpoint.expected_replicas)
    ready = wanted - _restarts(line)
    up = np.ones_like(rate)
    for trouble in (t for t in story.TROUBLES if _same(t, service)):
        share = story.weight(line.slot, now, trouble.start, trouble.end, trouble.rise)
        if trouble.p95 is not None:
            p95 += share * (trouble.p95 - service.p95)
        if trouble.errors is not None:
            errors += share * (trouble.errors - service.errors)
        if trouble.queue is not None:
            queue = np.rint(np.maximum(queue, share * trouble.queue))
        for array, value in ((ready, trouble.ready), (wanted, trouble.wanted), (up, trouble.up)):
            if value is not None:
                array[share >= 1.0] = value
    works = [(work, story.during(line.slot, now, work.start, work.until)) for work in _works(service)]
    for work, still in works:
        if work.ready:
            ready[still], errors[still] = work.ready, work.errors
    p95 *= np.exp(lean + noise(line, "latency", 0.035, 0.018))
    errors *= np.exp(noise(line, "errors", 0.12, 0.10))
    requests = np.rint(rate * 60.0)
    strain = np.clip(0.52 * rate / service.peak + 0.02 * queue, 0.02, 0.98)
    for work, still in works:
        for array in () if work.ready else (requests, errors, queue, strain, up, ready):
            array[still] = 0.0
    return Traffic(requests, np.clip(errors, 0.0, 1.0), p95, queue, np.rint(strain * 100) / 100, up, ready, wanted)


def _restarts(line: Timeline) -> FloatArray:
    """One replica away for two to four minutes, about every five days; none in the last twelve hours."""
    count = len(line.slot)
    drawn = line.rng("restarts").random(count)[::-1]
    away = np.convolve(drawn < 1.0 / 7200.0, np.ones(3), mode="full")[:count] > 0
    away[max(0, line.anchor - 720) :] = False
    return away.astype(np.float64)


def _exported(writer: "_SeriesWriter", service: Service, count: int) -> None:
    given = {
        "endpoint_latency_seconds": service.latency != "none",
        "endpoint_errors": True,
        "endpoint_queue_length": service.queue,
    }
    for metric, is_given in given.items():
        writer.add("exported", np.full(count, float(is_given)), metric=metric)


def _versions(service: Service, line: Timeline, now: float) -> list[tuple[str, BoolArray]]:
    """Each version that takes all traffic for a while, and when; a version may come back."""
    starts = [since for _, since in service.versions]
    ends = [*starts[1:], 0.0]
    found: dict[str, BoolArray] = {}
    for (version, since), end in zip(service.versions, ends, strict=True):
        when = story.during(line.slot, now, since, end)
        found[version] = found[version] | when if version in found else when
    return [(version, when) for version, when in found.items() if when.any()]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one version served: `when` it was there, whole `requests` and `errors` per step, each of shape (n,)."""

    version: str
    when: BoolArray
    requests: FloatArray
    errors: FloatArray


def _parts(service: Service, traffic: Traffic, line: Timeline, now: float) -> Iterator[Part]:
    """The traffic by version, a canary beside the version that it takes its share from."""
    canary = next((c for c in story.CANARIES if _same(c, service)), None)
    for version, when in _versions(service, line, now):
        requests = np.where(when, traffic.requests, 0.0)
        errors = whole_share(requests, traffic.errors)
        if canary is not None and when[-1]:
            runs = when & story.during(line.slot, now, canary.start, 0.0)
            taken = whole_share(np.where(runs, requests, 0.0), np.full_like(requests, canary.share))
            failed = np.minimum(whole_share(np.where(runs, errors, 0.0), np.full_like(errors, canary.blame)), taken)
            yield Part(canary.version, runs, taken, failed)
            requests, errors = requests - taken, np.minimum(errors - failed, requests - taken)
        yield Part(version, when, requests, errors)


def _write_part(writer: "_SeriesWriter", service: Service, part: Part, traffic: Traffic) -> None:
    version = part.version
    writer.add("endpoint_requests", part.requests, part.when, version=version)
    writer.add("endpoint_errors", part.errors, part.when, version=version)
    if service.latency == "none":
        return
    low, middle, high = quantiles(traffic.p95)
    for le in bounds(service):
        # What a dead server refused at once was not served within any time.
        counted = within(part.requests, low, middle, high, le) * traffic.up
        writer.add("endpoint_requests_within", counted, part.when, version=version, le=f"{le:g}")
    exact = service.latency == "exact"
    served = part.when & (part.requests > 0) & (traffic.up > 0)
    for name, value in zip(QUANTILES, (low, middle, high), strict=True):
        floor = 0.0 if exact else FIRST_BUCKET
        flag = np.where(value < floor, -1.0, 0.0)
        writer.add("endpoint_latency_seconds", np.maximum(value, floor), served, version=version, quantile=name)
        writer.add("endpoint_latency_bound", flag, served, version=version, quantile=name)


def bounds(service: Service) -> tuple[float, ...]:
    """The buckets that requests are counted within, in seconds: around the promise, never below the first bucket."""
    found = {service.objective / 2.0, service.objective, service.objective * 2.0}
    if service.latency == "floor":
        found = {max(bound, FIRST_BUCKET) for bound in found}
    return tuple(sorted(found))


def quantiles(p95: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The p50, p95 and p99 in seconds that belong to a p95, to three digits and strictly rising."""
    return three_digits(p95 * _P50_SHARE), three_digits(p95), three_digits(p95 * _P99_SHARE)


def within(requests: FloatArray, low: FloatArray, middle: FloatArray, high: FloatArray, le: float) -> FloatArray:
    """How many requests took at most `le` seconds, as whole numbers, in step with the three quantiles."""
    return np.floor(requests * share_within(low, middle, high, le) + 0.5)


def share_within(low: FloatArray, middle: FloatArray, high: FloatArray, le: float) -> FloatArray:
    """Share of the requests that took at most `le` seconds, given p50, p95 and p99 in seconds.

    The distribution is linear in the logarithm of the time between the quantiles, from a sixth of the p50 to
    three times the p99.
    """
    at = np.log(le)
    points = (np.log(low / 6.0), np.log(low), np.log(middle), np.log(high), np.log(high * 3.0))
    shares = (0.0, 0.5, 0.95, 0.99, 1.0)
    share = np.where(at >= points[-1], 1.0, 0.0)
    for left, right, below, above in zip(points, points[1:], shares, shares[1:], strict=False):
        inside = (at >= left) & (at < right)
        share = np.where(inside, below + (above - below) * (at - left) / (right - left), share)
    return share


class _SeriesWriter:
    """Collects the series of one scrape group; samples of failed scrapes are left out."""

    def __init__(self, group: str, enclave: str, service: Service, time: FloatArray, kept: BoolArray) -> None:
        self.group = group
        self.labels = {"enclave": enclave, "endpoint": service.endpoint.id, "model": service.endpoint.model}
        self.time = time
        self.kept = kept
        self.cuts: list[tuple[BoolArray, BoolArray, FloatArray]] = []
        self.series: list[Series] = []

    def add(self, metric: str, value: FloatArray, when: BoolArray | None = None, /, **labels: str) -> None:
        """Add one series: `value` (n,) where scrapes succeeded and `when` (n,) holds."""
        chosen, time = self._cut(self.kept if when is None or when.all() else when)
        if time.size:
            key = SeriesKey.of(metric, self.labels | labels)
            self.series.append(Series(key, time, value[chosen], self.group))

    def _cut(self, when: BoolArray) -> tuple[BoolArray, FloatArray]:
        """The scrapes that are kept of `when`, and their times: the same array whenever `when` is the same."""
        for known, chosen, time in self.cuts:
            if known is when:
                return chosen, time
        chosen = self.kept & when
        self.cuts.append((when, chosen, self.time[chosen]))
        return chosen, self.cuts[-1][2]
