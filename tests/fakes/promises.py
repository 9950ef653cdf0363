"""Promises that stand in no store: three of them, over November 2026 until the pictures' moment."""

import numpy as np

from app.analysis.availability import Adherence, Figure, Verdict
from app.analysis.budget import Budget, BurnDown, Outlook, RunOut
from app.analysis.burn_rate import Pair
from app.analysis.intervals import spans
from app.analysis.periods import parse_period
from app.model.catalogue import Catalogue, Endpoint
from app.model.health import Freshness
from app.model.marking import Level
from app.model.objective import Method, Missing
from app.model.register import EntryRef, ObjectiveVersion
from app.query.enclaves import Picture
from app.query.promise import Promise
from app.query.recomputed import Recomputed
from app.query.service_level import BurnCurve, Closely
from app.query.service_levels import Adhered, PairNow, ServiceLevels
from app.ui.service_levels.data import LevelsData
from app.ui.service_levels.drawn import drawn
from tests.fakes import answers
from tests.fakes.levels import promise, work

DAY = 86400.0
PAIRS = (Pair("1 h and 5 min", "page", 0.02, 3600.0, 300.0), Pair("6 h and 30 min", "page", 0.05, 21600.0, 1800.0))
MONTH = parse_period("2026-11", "UTC", answers.NOW)
TARGET = 0.995


def adhered(enclave, name, share_spent, rate=0.5):
    """A promise of 99.5 %, so much of whose budget is spent and of which everything is known."""
    age = answers.AGES[enclave.id]
    catalogue = Catalogue(enclave, (Endpoint(enclave.id, name, name),), as_of=answers.NOW)
    newest, fresh = answers.NOW - age, Freshness.LATE if enclave is answers.TS else Freshness.FRESH
    picture = Picture(catalogue, newest, newest, age, newest, 0.0, fresh)
    objective = promise(name, TARGET)
    version = ObjectiveVersion(
        objective.id, EntryRef("station-04", 1), 0.0, 0.0, "alice (1000)", "as agreed", objective
    )
    standing = (work(approved_by="bob (1001)", endpoint_glob=name),) if name == "translate-multi" else ()
    over = MONTH.so_far(answers.NOW)
    allowed = (1 - TARGET) * MONTH.span.seconds
    spent = share_spent * allowed
    known = 1 - spent / over.seconds
    figure = Figure(
        known, known, known, 1.0, Verdict.MET if known >= TARGET else Verdict.MISSED, TARGET, Method.OCCURRENCES,
        Missing.UNKNOWN, over.seconds, over.seconds, over.seconds - spent, over.seconds,
    )  # fmt: skip
    best = 1 - spent / MONTH.span.seconds
    outcome = Verdict.NOT_PROVABLE if share_spent < 1 else Verdict.MISSED
    return Adhered(
        promise=Promise(version, objective, picture, catalogue.endpoints[0], MONTH, standing, (), MONTH.span.seconds),
        judged=over,
        found=Adherence(figure, figure, 0.0, 0.0, best, 0.0, outcome),
        budget=Budget(allowed, spent, spent, over.seconds / MONTH.span.seconds),
        unit="s",
        outlook=RunOut(Outlook.SPENT if share_spent >= 1 else Outlook.LASTS, days=11),
        pairs=tuple(PairNow(pair, pair.factor(30 * DAY), rate, rate, ()) for pair in PAIRS),
        assumed_rate=np.nan,
        behind=age,
    )


ROWS = (
    adhered(answers.S, "rag-gateway", 1.4, rate=20.0),
    adhered(answers.U, "translate-multi", 0.5),
    adhered(answers.TS, "embed-search", 0.1),
)


class GivenLevels(LevelsData):
    """The answer with what is asked beyond it, without a store."""

    __slots__ = ()

    def closely(self, key, job):
        """A straight way down, and burn rates that stand still."""
        row = next(one for one in self.levels.rows if one.promise.key == key)
        time = np.linspace(row.judged.start, row.judged.end, 50)
        left = np.linspace(1.0, row.budget.share_left, 50)
        down = BurnDown(time, left, left, np.linspace(1.0, 0.6, 50), np.ones(50, bool))
        curves = tuple(BurnCurve(pair.long, time, np.full(50, 0.5)) for pair in PAIRS)
        excluded = {one.id: spans([(one.start, one.end)]) for one in row.promise.standing}
        return drawn(Closely(row, down, curves, (), None, spans([]), 3, excluded, ()))

    def changed(self, promise, since, job):
        """Nothing did."""
        return Recomputed(since, ())


def levels_data(ask, highest=Level.TS):
    """What the page is told of those that the filter leaves, where nothing is above `highest`."""
    held = [row for row in ROWS if row.promise.enclave.level <= highest]
    rows = tuple(row for row in held if row.promise.enclave.id not in ask.hidden)
    gone = tuple(row.promise.enclave for row in held if row.promise.enclave.id in ask.hidden)
    seen = tuple(row.promise.picture for row in rows)
    marking = max((row.promise.enclave.level for row in rows), default=highest)
    return GivenLevels(ask, ServiceLevels(answers.NOW, answers.NOW, marking, seen, gone, rows), PAIRS)
