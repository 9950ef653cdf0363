"""Burn rates against the recording rules and alerts of the workbook, by ``promtool test rules`` on the same series.

The rules are those of The Site Reliability Workbook (Google), chapter 5: ``sum(rate(errors)) / sum(rate(requests))``,
and an alert where two windows of it exceed a factor times ``1 - target``. Here scrapes stand on the moments at which
the rules are evaluated, so both ends of a window are scrapes, ``rate()`` need not extrapolate, and both sides mean the
same.

Where a scrape at an end is missing, or two in a row, they do not. ``rate()`` takes what rose between the first and the
last scrape of its window, also while nobody looked, and stretches it to the whole window, each replica for itself; ours
takes the steps that scrapes prove. What ``rate()`` says then is worked out by its documented rule, so that promtool
confirms the rule, and how far it can be from ours has a bound.
"""

import re
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest

from app.analysis.burn_rate import Track, read_pairs
from app.analysis.grid import Grid
from app.analysis.intervals import spans
from app.analysis.mapping import Raw, Steps, count
from app.analysis.recipe import Count, Family
from app.analysis.tally import TOTAL, Counts
from app.paths import resources
from app.toml import read_toml
from tests.fakes.ninety_days import DAY, MINUTE, History
from tests.fakes.prometheus import AVAILABLE

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not AVAILABLE, reason="prometheus and promtool are not installed"),
    pytest.mark.timeout(300),
]

FIRST, DAYS = 43 * 1440, 21
"""Minute of the ninety days at which promtool's clock begins, and for how long it runs."""
CELL, EVERY = 300, 900
"""Seconds of a cell that burn rates are followed in, and between two evaluations: most of promtool's time is theirs."""
PAIRS = read_pairs(read_toml(resources() / "policy" / "burn_rates.toml")[0]["pair"])
WINDOWS = {300: "5m", 1800: "30m", 3600: "1h", 7200: "2h", 21600: "6h", 86400: "1d", 259200: "3d"}
TARGET, PERIOD = 0.999, 30 * DAY
EXACT = 1e-9
NOW = EVERY * np.arange(1, DAYS * DAY // EVERY)
"""Seconds of promtool's clock at which rules are evaluated and compared."""


@pytest.fixture(scope="module")
def replicas():
    return [Scraped.of(one) for one in History().replicas]


@dataclass(frozen=True, eq=False)
class Scraped:
    """One replica by promtool's clock: times of scrapes that it answered, and by counter what these showed.

    `known` has for every minute what the scrapes prove to have risen in it, NaN where they prove nothing.
    """

    name: str
    answered: np.ndarray
    shown: dict
    known: dict

    @classmethod
    def of(cls, one):
        part = slice(FIRST, FIRST + DAYS * 1440)
        return cls(
            one.name,
            one.answered[part],
            {"requests": one.total[part], "errors": one.failed[part]},
            {name: one.counted(name)[part] for name in ("requests", "errors")},
        )

    @property
    def time(self):
        return MINUTE * np.flatnonzero(self.answered)

    def _ends(self, window):
        """First and last scrape of each window, both of whose ends belong to it, and whether there are two."""
        low = np.searchsorted(self.time, NOW - window)
        high = np.searchsorted(self.time, NOW, side="right") - 1
        return np.minimum(low, self.time.size - 1), np.maximum(high, 0), high > low

    def _rises(self, counter):
        """What a counter shows to have risen at each scrape since the one before; a fall is a restart from 0."""
        value = self.shown[counter][self.answered].astype(np.float64)
        step = np.diff(value, prepend=value[0])
        return value, np.where(step < 0, value, step)

    def rate(self, counter, window):
        """``rate()`` as Prometheus documents and computes it; NaN where a window has less than two scrapes."""
        low, high, enough = self._ends(window)
        value, rises = self._rises(counter)
        rise = np.cumsum(rises)[high] - np.cumsum(rises)[low]
        seen = np.maximum(self.time[high] - self.time[low], 1)
        usual = seen / np.maximum(high - low, 1)
        # a counter is not thought to have been below 0
        zero = np.where(rise > 0, seen * (value[low] / np.where(rise > 0, rise, 1.0)), np.inf)
        missing = np.minimum(self.time[low] - (NOW - window), zero), NOW - self.time[high]
        reach = sum(np.where(one < 1.1 * usual, one, usual / 2) for one in missing)
        return np.where(enough, rise * ((seen + reach) / seen) / window, np.nan)

    def weights(self, window):
        """By how much theirs and ours weigh the requests of each window differently, and the sum that theirs give."""
        low, high, enough = self._ends(window)
        _, rises = self._rises("requests")
        near = np.diff(self.time, prepend=self.time[0]) <= 2 * MINUTE  # farther apart nothing is proved
        rise, common = (np.cumsum(one)[high] - np.cumsum(one)[low] for one in (rises, np.where(near, rises, 0.0)))
        theirs = np.nan_to_num(self.rate("requests", window) * window)
        stretch = np.where(rise > 0, theirs / np.where(rise > 0, rise, 1.0), 0.0)
        common = np.where(enough, common, 0.0)
        ours = proved([self], "requests", window) - common
        return np.abs(stretch - 1) * common + stretch * (rise - common) * enough + ours, theirs

    def whole(self, window):
        """Whether each window begins and ends with a scrape, misses no two in a row, and so proves every step."""
        place = NOW // MINUTE
        ends = (window <= NOW) & self.answered[place] & self.answered[np.maximum(place - window // MINUTE, 0)]
        unknown = np.cumsum(np.isnan(self.known["requests"]))
        return ends & (unknown[place] == unknown[np.maximum(place - window // MINUTE, 0)])


def proved(replicas, counter, window):
    """Sum over the replicas of what is proved of each window, step by step."""
    total = np.zeros(NOW.size)
    for one in replicas:
        upto = np.concatenate([[0.0], np.cumsum(np.nan_to_num(one.known[counter]))])
        place = NOW // MINUTE + 1
        total += upto[place] - upto[np.maximum(place - window // MINUTE, 0)]
    return total


@pytest.fixture(scope="module")
def ours(replicas):
    """Burn rates as Watchfloor follows them, by window."""
    edges = MINUTE * np.arange(DAYS * 1440, dtype=np.float64)
    steps = Steps(edges, float(MINUTE), 5, 4)
    counted = {}
    for counter in ("requests", "errors"):
        rows = [
            Raw({"instance": one.name}, one.time.astype(float), one.shown[counter][one.answered]) for one in replicas
        ]
        family = Family(counter)
        counted[counter] = count([Count(f"endpoint_{counter}", family)], {family.key: rows}, steps)
    # a count stands at the end of its step: what lies in a window of `rate()` begins a step after it
    grid = Grid(float(MINUTE), float(CELL), int(NOW[-1]) // CELL)
    cells = grid.start + grid.step * np.arange(grid.count + 1)
    evidence = Counts.of(edges[1:], counted["requests"] - counted["errors"], counted["requests"], 1.5 * MINUTE)
    tally = evidence.tally(spans([(0.0, edges[-1] + MINUTE)]), cells)
    return Track(grid, tally.bad, tally.amounts[TOTAL], np.full(grid.count, np.nan))


@pytest.fixture(scope="module")
def theirs(replicas):
    """What the workbook's rules are to say by window: shares, NaN of nothing, and whether they say anything."""
    found = {}
    for window in WINDOWS:
        rates = {name: np.vstack([one.rate(name, window) for one in replicas]) for name in ("requests", "errors")}
        there = ~np.isnan(rates["requests"]).all(axis=0)
        with np.errstate(invalid="ignore"):
            share = np.nansum(rates["errors"], axis=0) / np.nansum(rates["requests"], axis=0)
        found[window] = np.where(there, share, np.nan), there
    return found


def followed(ours, window):
    """Our burn rates where the rules are evaluated: at the end of the cell that ends then."""
    return ours.rates(window, TARGET)[NOW // CELL - 1]


def whole(replicas, window):
    return np.all([one.whole(window) for one in replicas], axis=0)


# --- what promtool is given ---------------------------------------------------------------------------------------


def recorded(window):
    return f"job:slo_errors_per_request:ratio_rate{WINDOWS[window]}"


def range_of(window):
    """Since 3.0 a range leaves its first moment out; a millisecond more takes it in again."""
    told = subprocess.run(["promtool", "--version"], capture_output=True, text=True, check=True)
    major = int(re.search(r"version (\d+)", told.stdout + told.stderr)[1])
    return WINDOWS[window] + ("1ms" if major >= 3 else "")


def rules():
    lines = ["groups:", "  - name: workbook", "    interval: 15m", "    rules:"]
    for window in WINDOWS:
        inner = range_of(window)
        lines += [
            f"      - record: {recorded(window)}",
            f"        expr: sum(rate(chat_errors_total[{inner}])) / sum(rate(chat_requests_total[{inner}]))",
        ]
    for pair in PAIRS:
        limit = f"> ({pair.factor(PERIOD):g} * {1 - TARGET:g})"
        lines += [
            f"      - alert: {pair.name}",
            f"        expr: {recorded(round(pair.long))} {limit} and {recorded(round(pair.short))} {limit}",
            f"        labels: {{severity: {pair.severity}}}",
        ]
    return "\n".join([*lines, ""])


def inputs(replicas):
    lines = []
    for one in replicas:
        for counter, shown in one.shown.items():
            values = " ".join(np.where(one.answered, shown.astype(str), "_").tolist())
            lines.append(f'      - series: \'chat_{counter}_total{{job="chat",instance="{one.name}"}}\'')
            lines.append(f"        values: '{values}'")
    return lines


def sample(expression, moment, *values):
    told = ", ".join(f"{{labels: '{{}}', value: {value}}}" for value in values)
    return [f"      - expr: {expression}", f"        eval_time: {moment}s", f"        exp_samples: [{told}]"]


def compared(window, moment, share, there):
    """Lines that compare a recorded share with the one that is expected: promtool itself knows no tolerance."""
    name = recorded(window)
    if not there:
        return sample(name, moment)
    if np.isnan(share):
        return sample(f"{name} != bool {name}", moment, 1)
    close = f"abs({name} / {share!r} - 1) <= bool {EXACT!r}" if share else f"{name} == bool 0"
    return sample(close, moment, 1)


def moments(*masks):
    """Places in `NOW` to be told one by one: each second hour, and around each change of any mask."""
    chosen = np.zeros(NOW.size, bool)
    chosen[::8] = True
    for mask in masks:
        for change in np.flatnonzero(np.diff(mask.astype(np.int8))):
            chosen[max(0, change - 1) : change + 3] = True
    return np.flatnonzero(chosen).tolist()


def promtool(folder, text, given):
    (folder / "rules.yml").write_text(given, encoding="utf-8")
    (folder / "test.yml").write_text(text, encoding="utf-8")
    command = ["promtool", "test", "rules", str(folder / "test.yml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def fired(shares, pair):
    """Where an alert of a pair is to fire."""
    limit = pair.factor(PERIOD) * (1 - TARGET)
    long, short = (shares[round(width)][0] for width in (pair.long, pair.short))
    return (long > limit) & (short > limit)


def test_that_the_rules_of_the_workbook_say_what_we_say(tmp_path, replicas, ours, theirs):
    expected, clean, tests = {}, {}, []
    for window in WINDOWS:
        share, there = theirs[window]
        clean[window] = whole(replicas, window)
        # our own number wherever the window is whole, and only elsewhere the one worked out for `rate()`
        rate = followed(ours, window) * (1 - TARGET)
        expected[window] = np.where(clean[window], rate, share), there
        assert clean[window].mean() > 0.5, window
    speaks = {}
    for pair in PAIRS:
        both = clean[round(pair.long)] & clean[round(pair.short)]
        spoken, alert = ours.speaks(pair, TARGET, PERIOD)[NOW // CELL - 1], fired(theirs, pair)
        speaks[pair] = np.where(both, spoken, alert)
        assert (spoken & both).sum() > 3, pair
    silent = [mask for share, there in theirs.values() for mask in (~there, there & np.isnan(share))]
    assert all(mask.any() for mask in silent[:2])  # a silence and an idle stretch, both longer than five minutes
    places = moments(*clean.values(), *speaks.values(), *silent)
    alerts = []
    for place in places:
        moment = int(NOW[place])
        for window in WINDOWS:
            share, there = expected[window]
            tests += compared(window, moment, float(share[place]), bool(there[place]))
        for pair in PAIRS:
            told = f"{{exp_labels: {{severity: {pair.severity}}}}}" if speaks[pair][place] else ""
            alerts += [
                f"      - eval_time: {moment}s",
                f"        alertname: {pair.name}",
                f"        exp_alerts: [{told}]",
            ]
    for pair in PAIRS:
        # every evaluation, also those in between
        told = f'sum(count_over_time(ALERTS{{alertname="{pair.name}",alertstate="firing"}}[{DAYS}d]))'
        tests += sample(f"'{told}'", int(NOW[-1]), int(speaks[pair].sum()))
    head = ["rule_files: [rules.yml]", "evaluation_interval: 15m", "tests:", "  - interval: 1m", "    input_series:"]
    body = [*head, *inputs(replicas), "    promql_expr_test:", *tests, "    alert_rule_test:", *alerts, ""]
    answer = promtool(tmp_path, "\n".join(body), rules())
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[:3000]


def test_that_what_is_proved_makes_our_rates(replicas, ours):
    # also where windows hold a gap, by sums that know nothing of cells or of the collector
    for window in WINDOWS:
        bad, total = (proved(replicas, counter, window) for counter in ("errors", "requests"))
        with np.errstate(invalid="ignore"):
            expected = np.where(window <= NOW, bad / total, np.nan)
        np.testing.assert_allclose(followed(ours, window) * (1 - TARGET), expected, rtol=EXACT, atol=0)


def test_that_rate_differs_by_no_more_than_what_only_one_side_counts(replicas, ours, theirs):
    """Both are a mean over requests of whether they failed, with other weights: theirs 1 or what a replica is stretched
    by, ours 1 or 0. Two such means differ by at most the sum of the differences of weights over the larger sum of
    weights.
    """
    apart = 0
    for window, (share, _) in theirs.items():
        weights = [one.weights(window) for one in replicas]
        apart_by, total = (sum(one[part] for one in weights) for part in (0, 1))
        with np.errstate(invalid="ignore"):
            bound = apart_by / np.maximum(total, proved(replicas, "requests", window))
        difference = np.abs(followed(ours, window) * (1 - TARGET) - share)
        both = ~np.isnan(difference)
        clean = whole(replicas, window)
        assert np.nanmax(bound[clean]) < 1e-12
        assert (difference[both] <= bound[both] + EXACT).all()
        apart += int((difference[both] > 1e-6).sum())
    assert apart > 100
