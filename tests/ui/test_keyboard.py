import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from app.ui.keyboard import Key, Keyboard, commanded, is_letter, press_of

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
PAD = Qt.KeyboardModifier.KeypadModifier


def event(key, modifiers=NONE, text=""):
    return QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "press"),
    [
        (Qt.Key.Key_K, CTRL, "\x0b", "Ctrl K"),
        (Qt.Key.Key_L, CTRL | SHIFT, "", "Ctrl Shift L"),
        (Qt.Key.Key_Plus, CTRL | SHIFT, "+", "Ctrl +"),
        (Qt.Key.Key_Plus, CTRL | PAD, "+", "Ctrl +"),
        (Qt.Key.Key_Equal, CTRL, "=", "Ctrl +"),
        (Qt.Key.Key_Minus, CTRL, "-", "Ctrl -"),
        (Qt.Key.Key_0, CTRL, "", "Ctrl 0"),
        (Qt.Key.Key_F11, NONE, "", "F11"),
        (Qt.Key.Key_F5, SHIFT, "", "F5"),
        (Qt.Key.Key_Escape, NONE, "\x1b", "Esc"),
        (Qt.Key.Key_Left, ALT, "", "Alt Left"),
        (Qt.Key.Key_G, NONE, "g", "G"),
        (Qt.Key.Key_N, SHIFT, "N", "Shift N"),
        (Qt.Key.Key_Question, SHIFT, "?", "?"),
        (Qt.Key.Key_Shift, SHIFT, "", ""),
    ],
)
def test_that_a_key_is_written_as_the_map_has_it(key, modifiers, text, press):
    assert press_of(event(key, modifiers, text)) == press


@pytest.mark.parametrize("press", ["G O", "?", "3", "Shift N", "[", "/"])
def test_that_presses_of_single_characters_are_letters(press):
    assert is_letter(press)


@pytest.mark.parametrize("press", ["Ctrl K", "Ctrl Shift L", "F5", "Esc", "Alt Left", "Enter", ""])
def test_that_other_presses_are_none(press):
    assert not is_letter(press)


def test_that_only_alt_and_signs_with_ctrl_are_always_the_consoles():
    assert commanded(event(Qt.Key.Key_Left, ALT))
    assert commanded(event(Qt.Key.Key_Plus, CTRL))
    assert not commanded(event(Qt.Key.Key_Home, CTRL)), "the first row of a table"
    assert not commanded(event(Qt.Key.Key_Left, SHIFT))


def test_that_letters_that_are_off_do_nothing_and_begin_nothing():
    done = []
    keys = (Key("", "G O", "", lambda: done.append("go")), Key("", "Ctrl O", "", lambda: done.append("open")))
    keyboard = Keyboard(keys)
    keyboard.letters = False
    assert not keyboard.handle(event(Qt.Key.Key_G, NONE, "g"))
    assert keyboard.handle(event(Qt.Key.Key_O, CTRL, "\x0f"))
    keyboard.letters = True
    assert not keyboard.handle(event(Qt.Key.Key_O, NONE, "o")), "no G came before it"
    assert keyboard.handle(event(Qt.Key.Key_G, NONE, "g"))
    assert keyboard.handle(event(Qt.Key.Key_O, NONE, "o"))
    assert done == ["open", "go"]


def test_that_a_pages_key_comes_before_the_consoles_and_a_command_has_none():
    done = []
    page = (Key("", "D", "own", lambda: done.append("own")), Key("", "", "plain command", lambda: done.append("no")))
    keyboard = Keyboard((Key("", "D", "all", lambda: done.append("all")),), lambda: page)
    assert [key.does for key in keyboard.keys] == ["own", "plain command"]
    keyboard.handle(event(Qt.Key.Key_D, NONE, "d"))
    assert not keyboard.handle(event(Qt.Key.Key_Shift, SHIFT, ""))
    assert done == ["own"]
