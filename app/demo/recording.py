"""The samples of an enclave, one scrape group at a time, and stretches of them."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.demo import collecting, crowd, gpus, serving
from app.demo.fleet import Site
from app.model.sample import FloatArray, Series
from app.model.time_range import TimeRange


def scrapes(site: Site, seed: int, now: float, days: float) -> Iterator[list[Series]]:
    """Everything that an enclave's collector read in `days` before `now`, one scrape group after the other."""
    yield collecting.scrape(site, seed, now, days)
    for service in site.services:
        if service.copy == 1:
            yield serving.scrape(site, service, seed, now, days)
    for machine in site.machines:
        if machine.copy == 1:
            yield gpus.scrape(site, machine, seed, now, days)
    services = [service for service in site.services if service.copy > 1]
    machines = [machine for machine in site.machines if machine.copy > 1]
    if services or machines:
        shared = crowd.Crowd.of(site, seed, now, days)
        yield from (crowd.serve(shared, service) for service in services)
        yield from (crowd.compute(shared, machine) for machine in machines)


def stretch(series: Sequence[Series], window: TimeRange) -> list[Series]:
    """The samples with start <= time < end; series without any are left out. The arrays are views.

    Series that shared their times before share them afterwards, so whoever looks need look but once.
    """
    cuts: dict[int, tuple[int, int, FloatArray]] = {}
    found = []
    for one in series:
        if id(one.time) not in cuts:
            start, end = np.searchsorted(one.time, [window.start, window.end]).tolist()
            cuts[id(one.time)] = start, end, one.time[start:end]
        start, end, time = cuts[id(one.time)]
        if end > start:
            found.append(Series(one.key, time, one.value[start:end], one.group))
    return found
