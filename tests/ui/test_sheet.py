import csv
import io
import math

import pytest

from app.model.marking import Level
from app.ui.sheet import Moment, Sheet, csv_lines, plain, shown, tsv_text

NAN = math.nan


def read(sheet, **other):
    """What a reader of CSV makes of it, without the lines of the marking."""
    lines = "".join(csv_lines(sheet, "SECRET", **other)).split("\n")
    assert lines[0] == lines[-2] == "# SECRET"
    assert lines[-1] == ""
    return list(csv.reader(io.StringIO("\n".join(lines[1:-2]) + "\n")))


def test_that_the_marking_is_the_first_line_and_the_last():
    text = "".join(csv_lines(Sheet("Nodes", Level.S, ("Name",), [("a",)]), "SECRET", "Demonstration data"))
    assert text == '# SECRET\n# Demonstration data\n"Name"\n"a"\n# SECRET\n'


def test_that_an_empty_sheet_is_marked_all_the_same():
    assert "".join(csv_lines(Sheet("None", Level.U, ("Name",), []), "UNCLASSIFIED")) == (
        '# UNCLASSIFIED\n"Name"\n# UNCLASSIFIED\n'
    )


def test_that_numbers_keep_every_digit_and_their_sign():
    values = (0.1, -5.0, 1e300, 123456789.125, -0.000001, 3.0)
    row = read(Sheet("n", Level.S, tuple("abcdef"), [values]))[1]
    assert row == ["0.1", "-5", "1e+300", "123456789.125", "-1e-06", "3"]
    assert tuple(float(cell) for cell in row) == values


def test_that_what_is_not_known_is_empty_and_never_zero():
    assert read(Sheet("n", Level.S, ("a", "b"), [(NAN, Moment(NAN))]))[1] == ["", ""]


def test_that_a_time_is_iso_8601_in_utc():
    # 2024-02-29T23:59:59Z: 54 years and 14 leap days to 1 Jan 2024 are 19723 days; 59 more to 29 Feb
    leap = (19723 + 59) * 86400.0 + 86399.0
    assert plain(Moment(leap)) == "2024-02-29T23:59:59Z"
    assert plain(Moment(leap + 0.25)) == "2024-02-29T23:59:59.250Z"


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "－2+3", "+", "-"]
)
def test_that_a_spreadsheet_takes_no_text_for_a_formula(text):
    assert plain(text).startswith("'")
    assert read(Sheet("n", Level.S, ("a",), [(text,)]))[1][0].startswith("'")
    assert tsv_text(("a",), [(text,)], "SECRET").splitlines()[2].startswith("'")
    assert read(Sheet("n", Level.S, (text,), []))[0][0].startswith("'")


@pytest.mark.parametrize("text", ["-5", "+4.5", "-1.5e-3", "gpu-7", "a=b", "−3 K"])
def test_that_a_text_that_is_a_number_or_harmless_stays_as_it_is(text):
    assert plain(text) == text


def test_that_quotes_separators_and_line_breaks_stay_inside_their_cell():
    cells = ('say "no"', "a,b;c", "two\nlines\tand a tab", "no\u00a0break")
    assert read(Sheet("n", Level.S, tuple("abcd"), [cells]))[1] == [
        'say "no"', "a,b;c", "two lines and a tab", "no break",
    ]  # fmt: skip
    text = "".join(csv_lines(Sheet("n", Level.S, ("a",), [("a;=1",)]), "SECRET"))
    assert '"a;=1"' in text, "quoted, so that a semicolon does not part it either"
    assert tsv_text(tuple("abcd"), [cells], "SECRET").splitlines()[2].count("\t") == 3


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (0.0, "0"),
        (1234.5678, "1\u00a0234.57"),
        (-0.5, "−0.5"),
        (0.000123456, "0.000123456"),
        (2e15, "2.00000e+15"),
        (100000.0, "100\u00a0000"),
        (NAN, "no data"),
        (math.inf, "∞"),
        (Moment(0.0), "1970-01-01 00:00:00\u00a0Z"),
        ("as it is", "as it is"),
    ],
)
def test_that_a_cell_is_read_with_six_digits(cell, said):
    assert shown(cell) == said
