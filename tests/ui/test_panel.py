"""The head of a panel: a legend says what nothing else says, so that a long title gives way to it."""

import pytest
from PySide6.QtWidgets import QWidget

from app.ui.canvas import Canvas
from app.ui.panel import Legend, Panel

EXCLUDED = Legend("excluded", lambda canvas, x, y: None)


@pytest.fixture
def head(look, show_in, monkeypatch):
    """What the head of a panel writes, and the room that each of it has."""
    found, real = {}, Canvas.write

    def write(self, role, words, *given, room=None, **more):
        found[words] = room
        return real(self, role, words, *given, room=room, **more)

    monkeypatch.setattr(Canvas, "write", write)

    def shown(title, wide, meta="", legend=(EXCLUDED,)):
        panel = Panel(look, title, QWidget())
        panel.show_title(title, meta)
        panel.show_legend(*legend)
        show_in(panel, wide, 120)
        found.clear()
        panel.grab()
        return dict(found)

    return shown


LONG = "a-gateway-with-a-name-that-is-longer-than-most"


def test_that_a_long_title_leaves_the_legend_its_room(head):
    alone = head(LONG, 368, legend=())[LONG]
    told = head(LONG, 368)
    assert "excluded" in told
    # words of about 50 px, 40 for its sign, 16 between them
    assert 96 < alone - told[LONG] < 116
    assert alone == 368 - 40


def test_that_the_legend_goes_where_too_little_of_the_title_would_be_left(head):
    told = head(LONG, 240)
    assert "excluded" not in told
    assert told[LONG] == 240 - 40
    assert "excluded" in head("rag", 240), "a short title needs no more than it is"


def test_that_a_remark_stands_where_there_is_no_legend(head):
    assert "one approved" in head("Excluded", 368, "one approved", legend=())
    assert "one approved" not in head("Excluded", 368, "one approved")
