"""The table of promises has room for what it shows, and says what its cells say."""

import pytest

from app.ui.service_levels.adherence import columns

LONGS = (3600.0, 21600.0, 86400.0, 259200.0)


def shown(room, over):
    return [one for one in columns(LONGS, over=over) if room >= one.drop_below]


@pytest.mark.parametrize("over", [False, True])
def test_that_no_column_is_cut_off_in_whatever_room_the_page_leaves(over):
    # a window of 900 pixels leaves about 770, one of 1920 about 1180
    short = {room: sum(one.least for one in shown(room, over)) - room for room in range(600, 1800)}
    assert {room: by for room, by in short.items() if by > 0} == {}


def test_that_what_it_is_about_and_when_it_runs_out_stay_longest():
    assert [one.title for one in shown(700, over=False)] == [
        "Promise", "", "So far", "Budget left", "Burn\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}h", "Runs out",
    ]  # fmt: skip
    assert len(shown(1700, over=False)) == 12
    assert shown(700, over=True)[-1].title == "Verdict"
