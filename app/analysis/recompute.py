"""What late data changed: figures of periods that were over, before and after."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from app.analysis.availability import Figure, Verdict
from app.analysis.periods import Period
from app.model.objective import Method, Missing

_SAME = 1e-12

Value = float | Verdict | Method | Missing


@dataclass(frozen=True, slots=True, order=True)
class FigureKey:
    """Whose figure it is."""

    objective: str
    enclave: str
    endpoint: str
    period: str


@dataclass(frozen=True, slots=True)
class Change:
    """One value of one figure, from what to what; None where there was no such figure, or is none any more."""

    key: FigureKey
    field: str
    before: Value | None
    after: Value | None


def changes(
    before: Mapping[FigureKey, Figure],
    after: Mapping[FigureKey, Figure],
    periods: Mapping[str, Period],
    known_at: float,
) -> list[Change]:
    """Compare two states of knowledge.

    Parameters
    ----------
    before, after
        Figures as they were known then and now.
    periods
        Periods by name; figures of a period that is not among them are not compared.
    known_at
        Seconds UTC of the earlier state. What was not over then was bound to change and is left out.

    Returns
    -------
    list of Change
        By key, and in the order of the fields of `Figure`; empty where nothing changed.
    """
    over = {name for name, period in periods.items() if period.is_over(known_at)}
    keys = sorted(key for key in before.keys() | after.keys() if key.period in over)
    return [change for key in keys for change in _of(key, before.get(key), after.get(key))]


def _of(key: FigureKey, before: Figure | None, after: Figure | None) -> list[Change]:
    found = []
    for field in (one.name for one in fields(Figure)):
        old = getattr(before, field) if before else None
        new = getattr(after, field) if after else None
        if not _same(old, new):
            found.append(Change(key, field, old, new))
    return found


def _same(old: Value | None, new: Value | None) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return (math.isnan(old) and math.isnan(new)) or math.isclose(old, new, rel_tol=_SAME, abs_tol=_SAME)
    return old == new
