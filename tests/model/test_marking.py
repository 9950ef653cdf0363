"""Levels are ordered, never guessed at, and only ever rise when combined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.marking import Level, high_water

CODES = ["U", "CUI", "C", "S", "TS", "TS-SCI"]


def test_that_levels_rise_in_the_order_of_the_decisions_paper():
    assert [level.code for level in sorted(Level)] == CODES


def test_that_every_code_reads_back():
    assert [Level.parse(code) for code in CODES] == sorted(Level)


@pytest.mark.parametrize("text", ["", "s", "SECRET", "TS//SCI", "TS_SCI", "U ", "X"])
def test_that_an_unknown_level_is_refused_and_not_guessed(text):
    with pytest.raises(ValueError, match="no classification level"):
        Level.parse(text)


def test_that_banner_words_are_those_of_the_marking_guide():
    assert Level.TS_SCI.banner == "TOP SECRET//SCI"
    assert Level.TS_SCI.portion == "TS//SCI"
    assert Level.U.banner == "UNCLASSIFIED"


@given(st.lists(st.sampled_from(list(Level))), st.sampled_from(list(Level)))
def test_that_combining_never_lowers_and_respects_the_floor(levels, floor):
    top = high_water(levels, floor)
    assert all(top >= level for level in [*levels, floor])
    assert top in {*levels, floor}
