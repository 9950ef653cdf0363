import pytest

from app.errors import Refused
from app.model.marking import Level
from app.query.second_check import check_levels


def test_that_a_row_above_the_level_asked_for_stops_the_answer_and_is_not_named():
    with pytest.raises(Refused) as caught:
        check_levels([Level.U, Level.TS, Level.S], Level.CUI)
    assert caught.value.exit_code == 4
    assert caught.value.message == "2 rows of this answer are marked above CUI; nothing was written."


def test_that_rows_at_or_below_it_pass_and_without_a_level_all_do():
    check_levels([Level.U, Level.S], Level.S)
    check_levels([Level.TS_SCI], None)
    check_levels([], Level.U)
