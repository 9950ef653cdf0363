"""Parts against pictures that were looked at and kept: shapes, banners, hatches, labels, in the shipped fonts.

After a change that is meant, draw them anew with ``python -m tests.golden.parts``, look at each, and commit them.
"""

import numpy as np
import pytest
from PySide6.QtGui import QImage

from tests.golden.parts import FOLDER, PARTS, draw

SHARE, OFF = 0.005, 16
"""A picture is the same where at most half a per cent of its pixels differ by more than so much in a channel."""


def pixels(image):
    """Red, green and blue, shape (height, width, 3)."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def differing(one, other):
    """Share of the pixels that are another."""
    return float((np.abs(pixels(one) - pixels(other)).max(axis=2) > OFF).mean())


@pytest.mark.parametrize("name", PARTS)
def test_that_a_part_looks_as_it_was_approved(qapp, tmp_path, name):
    now, kept = draw(name), QImage(str(FOLDER / f"{name}.png")).convertToFormat(QImage.Format.Format_RGB888)
    seen = tmp_path / f"{name}.png"
    now.save(str(seen))
    assert now.size() == kept.size(), f"see {seen}"
    assert differing(now, kept) <= SHARE, f"see {seen}; if it is meant: python -m tests.golden.parts"


def test_that_there_is_no_picture_of_a_part_that_is_gone():
    assert sorted(path.stem for path in FOLDER.glob("*.png")) == sorted(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_that_a_part_that_moved_by_a_pixel_would_be_noticed(qapp, name):
    kept = QImage(str(FOLDER / f"{name}.png")).convertToFormat(QImage.Format.Format_RGB888)
    moved = kept.copy(1, 0, kept.width() - 1, kept.height())
    assert differing(moved, kept.copy(0, 0, kept.width() - 1, kept.height())) > SHARE


def test_that_another_theme_would_be_noticed(qapp):
    dark, light = (draw(f"symbols-{theme}-1x") for theme in ("dark", "light"))
    assert differing(dark, light) > 0.5
