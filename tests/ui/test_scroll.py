"""The handle of a scroll bar is drawn where Qt lets it be gripped."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyle, QStyleOptionSlider

from app.ui.scroll import ScrollBar


@pytest.mark.parametrize("orientation", list(Qt.Orientation))
@pytest.mark.parametrize(("length", "most", "page"), [(500, 1000, 200), (300, 100_000, 10), (60, 10, 3), (30, 10, 3)])
@pytest.mark.parametrize("share", [0.0, 0.0077, 0.3, 0.5, 1.0])
def test_that_the_handle_is_where_the_style_has_it(qapp, look, qtbot, orientation, length, most, page, share):
    qapp.setStyle("Fusion")
    bar = ScrollBar(look, orientation)
    qtbot.addWidget(bar)
    upright = orientation is Qt.Orientation.Vertical
    bar.resize(*((10, length) if upright else (length, 10)))
    bar.setRange(0, most)
    bar.setPageStep(page)
    bar.setValue(round(most * share))
    option = QStyleOptionSlider()
    bar.initStyleOption(option)
    part = bar.style().subControlRect(
        QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, bar
    )
    assert bar.handle() == ((part.top(), part.height()) if upright else (part.left(), part.width()))
