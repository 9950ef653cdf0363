import itertools

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.model.health import Health
from app.ui.symbols import draw_status, draw_work
from app.ui.theme import make_theme


def picture(draw, size, margin=6):
    image = QImage(size + 2 * margin, size + 2 * margin, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw(painter, QRectF(margin, margin, size, size))
    painter.end()
    return image


def opaque(image):
    """Positions of the pixels that are covered."""
    return {
        (x, y)
        for x, y in itertools.product(range(image.width()), range(image.height()))
        if image.pixelColor(x, y).alpha() > 90
    }


def status(health, size, *, theme="dark", ghost=False):
    return picture(lambda p, box: draw_status(p, make_theme(theme), health, box, ghost=ghost), size)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [14, 16, 18, 28, 44, 74])
@pytest.mark.parametrize("health", list(Health))
def test_that_a_symbol_stays_in_its_box_and_in_its_middle(qapp, health, size, theme):
    found = opaque(status(health, size, theme=theme))
    assert len(found) > size * size * 0.1
    across, down = [x for x, _ in found], [y for _, y in found]
    assert 5 <= min(across) <= max(across) <= size + 6
    assert 5 <= min(down) <= max(down) <= size + 6
    assert abs((min(across) + max(across)) / 2 - (5.5 + size / 2)) <= 1


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(Health, 2)))
def test_that_shapes_differ_without_any_colour(qapp, one, other):
    left, right = opaque(status(one, 28)), opaque(status(other, 28))
    assert len(left ^ right) > 0.15 * len(left | right)


@pytest.mark.parametrize("health", [Health.CRITICAL, Health.WARNING, Health.HEALTHY])
def test_that_a_ghost_is_an_outline(qapp, health):
    solid, ghost = status(health, 28), status(health, 28, ghost=True)
    assert len(opaque(ghost)) < 0.75 * len(opaque(solid))


def test_that_small_symbols_leave_out_their_inner_marks(qapp):
    small = status(Health.CRITICAL, 10)
    assert small.pixelColor(small.width() // 2, small.height() // 2).name() == "#ff7468"
    large = status(Health.CRITICAL, 28)
    assert large.pixelColor(large.width() // 2, large.height() // 2).name() != "#ff7468"


def test_that_work_has_symbols_of_its_own(qapp):
    found = [
        frozenset(opaque(picture(lambda p, box, s=state: draw_work(p, make_theme("dark"), s, box), 18)))
        for state in ("todo", "doing", "done")
    ]
    assert len(set(found)) == 3
