import pytest

from app.ui.sentence import HEIGHT, Figure, SentenceBar, Span

SPANS = (
    Span("Unclassified, Secret and Top Secret are overdue, up to 1 h 43 m. ", strong=True),
    Span("Top Secret lacks bundle 9. "),
    Span("One bundle is not accepted.", strong=True),
)
FIGURES = (Figure("Imported, 24 h", "127"), Figure("Cache", "26.2", "MB of 82.2 GB"))
BELOW = "Nothing from a held or untrusted bundle is shown anywhere until somebody decides."


@pytest.fixture
def bar(look, show_in):
    def make(width):
        made = show_in(SentenceBar(look), width, 300)
        made.say(SPANS, BELOW, FIGURES)
        made.resize(width, made.height())
        made.grab()
        return made

    return make


def lines_of(bar):
    return ["".join(part for _, part, _ in line) for line in bar._lines(bar.width())]


@pytest.mark.parametrize("width", [420, 640])
def test_that_a_sentence_without_room_takes_the_lines_it_needs_and_loses_no_word(bar, width):
    made = bar(width)
    lines = lines_of(made)
    assert "".join(lines) == made.words
    fonts = made.look.fonts
    wide = [sum(fonts.width(role, part) for role, part, _ in line) for line in made._lines(made.width())]
    assert all(room <= made.width() + fonts.width("title", " ") for room in wide)
    below = 10 + len(lines) * 22 + len(made._wrapped_below()) * 19
    assert made.height() == below + 66, "the figures stand below"


def test_that_one_with_room_is_as_high_as_ever(bar):
    assert bar(1600).height() == HEIGHT


def test_that_a_bar_that_grows_wide_again_gives_its_height_back(bar):
    made = bar(640)
    assert made.height() > HEIGHT
    made.resize(1600, made.height())
    assert made.height() == HEIGHT
