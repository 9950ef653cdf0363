import math
from dataclasses import replace

import pytest

from app.model.health import Freshness, Health
from app.ui.overview.sentences import below_sentence, overview_figures, overview_sentence
from tests.fakes import answers


def said(fleet):
    return "".join(span.words for span in overview_sentence(fleet)).replace("\u00a0", " ")


def with_health(fleet, **wanted):
    """Every enclave fresh, every deployment healthy but those named: endpoint=health, in its first enclave."""
    rows = []
    for row in fleet.rows:
        cells = dict(row.cells)
        if row.id.replace("-", "_") in wanted:
            first = next(iter(cells))
            cells[first] = replace(cells[first], health=wanted[row.id.replace("-", "_")])
        rows.append(replace(row, cells=cells))
    return replace(fleet, rows=tuple(rows))


def test_that_the_picture_of_the_design_has_the_design_s_sentence():
    assert said(answers.fleet()) == (
        "Two endpoints are critical and five need watching. Top Secret data is 3 h 12 m old."
    )


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "Every endpoint is healthy."),
        ({"rag_gateway": Health.CRITICAL}, "One endpoint is critical."),
        ({"rag_gateway": Health.CRITICAL, "embed_search": Health.CRITICAL}, "Two endpoints are critical."),
        ({"rag_gateway": Health.WARNING}, "One endpoint needs watching and none is critical."),
        (
            {"rag_gateway": Health.CRITICAL, "embed_search": Health.WARNING},
            "One endpoint is critical and one needs watching.",
        ),
        (
            {"rag_gateway": Health.WARNING, "embed_search": Health.WARNING},
            "Two endpoints need watching and none is critical.",
        ),
        (
            {"rag_gateway": Health.UNKNOWN},
            "No endpoint is known to be in trouble, but one deployment is unknown.",
        ),
        (
            {"rag_gateway": Health.UNKNOWN, "embed_search": Health.UNKNOWN},
            "No endpoint is known to be in trouble, but two deployments are unknown.",
        ),
    ],
)
def test_that_the_sentence_is_grammatical(wanted, sentence):
    assert said(with_health(answers.quiet_fleet(), **wanted)) == sentence


def test_that_stale_data_is_never_called_healthy_or_critical():
    fleet = answers.quiet_fleet()
    rows = tuple(
        replace(row, cells={name: replace(cell, freshness=Freshness.STALE) for name, cell in row.cells.items()})
        for row in fleet.rows
    )
    assert said(replace(fleet, rows=rows)).startswith("No deployment has current data.")


def test_that_nothing_known_is_said():
    assert said(replace(answers.fleet(), rows=())).startswith("Nothing is known yet.")


def test_that_an_enclave_that_never_sent_anything_is_named():
    fleet = answers.quiet_fleet()
    states = (*fleet.enclaves[:2], replace(fleet.enclaves[2], data_time=math.nan, age=math.nan))
    assert said(replace(fleet, enclaves=states)).endswith("Top Secret has never sent data.")


def test_that_several_late_enclaves_share_one_statement():
    fleet = answers.quiet_fleet()
    late = [replace(s, freshness=Freshness.LATE, age=n * 3600.0) for n, s in enumerate(fleet.enclaves[1:], 2)]
    sentence = said(replace(fleet, enclaves=(fleet.enclaves[0], *late)))
    assert sentence.endswith("Secret and Top Secret data is late, up to 3 h 00 m.")


def test_that_enclaves_of_one_level_are_told_apart_by_name():
    fleet = answers.fleet()
    twin = replace(fleet.enclaves[2], enclave=replace(answers.TS, id="ts-west", name="TS West"))
    assert "Top Secret data is" in said(fleet)
    named = replace(fleet.enclaves[2], enclave=replace(answers.TS, name="TS Core"))
    assert "TS Core and TS West data is late" in said(replace(fleet, enclaves=(named, twin)))


def test_that_what_the_filter_hides_is_said_first_with_its_worst_state():
    fleet = answers.fleet()
    hidden = replace(fleet, enclaves=fleet.enclaves[:2], hidden=fleet.enclaves[2:])
    below = below_sentence(hidden)
    assert below.startswith("Top Secret hidden by the filter: 11 deployments, three not healthy, the worst critical.")


def test_that_hiding_everything_is_no_clean_bill():
    fleet = answers.fleet()
    assert said(replace(fleet, enclaves=(), rows=(), hidden=fleet.enclaves)) == "Every enclave is hidden by the filter."


def test_that_figures_say_how_much_is_known_and_are_left_out_where_nothing_is():
    figures = overview_figures(answers.fleet())
    assert [(f.label.replace("\u00a0", " "), f.value) for f in figures] == [
        ("Availability, 30 d, 99.4 % known", "99.91"),
        ("GPU in use, mean of 212", "68"),
    ]
    hardly = overview_figures(replace(answers.fleet(), availability=1.0, availability_coverage=0.0003))[0]
    assert (hardly.label.replace("\u00a0", " "), hardly.value, hardly.unit) == (
        "Availability, 30 d, 0 % known",
        "\N{EN DASH}",
        "",
    )
    nothing = replace(answers.fleet(), availability=math.nan, gpu_busy=math.nan)
    assert overview_figures(nothing) == ()


def test_that_availability_is_never_rounded_up_to_all():
    figures = overview_figures(replace(answers.fleet(), availability=0.99999))
    assert figures[0].value == "99.99"
    assert overview_figures(replace(answers.fleet(), availability=1.0))[0].value == "100"
