"""What a station knows that time can be excluded for."""

from app.analysis.exclusion_request import Known
from app.model.marking import Level
from app.store.catalogue import catalogues
from app.store.database import State
from app.store.register import names


def read_known(state: State, ceiling: Level) -> Known:
    """Every promise there ever was, and the endpoints that enclaves up to `ceiling` declare."""
    with state.store.reader(ceiling) as reader:
        endpoints = tuple(own for one in catalogues(reader) for own in one.endpoints)
    return Known(names(state, "objective"), endpoints)
