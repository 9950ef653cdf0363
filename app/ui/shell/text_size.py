"""How large everything is drawn: the person's choice, on top of what the desktop asks for.

The painters reckon in logical pixels, and Qt multiplies them by a factor that it takes once, before the first
window: so another size opens the console again. That way everything grows alike, with the fonts' own hinting, at any
factor; to stretch a picture of the window, or to move a running one to another factor, Qt offers no public way.
"""

from app.ui.shell.memory import Memory

SIZES = (100, 125, 150, 175, 200)
"""Percent, from small to large."""
VARIABLE = "QT_SCALE_FACTOR"


def text_size(memory: Memory) -> int:
    """The size that was chosen, in percent; 100 where none was, or none that there is."""
    chosen = memory.number("window/text", SIZES[0])
    return chosen if chosen in SIZES else SIZES[0]


def beside(size: int, step: int) -> int:
    """The next larger (1) or smaller (-1) size; the same at the ends."""
    at = SIZES.index(size) + step
    return SIZES[min(max(at, 0), len(SIZES) - 1)]


def factor(size: int, own: str | None) -> str:
    """Factor for Qt: the size (100 where there is none such) times the one of the person's desktop, if it has any."""
    size = size if size in SIZES else SIZES[0]
    try:
        before = float(own) if own else 1.0
    except ValueError:
        before = 1.0
    if not 0.1 < before < 20:
        before = 1.0
    return f"{before * size / 100:g}"
