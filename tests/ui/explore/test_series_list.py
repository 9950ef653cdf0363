import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.ui.explore.series_charts import charts_of, useful
from app.ui.explore.series_list import SeriesPicker, choices
from app.ui.series_words import metric_words, thing_words, title_words
from tests.fakes import answers
from tests.fakes.curves import listing, ref, refs


@pytest.fixture
def picker(look, show_in):
    made = show_in(SeriesPicker(look), 320, 700)
    made.show_choices(choices(listing()))
    return made


def shown(picker):
    model = picker.list.series
    return [model.index(row).data() for row in range(model.rowCount())]


def test_that_series_stand_below_their_metric(picker):
    assert shown(picker)[:6] == [
        "Endpoint errors",
        "rag-gateway",
        "Endpoint latency",
        "rag-gateway · p50",
        "rag-gateway · p95",
        "rag-gateway · p99",
    ]


def test_that_every_word_searched_for_must_be_there(picker):
    picker.search.setText("gpu 12 util")
    assert shown(picker) == ["GPU utilisation", "u-n01 · GPU 12"]
    picker.search.setText("latency nowhere")
    assert shown(picker) == []
    picker.search.setText("")
    assert len(shown(picker)) == len(refs()) + 4


def test_that_a_row_is_chosen_by_keys_and_by_a_click_and_a_heading_is_not(picker, qtbot):
    chosen = []
    picker.toggled.connect(chosen.append)
    QTest.keyClick(picker.list, Qt.Key.Key_J)
    QTest.keyClick(picker.list, Qt.Key.Key_J)
    QTest.keyClick(picker.list, Qt.Key.Key_Space)
    assert [one.key.label("quantile") for one in chosen] == ["0.5"], "the heading between is stepped over"
    box = picker.list.visualRect(picker.list.series.index(1))
    QTest.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    heading = picker.list.visualRect(picker.list.series.index(0))
    QTest.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=heading.center() + QPoint(0, 1))
    assert [one.key.metric for one in chosen] == ["endpoint_latency_seconds", "endpoint_errors"]


def test_that_a_row_says_what_it_is_and_whether_it_is_shown(picker):
    index = picker.list.series.index(1)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Endpoint errors, rag-gateway, Secret"
    picker.list.show_chosen([refs()[0]])
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).endswith(", shown")
    assert index.data(Qt.ItemDataRole.ToolTipRole).startswith("endpoint_errors{")


def test_that_a_new_answer_keeps_place_and_search(picker):
    picker.search.setText("gpu")
    picker.list.setCurrentIndex(picker.list.series.index(5))
    before = picker.list.series.ref(5)
    picker.show_choices(choices(listing()))
    assert picker.list.series.ref(picker.list.currentIndex().row()) == before
    assert len(shown(picker)) == 17


def test_that_twelve_thousand_series_can_be_searched(picker):
    many = [ref(n, f"metric_{n // 600:02}", answers.S, node=f"n{n % 600:03}", gpu=str(n % 8)) for n in range(12_000)]
    picker.show_choices(choices(listing(many)))
    assert picker.list.series.rowCount() == 12_020
    picker.search.setText("n599 metric_07")
    assert shown(picker) == ["Metric 07", "n599 · GPU 7"]
    assert not picker.grab().isNull()


def test_that_series_are_called_what_people_call_them():
    key = ref(1, "endpoint_latency_seconds", endpoint="chat", quantile="0.95", version="2.5.0", model="m").key
    assert metric_words(key.metric) == "Endpoint latency"
    assert thing_words(key) == "chat · p95 · 2.5.0"
    assert title_words(key) == "Latency · chat · p95 · 2.5.0"
    assert metric_words("gpu_sm_active_ratio") == "GPU SM active"
    assert thing_words(ref(1, "collection_up").key) == "all"
    assert thing_words(ref(1, "endpoint_requests_within", endpoint="chat", le="1.3").key) == "chat · ≤ 1.3 s"


def test_that_quantiles_of_one_thing_share_a_chart_lowest_first():
    found = charts_of(list(reversed(refs()[:5])))
    assert [len(chart.refs) for chart in found] == [1, 3, 1]
    assert [one.key.label("quantile") for one in found[1].refs] == ["0.5", "0.95", "0.99"]
    assert found[1].title.words == "Latency · rag-gateway"


def test_that_an_endpoint_s_useful_series_come_in_the_order_to_look_at_them():
    found = useful(refs(), answers.S.id, "rag-gateway")
    assert [one.key.metric for one in found] == ["endpoint_latency_seconds"] * 3 + [
        "endpoint_errors",
        "endpoint_requests",
    ]
    assert useful(refs(), answers.U.id, "rag-gateway") == []
