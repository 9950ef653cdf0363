"""What the page of service levels was told, and what can be asked beyond it. Runs on worker threads."""

import math
import re
from dataclasses import dataclass, field, replace

from app.analysis.burn_rate import Pair
from app.job import Job
from app.model.time_range import TimeRange
from app.query.judging import Question
from app.query.promise import Promise, PromiseKey
from app.query.recomputed import Recomputed, read_recomputed
from app.query.service_level import read_closely
from app.query.service_levels import ServiceLevels
from app.query.standing import standing
from app.ui import words
from app.ui.page import Ask, Place, Subject
from app.ui.service_levels.adherence import Line
from app.ui.service_levels.drawn import Drawn, drawn
from app.ui.service_levels.level_words import amount
from app.ui.service_levels.told_apart import promised

_ASKED = "asked for"


@dataclass(frozen=True, slots=True, eq=False)
class LevelsData:
    """Every promise over the period that was asked for, and the pairs of burn rates in force."""

    ask: Ask
    levels: ServiceLevels
    pairs: tuple[Pair, ...]
    lines: tuple[Line, ...] = field(init=False)
    """The rows with how they stand: worked out once, on the thread that reads."""

    def __post_init__(self) -> None:
        at, rows = self.levels.as_of, self.levels.rows
        told = zip(rows, promised([row.promise for row in rows]), strict=True)
        object.__setattr__(self, "lines", tuple(Line(row, standing(row, at), at, said) for row, said in told))

    def about(self, subject: Subject) -> Line | None:
        """What a place is about: of several promises the one with the least budget left, which comes first."""
        return next((one for one in self.lines if _is_about(subject, one.row.promise)), None)

    def closely(self, key: PromiseKey, job: Job) -> Drawn:
        """One promise closely, as what its charts show."""
        (found,) = read_closely(self.ask.store, self.ask.station, question_of(self.ask), [key], job)
        return drawn(found)

    def held(self, key: PromiseKey, span: TimeRange, job: Job) -> str:
        """What of the budget lies in a stretch of time, in words."""
        question = question_of(self.ask)
        (found,) = read_closely(self.ask.store, self.ask.station, question, [key], job, {_ASKED: span})
        cost = next(one for one in found.costs if one.name == _ASKED)
        share = "" if math.isnan(cost.share) else f", {words.percent(cost.share, 0)} of the budget"
        return f"Bad in it: {amount(found.row, cost.bad)}{share}."

    def changed(self, promise: Promise, since: float, job: Job) -> Recomputed:
        """Which figures of a promise changed since a moment, seconds UTC."""
        others = {one.enclave.id for one in self.levels.pictures} - {promise.enclave.id}
        asked = replace(question_of(self.ask), objective=promise.objective.id, hidden=self.ask.hidden | others)
        return read_recomputed(self.ask.store, self.ask.station, asked, since, job)


def question_of(ask: Ask) -> Question:
    """What the page asks."""
    return Question(ask.period, ask.at, hidden=ask.hidden)


def _is_about(subject: Subject, promise: Promise) -> bool:
    """Whether a promise is what a place is about: it names one, an endpoint, or the one at the other."""
    objective, endpoint = promise.objective.id, promise.endpoint.id
    return promise.enclave.id == subject.enclave and subject.id in (objective, endpoint, f"{objective}/{endpoint}")


def found_as(promise: Promise, *, alone: bool) -> tuple[str, Place]:
    """Words and place of a promise. Words always name its endpoint, a place where it is not `alone` in its enclave."""
    title, name = promise.objective.title or promise.objective.id, promise.objective.id
    whole_word = rf"(?<!\w){re.escape(promise.endpoint.title)}(?!\w)"
    if not alone or not re.search(whole_word, title, re.IGNORECASE):
        title = f"{title}, {promise.endpoint.title}"
    if not alone:
        name = f"{name}/{promise.endpoint.id}"
    return title, Place("service-levels", Subject(promise.enclave.id, name))
