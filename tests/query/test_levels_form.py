"""Figures in words that commands and pages share."""

import pytest

from app.query.levels_form import percent


@pytest.mark.parametrize(
    ("share", "decimals", "said"),
    [
        (0.99899999, 3, "99.899"),  # a target of 99.9 % is missed, and must not read as met
        (0.999, 3, "99.900"),
        (0.29, 0, "29"),  # 28.999999999999996 by the arithmetic of computers
        (-0.7812, 1, "-78.2"),
        (1.0, 2, "100.00"),
    ],
)
def test_that_a_share_is_cut_and_not_rounded(share, decimals, said):
    assert percent(share, decimals) == said
