import collections
import itertools

import pytest

from app.clock import from_iso
from app.demo.carriage import journeys
from app.demo.fleet import sites

NOW = from_iso("2026-11-12T14:32:00Z")


def by_enclave(days):
    found = collections.defaultdict(list)
    for journey in journeys(sites(), NOW, days):
        found[journey.site.enclave.id].append(journey)
    return {enclave: sorted(trips, key=lambda j: j.window.end) for enclave, trips in found.items()}


def test_that_ages_are_those_of_the_picture():
    newest = {e: max(j.window.end for j in trips if j.fate == "arrived") for e, trips in by_enclave(30).items()}
    assert {e: NOW - end for e, end in newest.items()} == {
        "enc-u1": 360,
        "enc-s1": 41 * 60,
        "enc-t1": 3 * 3600 + 12 * 60,
    }


@pytest.mark.parametrize("days", [0.5, 2, 30])
def test_that_windows_follow_each_other_without_a_hole(days):
    for trips in by_enclave(days).values():
        assert trips[0].kind == "full"
        assert trips[0].window.start == NOW - days * 86400
        assert all(a.window.end == b.window.start for a, b in itertools.pairwise(trips))
        assert all(j.kind == "delta" for j in trips[1:])


def test_that_a_day_of_bundles_comes_at_the_cadence():
    fates = {e: collections.Counter(j.fate for j in trips if j.kind == "delta") for e, trips in by_enclave(30).items()}
    assert fates["enc-u1"] == {"arrived": 96}
    assert fates["enc-s1"] == {"arrived": 24}
    assert fates["enc-t1"] == {"arrived": 10, "lost": 1, "forged": 1}


def test_that_the_lost_one_is_four_before_the_forged_one():
    trips = by_enclave(30)["enc-t1"]
    assert [j.fate for j in trips[-5:]] == ["lost", "arrived", "arrived", "arrived", "forged"]
    assert NOW - trips[-1].window.end == 72 * 60


def test_that_nothing_arrives_before_it_was_cut_or_after_now():
    every = journeys(sites(), NOW, 30)
    assert all(j.window.end < j.received < NOW for j in every)
    assert [j.received for j in every] == sorted(j.received for j in every)
