import itertools

import numpy as np
import pytest

from app.clock import from_iso
from app.demo import serving
from app.demo.fleet import sites

NOW = from_iso("2026-11-12T14:32:00Z")
SITES = {site.enclave.id: site for site in sites()}


def scraped(enclave, endpoint, days=1.5, seed=1):
    site = SITES[enclave]
    service = next(s for s in site.services if s.endpoint.id == endpoint)
    return {str(one.key): one for one in serving.scrape(site, service, seed, NOW, days)}


def summed(series, metric, start, end):
    """Sum of one metric over all its series in a window, as a person would add up a table."""
    total = 0.0
    for one in series.values():
        if one.key.metric == metric:
            total += sum(v for t, v in zip(one.time, one.value, strict=True) if start <= t < end)
    return total


def error_ratio(series, start, end):
    return summed(series, "endpoint_errors", start, end) / summed(series, "endpoint_requests", start, end)


def newest(series, name, until, **labels):
    found = [s for s in series.values() if s.key.metric == name and labels.items() <= dict(s.key.labels).items()]
    known = [(s.time[s.time < until][-1], s.value[s.time < until][-1]) for s in found if (s.time < until).any()]
    return max(known)[1]


def test_that_the_same_seed_gives_the_same_samples_and_another_does_not():
    first, again = scraped("enc-u1", "image-detect"), scraped("enc-u1", "image-detect")
    other = scraped("enc-u1", "image-detect", seed=2)
    assert first.keys() == again.keys() == other.keys()
    assert all(np.array_equal(first[k].value, again[k].value) for k in first)
    assert all(np.array_equal(first[k].time, again[k].time) for k in first)
    requests = next(k for k in first if k.startswith("endpoint_requests{"))
    assert not np.array_equal(first[requests].value, other[requests].value)


def test_that_the_last_day_does_not_depend_on_how_long_the_history_is():
    short, long = scraped("enc-s1", "ocr-forms", days=1), scraped("enc-s1", "ocr-forms", days=4)
    assert short.keys() == long.keys()
    for key, one in short.items():
        tail = long[key].time >= one.time[0]
        assert np.array_equal(long[key].time[tail], one.time)
        assert np.array_equal(long[key].value[tail], one.value)


@pytest.mark.parametrize(("enclave", "endpoint"), [("enc-s1", "rag-gateway"), ("enc-t1", "speech-to-text")])
def test_that_counts_are_whole_and_fit_together(enclave, endpoint):
    series = scraped(enclave, endpoint)
    for version in {s.key.label("version") for s in series.values()} - {""}:
        mine = {k: s for k, s in series.items() if s.key.label("version") == version}
        requests = next(s for s in mine.values() if s.key.metric == "endpoint_requests")
        errors = next(s for s in mine.values() if s.key.metric == "endpoint_errors")
        within = [s for s in mine.values() if s.key.metric == "endpoint_requests_within"]
        within.sort(key=lambda s: float(s.key.label("le")))
        counts = [*(s.value for s in within), requests.value]
        assert all(np.array_equal(c, np.rint(c)) and (c >= 0).all() for c in [*counts, errors.value])
        assert all((a <= b).all() for a, b in itertools.pairwise(counts))
        assert (errors.value <= requests.value).all()


def test_that_quantiles_rise_and_hold_three_digits():
    series = scraped("enc-s1", "rag-gateway")
    for version in ("2.4.1", "2.5.0"):
        mine = [s for s in series.values() if s.key.metric == "endpoint_latency_seconds"]
        mine = {s.key.label("quantile"): s.value for s in mine if s.key.label("version") == version}
        values = [mine[quantile] for quantile in ("0.5", "0.95", "0.99")]
        assert (values[0] < values[1]).all()
        assert (values[1] < values[2]).all()
        assert all(float(f"{v:.3g}") == v for v in values[1])


def test_that_the_counts_within_a_bound_agree_with_the_quantiles():
    requests = np.full(3, 10_000.0)
    low, middle, high = (np.full(3, v) for v in (0.2, 1.0, 2.0))
    counted = [serving.within(requests, low, middle, high, le)[0] for le in (0.01, 0.2, 1.0, 2.0, 7.0)]
    assert counted == [0, 5000, 9500, 9900, 10_000]
    between = serving.within(requests, low, middle, high, 0.2 * 5**0.5)[0]  # half way up in the logarithm
    assert between == 7250


def test_that_rag_gateway_in_secret_fails_as_the_story_says():
    series, until = scraped("enc-s1", "rag-gateway"), NOW - 41 * 60
    assert error_ratio(series, until - 300, until) == pytest.approx(0.0461, abs=0.002)
    assert newest(series, "endpoint_latency_seconds", until, version="2.5.0", quantile="0.95") == pytest.approx(2.31)
    before = NOW - 3.2 * 3600
    assert error_ratio(series, before - 3600, before) < 0.002
    assert newest(series, "endpoint_replicas_ready", until) == 9
    assert newest(series, "endpoint_replicas_wanted", until) == 12


def test_that_the_canary_carries_a_tenth_of_the_traffic_and_most_errors():
    series, until = scraped("enc-s1", "rag-gateway"), NOW - 41 * 60
    canary = {k: s for k, s in series.items() if s.key.label("version") == "2.5.0"}
    share = {
        metric: summed(canary, metric, until - 3600, until) / summed(series, metric, until - 3600, until)
        for metric in ("endpoint_requests", "endpoint_errors")
    }
    assert share["endpoint_requests"] == pytest.approx(0.1, abs=0.001)
    assert share["endpoint_errors"] > 0.8
    assert error_ratio(canary, until - 300, until) == pytest.approx(0.382, abs=0.02)  # endpoint-detail.png


def test_that_speech_to_text_in_top_secret_is_slow_since_shortly_before_the_last_bundle():
    series, until = scraped("enc-t1", "speech-to-text"), NOW - (3 * 3600 + 12 * 60)
    assert newest(series, "endpoint_latency_seconds", until, quantile="0.95") == pytest.approx(3.92)
    assert error_ratio(series, until - 300, until) == pytest.approx(0.074, abs=0.004)
    assert newest(series, "endpoint_latency_seconds", until - 3600, quantile="0.95") < 1.2


def test_that_maintenance_serves_nothing_and_says_so():
    series, until = scraped("enc-s1", "chat-assist-70b"), NOW - 41 * 60
    assert newest(series, "endpoint_up", until) == 0
    assert summed(series, "endpoint_requests", NOW - 90 * 60, until) == 0
    latency = [s for s in series.values() if s.key.metric == "endpoint_latency_seconds"]
    assert max(s.time[-1] for s in latency) < NOW - 91 * 60  # no request, no quantile


def test_that_a_bounded_quantile_says_at_most_and_a_missing_one_says_not_exported():
    bounded = scraped("enc-u1", "code-assist")
    assert newest(bounded, "endpoint_latency_seconds", NOW, quantile="0.95") == 0.3
    assert newest(bounded, "endpoint_latency_bound", NOW, quantile="0.95") == -1
    assert newest(bounded, "endpoint_latency_bound", NOW, quantile="0.99") == 0
    assert min(float(s.key.label("le")) for s in bounded.values() if s.key.label("le")) == 0.3
    missing = scraped("enc-t1", "ocr-forms")
    assert not [k for k in missing if k.startswith("endpoint_latency")]
    assert newest(missing, "exported", NOW, metric="endpoint_latency_seconds") == 0
    assert newest(missing, "exported", NOW, metric="endpoint_errors") == 1


def test_that_the_outage_nine_days_ago_left_a_hole():
    series = scraped("enc-u1", "rag-gateway", days=9.5)
    up = next(s for s in series.values() if s.key.metric == "endpoint_up")
    start = NOW - (9 * 86400 + 97 * 60)
    inside = up.time[(up.time >= start + 360) & (up.time < start + 44 * 60)]
    assert inside.size == 0
    assert up.value[(up.time >= start) & (up.time < start + 300)].max() == 0


def test_that_work_beside_running_replicas_leaves_traffic_and_costs_some_answers():
    series = scraped("enc-s1", "rag-gateway")
    begin, end = NOW - 12.5 * 3600 + 60, NOW - 11.5 * 3600 - 60
    ready = next(s for s in series.values() if s.key.metric == "endpoint_replicas_ready")
    inside = (ready.time >= begin) & (ready.time < end)
    assert set(ready.value[inside]) == {6}
    assert error_ratio(series, begin, end) == pytest.approx(0.02, rel=0.2)
    assert error_ratio(series, begin - 3600, begin - 120) < 0.001
    before = summed(series, "endpoint_requests", begin - 3600, begin)
    assert summed(series, "endpoint_requests", begin, begin + 3480) > 0.7 * before


def test_that_every_deployment_of_the_picture_is_there():
    assert [len(site.services) for site in sites()] == [11, 12, 11]
    assert [len(site.services) for site in sites(3)] == [33, 36, 33]
    assert not {"code-assist"} & {s.endpoint.id for s in SITES["enc-t1"].services}
    assert not {"geo-segment"} & {s.endpoint.id for s in SITES["enc-u1"].services}
