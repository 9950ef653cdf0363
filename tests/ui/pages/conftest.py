"""A page as it stands in the window."""

import pytest

from app.ui.scroll import PageArea


@pytest.fixture
def on_show(look, runner, qtbot):
    """Show a page, as wide as in a window of 1920 pixels."""
    areas = []

    def show(view):
        view.runner = runner
        area = PageArea(look, view)
        area.resize(1680, 940)
        area.show()
        areas.append(area)
        return view

    yield show
    qtbot.waitUntil(lambda: runner.idle)
    for area in areas:
        area.close()
        area.deleteLater()
