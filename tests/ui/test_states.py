import pytest
from PySide6.QtWidgets import QWidget

from app.errors import StoreDamaged
from app.job import Progress
from app.ui.panel import Panel
from app.ui.states import Kind, PanelState, failed, loading


@pytest.fixture
def panel(look, qtbot):
    made = Panel(look, "Latency p95", QWidget())
    area = QWidget()
    made.setParent(area)
    made.resize(500, 400)
    qtbot.addWidget(area)
    area.resize(600, 500)
    area.show()
    yield made
    area.close()


def test_that_progress_is_real_and_in_words():
    assert loading(Progress(2_100_000, 3_400_000, "Reading the cache")).title.replace("\u00a0", " ") == (
        "Reading the cache, 2.1 M of 3.4 M"
    )
    assert loading(Progress(2, None, "Checking")).share is None
    assert loading(Progress(1, 4, "x")).share == 0.25


def test_that_an_error_says_what_to_do_and_our_fault_is_ours():
    state = failed(StoreDamaged("A page fails its checksum.", "Import it again."))
    assert (state.title, state.text, state.key) == ("A page fails its checksum.", "Import it again.", "F5")
    assert "our fault" in failed(KeyError("x")).text


def test_that_a_panel_keeps_its_size_in_every_state(panel, qtbot):
    size = panel.size()
    for kind in Kind:
        panel.show_state(PanelState(kind, "Title", "Text", "Act", "0"))
        assert panel.state.kind is kind
        assert panel.size() == size
        assert not panel.grab().isNull()
    with qtbot.waitSignal(panel.acted):
        panel._state._button.click()
    panel.show_body()
    assert panel.state is None


def test_that_loading_is_not_flashed(panel, qtbot, look):
    panel.show_state(loading())
    early = panel.grab().toImage()
    assert {early.pixelColor(x, 80).name() for x in range(30, 470, 5)} == {look.theme["surface"].name()}
    qtbot.waitUntil(lambda: not panel._state._patient, timeout=2000)
    assert panel.grab().toImage() != early
