import math
from dataclasses import replace

import numpy as np
import pytest

from app.analysis.trend import DAY, forecast
from app.model.health import Freshness, Health
from app.query.gpu_floor import Measure, Reading, Told
from app.ui.gpu.gpu_words import detail_lines, gpu_tip, gpu_words
from app.ui.gpu.measures import Reach, memory_words, number, power_words, reach_of, reading_words, said, within_sentence
from app.ui.gpu.outlook import outlook_sentence, outlook_tip, outlook_words
from app.ui.gpu.sentences import below, gpu_figures, gpu_sentence, wall_title
from app.ui.gpu.sheets import every_gpu
from tests.fakes import answers, gpus

GIB = 2.0**30
NOW = answers.NOW


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def spoken(spans):
    return plain("".join(span.words for span in spans))


@pytest.mark.parametrize(
    ("measure", "value", "cell", "words"),
    [
        (Measure.BUSY, 0.834, "83", "83 %"),
        (Measure.BUSY, 0.0, "0", "0 %"),
        (Measure.ACTIVE, 0.002, "<1", "<1 %"),
        (Measure.POWER, 412.0, "412", "412 W"),
        (Measure.HEAT, 87.0, "87", "87 °C"),
    ],
)
def test_that_values_are_written_with_their_unit_and_nothing_reads_as_zero(measure, value, cell, words):
    assert number(measure, value) == cell
    assert plain(said(measure, value)) == words


def test_that_a_reading_that_is_not_there_says_why():
    assert reading_words(Measure.BUSY, Reading(math.nan, math.nan, Told.NOT_EXPORTED)) == "not exported"
    assert plain(reading_words(Measure.HEAT, Reading(61.0, NOW, Told.SILENT))) == "no data, last 61 °C"


def test_that_scales_begin_at_nothing_and_end_at_what_there_is():
    assert reach_of(Measure.BUSY, [], 90.0) == Reach(0.0, 1.0)
    assert reach_of(Measure.HEAT, [], 90.0) == Reach(30.0, 90.0)
    assert reach_of(Measure.POWER, [gpus.gpu("0", watts=312.0)], 90.0) == Reach(0.0, 400.0)
    assert Reach(30.0, 90.0).share(60.0) == 0.5


def test_that_memory_and_power_are_in_round_units():
    assert plain(memory_words(61.25 * GIB, 80 * GIB)) == "61.2 of 80 GiB"
    assert plain(memory_words(1737 * GIB)) == "1 737 GiB"
    assert (plain(power_words(544.0)), plain(power_words(16_713.0))) == ("544 W", "16.7 kW")


def test_that_a_cell_says_which_gpu_its_value_and_what_is_wrong():
    floor = gpus.floor()
    node = floor.nodes[3]
    assert plain(gpu_words(node.gpus[0], node, Measure.BUSY)) == "s-n01 GPU 0, Secret: busy 70 %"
    assert plain(gpu_words(node.gpus[1], node, Measure.BUSY)) == (
        "s-n01 GPU 1, Secret: busy no data, last 50 %. GPU 1 XID 79: fell off the bus"
    )
    cut = floor.nodes[2]
    assert gpu_words(cut.gpus[1], cut, Measure.BUSY) == "u-n03 GPU 1 part 3, Unclassified: busy not exported"


def test_that_a_tip_says_of_when_and_why_it_is_called_idle():
    floor = gpus.floor()
    node = floor.nodes[1]
    tip = plain(gpu_tip(node.gpus[0], node, floor))
    assert "Newest samples, of 14:26 Z, 6 min old" in tip
    assert "no kernel in any sample of 4 h" in tip
    assert "only evidence of a reservation" in tip


def test_that_the_detail_has_every_metric_with_its_age_and_the_xids():
    floor = gpus.floor()
    node = floor.nodes[3]
    lines = {what: (plain(value), plain(age)) for what, value, age in detail_lines(node.gpus[1], node, floor)}
    assert lines["Now"] == ("GPU 1 XID 79: fell off the bus", "1 h 30 m")
    assert lines["Power"] == ("no data, last 300 W", "1 h 30 m")
    assert lines["XID"] == ("XID 79 on GPU 1", "1 h 30 m")
    assert lines["XIDs counted"][0] == "0"
    first = {what: plain(value) for what, value, _ in detail_lines(node.gpus[0], node, floor)}
    assert first["Memory"] == "50 %, 40.0 of 80 GiB"
    assert first["XID"] == "none named in the last 30 d"
    bare = replace(node.gpus[0], readings={})
    assert dict(line[:2] for line in detail_lines(bare, node, floor))["Uncorrectable ECC"] == "not exported"


# --- the sentence -----------------------------------------------------------------------------------------


def test_that_the_sentence_names_what_failed_is_hot_and_is_silent_and_how_busy_the_rest_is():
    # 0.9, 0.8, 0, 0 in U, 0.7 in S, 0.4, 0.2 in TS
    assert spoken(gpu_sentence(gpus.floor())) == (
        "One GPU has failed, one node is too hot and one node does not report. The fleet is 43 % busy."
    )
    assert spoken(gpu_sentence(gpus.floor(hidden={answers.S.id}))).startswith("One node is too hot.")
    well = [gpus.node(answers.U, "u-n01", [gpus.gpu("0")])]
    assert spoken(gpu_sentence(gpus.floor(told=well))) == "No GPU is in trouble. The fleet is 50 % busy."


def test_that_a_warning_of_the_driver_is_trouble():
    warned = gpus.problem(answers.U, "u-n01", "GPU ? XID", gpus.Trouble.ERROR, health=Health.WARNING)
    told = gpus.floor(told=(gpus.node(answers.U, "u-n01", [gpus.gpu("0", busy=0.5)], [warned]),))
    assert spoken(gpu_sentence(told)) == "One node reports GPU errors. The fleet is 50 % busy."


def test_that_stale_data_is_never_said_to_be_now():
    every = gpus.floor(stale={answers.U.id, answers.S.id, answers.TS.id})
    assert spoken(gpu_sentence(every)).startswith("No GPU has current data.")
    assert (wall_title(every), every_gpu(every).title) == ("Every GPU, last known", "Every GPU, last known")
    assert wall_title(gpus.floor(stale={answers.S.id})) == "Every GPU, now"
    assert [figure.label for figure in gpu_figures(every)] == ["GPUs"]
    some = gpus.floor(stale={answers.S.id})
    assert "failed" not in spoken(gpu_sentence(some))
    assert "Secret data is 26 h 00 m old." in plain(below(some, {}))


def test_that_the_line_below_names_the_hidden_the_forecast_the_idle_and_the_tightest():
    floor = gpus.floor()
    said = plain(below(floor, gpus.forecasts(floor)))
    # 0.87 in the day that ends now, a point a day: 0.90 in 3 d
    assert said == (
        "Secret reaches 90 % of its memory in 3 d. Two reserved GPUs in Unclassified have been idle for 6 h 00 m. "
        "Secret is the tightest at 70 %."
    )
    hidden = plain(below(gpus.floor(hidden={answers.S.id}), {}))
    assert hidden.startswith("Secret hidden by the filter: 4 GPUs, the worst critical.")


def test_that_figures_are_those_that_are_known():
    found = [(figure.label, plain(figure.value), figure.unit) for figure in gpu_figures(gpus.floor())]
    # memory of 2 + 2 + 1 + 3 + 1 + 2: 40 of 80 GiB eight times, 5 of 20 three times; power of nine cards
    assert found == [
        ("GPUs", "12", ""),
        ("In use, of 7", "43", "%"),
        ("Memory", "48", "%"),
        ("Power, of 9", "2.6", "kW"),
    ]
    bare = [gpus.node(answers.U, "u-n01", [gpus.gpu("0", busy=None, used=None, watts=None)])]
    assert [figure.label for figure in gpu_figures(gpus.floor(told=bare))] == ["GPUs"]


# --- the outlook ------------------------------------------------------------------------------------------


def rising(start, a_day, noise=0.0):
    days = NOW - DAY * np.arange(27, -1, -1)
    wave = noise * np.array([1, -1, 1, 1, -1, -1, 1] * 4)
    return forecast(days, start + a_day * np.arange(28) + wave, 0.9, 7.0)


def test_that_the_outlook_is_a_range_of_days_or_says_that_there_is_none():
    assert plain(outlook_words(rising(0.53, 0.01), NOW, 28.0)) == "in 10 d"
    assert plain(outlook_words(rising(0.30, 0.01), NOW, 28.0)) == "not in 28 d"
    assert outlook_words(rising(0.6, 0.0, 0.01), NOW, 28.0) == "no trend"
    assert outlook_words(rising(0.8, -0.01), NOW, 28.0) == "falling"
    assert outlook_words(rising(0.8, 0.01), NOW, 28.0) == "now"
    doubt = rising(0.50, 0.01, 0.03)
    first = math.floor((doubt.earliest - NOW) / DAY)
    assert plain(outlook_words(doubt, NOW, 28.0)).startswith(f"in {first} to ")


def test_that_a_forecast_from_old_data_says_as_of_when():
    old = gpus.picture(answers.S, Freshness.STALE, 26 * 3600.0)
    said = plain(outlook_sentence(rising(0.53, 0.01), old, "Secret", NOW, 28.0))
    assert said == "Secret reaches 90 % of its memory in 10 d, as of 11 Nov 12:32 Z."
    fresh = gpus.picture(answers.S)
    assert plain(outlook_sentence(rising(0.6, 0.0, 0.01), fresh, "Secret", NOW, 28.0)) == "Secret memory has no trend."
    few = forecast(np.array([NOW]), np.array([0.5]), 0.9, 7.0)
    assert "1 of the days" in outlook_sentence(few, fresh, "Secret", NOW, 28.0)


def test_that_the_tip_names_method_slope_and_days():
    tip = plain(outlook_tip(rising(0.53, 0.01), gpus.floor(), gpus.picture(answers.S)))
    assert "28 of 28 days" in tip
    assert "Theil-Sen line: 1.00 points a day, 90 % sure between 1.00 and 1.00" in tip
    assert "As of 13:51 Z" in tip


# --- the sheet --------------------------------------------------------------------------------------------


def test_that_every_gpu_is_a_row_with_numbers_in_their_unit():
    sheet = every_gpu(gpus.floor())
    assert len(sheet.rows) == 14
    assert all(len(row) == len(sheet.heads) for row in sheet.rows)
    first = dict(zip(sheet.heads, sheet.rows[0], strict=True))
    assert first["Busy (ratio)"] == 0.9
    assert first["Memory used (bytes)"] == 40 * GIB
    assert (first["Team"], first["State"], first["Data time (UTC)"]) == ("speech", "healthy", NOW - 360.0)
    cut = dict(zip(sheet.heads, sheet.rows[5], strict=True))
    assert (cut["GPU"], cut["Busy (ratio)"]) == ("1:3", "not exported")
    lost = dict(zip(sheet.heads, sheet.rows[9], strict=True))
    assert math.isnan(lost["Busy (ratio)"]), "what is not of now is not exported as now"
    assert lost["State"] == "GPU 1 XID 79: fell off the bus"
    silent = dict(zip(sheet.heads, sheet.rows[10], strict=True))
    assert silent["State"] == "no data"
    assert sheet.level.title == "Top Secret"
    assert Health.UNKNOWN.value not in first.values()


def test_that_an_abbreviation_keeps_its_capitals_in_the_middle_of_a_sentence():
    assert [within_sentence(one) for one in (Measure.BUSY, Measure.ACTIVE, Measure.HEAT)] == [
        "busy",
        "SM activity",
        "temperature",
    ]
