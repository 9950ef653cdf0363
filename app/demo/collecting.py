"""What the collector of an enclave says of itself: whether it could read its sources, and how long that took."""

import numpy as np

from app.demo import story
from app.demo.fleet import Site
from app.demo.weather import noise, three_digits, timeline
from app.model.sample import Series
from app.model.series_key import SeriesKey

SOURCES = (("prometheus", 0.42), ("kubernetes", 0.18))
"""Name of each source and the seconds that it usually takes to read."""


def scrape(site: Site, seed: int, now: float, days: float) -> list[Series]:
    """Health of the collection from `days` before `now` up to `now`.

    A collector that is blind says so: it reports 0, where its endpoints have a gap.
    """
    group = "collection"
    line = timeline(f"{site.enclave.id}/{group}", seed, now, days, now - site.behind)
    time = line.time[line.kept]
    up = np.ones(len(line.slot))
    for silence in story.SILENCES:
        if silence.enclave == site.enclave.id and not silence.node:
            up[story.during(line.slot, now, silence.start, silence.end)] = 0.0
    found = []
    for source, usual in SOURCES:
        labels = {"enclave": site.enclave.id, "source": source}
        spent = np.where(up > 0, usual * np.exp(noise(line, source, 0.2, 0.15)), 10.0)
        for metric, value in (("collection_up", up), ("collection_duration_seconds", three_digits(spent))):
            found.append(Series(SeriesKey.of(metric, labels), time, value[line.kept], group))
    return found
