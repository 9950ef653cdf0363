import math
import tomllib

import pytest

from app.analysis.health_policy import METRICS
from app.errors import SettingsError
from app.paths import Paths, resources
from app.query.policy import parse_policy, read_policy
from app.toml import parse_toml

SHIPPED = (resources() / "policy" / "health.toml").read_text(encoding="utf-8")


def policy(site=""):
    return parse_policy([parse_toml("health.toml", SHIPPED), parse_toml("site.toml", site)])


def refusal(site):
    with pytest.raises(SettingsError) as caught:
        policy(site)
    return str(caught.value)


def test_that_the_shipped_rules_say_what_the_file_says():
    written = tomllib.loads(SHIPPED)
    rules = {rule.metric: rule for rule in policy().rules}
    assert set(rules) == set(METRICS) == set(written["metric"])
    for metric, table in written["metric"].items():
        for key, value in table.items():
            assert getattr(rules[metric], key) == value, (metric, key)
    assert policy().gpu.xid_critical >= {74, 79, 95}
    for key, value in written["gpu"].items():
        assert getattr(policy().gpu, key) == (frozenset(value) if isinstance(value, list) else value), key
    assert policy().evaluation.window_minutes == written["evaluation"]["window_minutes"]


def test_that_a_limit_that_is_left_out_is_none():
    assert math.isnan(policy().rule("endpoint_up").warning)


def test_that_a_site_overrides_single_keys():
    changed = policy("[metric.endpoint_error_ratio]\nwarning = 0.002\n").rule("endpoint_error_ratio")
    assert (changed.warning, changed.critical) == (0.002, policy().rule("endpoint_error_ratio").critical)


def test_that_endpoint_blocks_hold_for_what_they_match_and_the_last_one_wins():
    found = policy("""
[[endpoint]]
match = "doc-*"
[endpoint.metric.endpoint_latency_seconds]
warning = 6.0
[[endpoint]]
match = "doc-summarise"
enclave = "enc-s*"
[endpoint.metric.endpoint_latency_seconds]
warning = 7.0
""")

    def warning(endpoint, enclave):
        return found.rule("endpoint_latency_seconds", endpoint, enclave).warning

    assert warning("doc-summarise", "enc-u1") == 6.0
    assert warning("doc-summarise", "enc-s1") == 7.0
    assert warning("rag-gateway", "enc-s1") == policy().rule("endpoint_latency_seconds").warning


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("[metric.endpoint_up]\ncritcal = 1\n", "site.toml, line 2: metric.endpoint_up.critcal: unknown key."),
        ("[metric.endpoint_up]\ncritcal = 1\n", "Did you mean 'critical'?"),
        ("[metric.endpoint_upp]\n", "Did you mean 'endpoint_up'?"),
        ("[evalution]\n", "Did you mean 'evaluation'?"),
        ("[evaluation]\nminimum_share = 0\n", "no data would count as healthy"),
        ("[evaluation]\nminimum_share = 2\n", "at most 1"),
        ("[evaluation]\nwindow_minutes = -1\n", "no number of 0 or more"),
        ("[evaluation]\nwindow_minutes = true\n", "no number"),
        ("[gpu]\nxid_critical = [79.0]\n", "a list of whole numbers"),
        ("[gpu]\nmemory_limit_ratio = 0\n", "not above 0 and at most 1"),
        ("[gpu]\nmemory_limit_ratio = 1.1\n", "memory would never run out"),
        ("[gpu]\nidle_hour = 2\n", "Did you mean 'idle_hours'?"),
        ("metric = 3\n", "a table is needed"),
        ("[metric.endpoint_up]\nworse = 'lower'\n", 'Write "above" or "below".'),
        ("[metric.endpoint_up]\ncritical = nan\n", "no number"),
        ("[metric.endpoint_error_ratio]\nwarning = 0.5\n", "worse than the critical limit"),
        ("[metric.endpoint_replicas_ratio]\nwarning = 0.4\n", "worse than the critical limit"),
        ("[metric.endpoint_up]\nenter_after = 9\n", "never be entered or left"),
        ("[metric.endpoint_latency_seconds]\nleave_after = 4\n", "leave_after must be at least 5"),
        ("[endpoint]\nmatch = 'x'\n", "write [[endpoint]]"),
        ("[[endpoint]]\nenclave = 'x'\n", "match is needed"),
        ("[[endpoint]]\nmatch = 'x'\n[endpoint.metric.endpoint_error_ratio]\nwarning = 1\n", "worse than the critical"),
        ("[[endpoint]]\nmatch = 'x'\n[endpoint.metric.endpoint_error_ratio]\nwarnin = 1\n", "Did you mean 'warning'?"),
    ],
)  # fmt: skip
def test_that_a_slip_of_the_pen_never_loosens_a_limit_in_silence(site, said):
    assert said in refusal(site)


def test_that_a_rule_must_say_which_side_is_bad():
    with pytest.raises(SettingsError, match="on which side"):
        parse_policy([parse_toml("bare.toml", "")])


def test_that_the_station_reads_its_own_file_over_the_shipped_one(base_dir):
    paths = Paths.under(base_dir)
    assert read_policy(paths) == policy()
    paths.policy.mkdir(parents=True)
    (paths.policy / "health.toml").write_text("[gpu]\nevent_hours = 2\n", encoding="utf-8")
    assert read_policy(paths).gpu.event_hours == 2.0
