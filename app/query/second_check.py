"""A second look at an answer that was asked for below a level: nothing above it may be left in it."""

from collections.abc import Iterable

from app.errors import Refused
from app.model.marking import Level


def check_levels(levels: Iterable[Level], ceiling: Level | None) -> None:
    """Refuse an answer that holds a row above `ceiling`.

    The store has already left such rows out in SQL. This check shares no code with that, so that a
    mistake in either is caught by the other.

    Raises
    ------
    Refused
        With the number of such rows and nothing else about them: what they are may be said at the
        station's own level only.
    """
    if ceiling is None:
        return
    above = sum(level > ceiling for level in levels)
    if above:
        msg = f"{above} rows of this answer are marked above {ceiling.code}; nothing was written."
        raise Refused(msg, "Ask without --level, at the station's own level, to see which.")
