"""GPUs that stand in no store: a small fleet with one of each thing that can be the matter."""

import math
from dataclasses import replace

import numpy as np

from app.analysis.health_policy import HealthPolicy
from app.analysis.trend import DAY, forecast
from app.model.catalogue import Catalogue, Node
from app.model.event import Event
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.paths import resources
from app.query.attention import attention
from app.query.enclaves import Picture
from app.query.gpu_floor import (
    ACTIVE,
    ECC,
    HEAT,
    POWER,
    TOTAL,
    USE,
    USED,
    XID,
    Gpu,
    GpuFloor,
    Hidden,
    NodeNow,
    Reading,
    Told,
)
from app.query.gpu_past import HeatRows, cell_edges
from app.query.gpus import GpuProblem, Trouble
from app.query.policy import parse_policy
from app.settings import Station
from app.toml import read_toml
from app.ui.charts.line import make_line
from app.ui.gpu.data import Drawn, GpuData, colours_of
from tests.fakes import answers
from tests.fakes.curves import raw

STATION = Station("station-04", "Watch floor 2", Level.TS)
GIB = 2.0**30
HOUR = 3600.0
NOW = answers.NOW


def policy() -> HealthPolicy:
    """The shipped rules."""
    return parse_policy([read_toml(resources() / "policy" / "health.toml")])


def gpu(
    name, *, busy=0.5, used=40.0, total=80.0, watts=300.0, heat=55.0, age=360.0, told=Told.NOW, where=None, **other
):
    """One GPU; a number that is None is not exported."""
    bytes_used = None if used is None else used * GIB
    active = None if busy is None else busy * 0.6
    values = {USE: busy, ACTIVE: active, USED: bytes_used, TOTAL: total * GIB, POWER: watts, HEAT: heat}
    values |= {XID: 0.0, ECC: 0.0}
    readings = {m: Reading(v, NOW - age, told) for m, v in values.items() if v is not None}
    return Gpu(answers.U.id, "u-n01", name, other.pop("team", ""), readings, **other)


def node(enclave, name, gpus, problems=(), model="H100-80G"):
    """A node of such GPUs, which are made to be its own."""
    own = tuple(replace(one, enclave=enclave.id, node=name) for one in gpus)
    cards = len({one.card for one in own})
    return NodeNow(enclave, Node(enclave.id, name, cards, model), own, tuple(problems), NOW - 360.0)


def problem(enclave, name, text, trouble, gpus=(), health=Health.CRITICAL, age=HOUR):
    """Something that is the matter."""
    return GpuProblem(enclave, Node(enclave.id, name, 8), health, text, NOW - age, trouble, tuple(gpus))


def nodes():
    """Well, idle and cut in U; failed and silent in S; too hot in TS."""
    u, s, ts = answers.U, answers.S, answers.TS
    idle = problem(
        u, "u-n02", "2 GPUs are idle and hold 80 GiB of memory", Trouble.IDLE, "01", Health.WARNING, 6 * HOUR
    )
    lost = problem(s, "s-n01", "GPU 1 XID 79: fell off the bus", Trouble.ERROR, "1", age=1.5 * HOUR)
    gone = problem(s, "s-n02", "no sample for 31 h from its 2 GPUs", Trouble.ABSENT, (), Health.UNKNOWN, 31 * HOUR)
    hot = problem(ts, "ts-n01", "1 GPU over 83 °C, hottest 87 °C", Trouble.HOT, "0", Health.WARNING, 4 * HOUR)
    parts = [gpu(f"1:{part}", busy=None, used=5.0, total=20.0, watts=200.0) for part in (3, 4, 5)]
    rested = [gpu(name, busy=0.0, problems=(idle,), idle_since=NOW - 6 * HOUR) for name in "01"]
    silent = [gpu(name, told=Told.SILENT, age=31 * HOUR) for name in "01"]
    return (
        node(u, "u-n01", [gpu("0", busy=0.9, team="speech"), gpu("1", busy=0.8, team="speech")], model="A100-80G"),
        node(u, "u-n02", rested, [idle], "A100-80G"),
        node(u, "u-n03", [gpu("0", busy=None), *parts], model="A100-80G MIG"),
        node(s, "s-n01", [gpu("0", busy=0.7), gpu("1", told=Told.SILENT, age=1.5 * HOUR, problems=(lost,))], [lost]),
        node(s, "s-n02", silent, [gone]),
        node(ts, "ts-n01", [gpu("0", busy=0.4, heat=87.0, problems=(hot,)), gpu("1", busy=0.2)], [hot]),
    )


def picture(enclave, freshness=None, age=None):
    """How old an enclave's data is."""
    age = answers.AGES[enclave.id] if age is None else age
    state = freshness or (Freshness.LATE if enclave is answers.TS else Freshness.FRESH)
    end = NOW - age
    return Picture(Catalogue(enclave, ()), end, end, age, end + 60.0, 0.0, state)


def floor(hidden=frozenset(), stale=(), told=None, span=answers.DAY):
    """What `read_gpus` would answer."""
    every = nodes() if told is None else told
    enclaves = [e for e in (answers.U, answers.S, answers.TS) if e.id not in hidden]
    shown = tuple(one for one in every if one.enclave.id not in hidden)
    gone = tuple(
        Hidden(e, sum(n.node.gpus for n in every if n.enclave is e), Health.CRITICAL)
        for e in (answers.U, answers.S, answers.TS)
        if e.id in hidden
    )
    problems = attention(STATION, NOW, [], (), [p for one in shown for p in one.problems], ())
    xid = Event(answers.S.id, "xid", "k", "s-n01", NOW - 1.5 * HOUR, NOW, "XID 79 on GPU 1", (("gpu", "1"),))
    return GpuFloor(
        NOW,
        span,
        Level.TS,
        policy(),
        tuple(picture(e, *((Freshness.STALE, 26 * HOUR) if e.id in stale else ())) for e in enclaves),
        shown,
        tuple(replace(item, detail="") for item in problems),
        (xid,),
        gone,
    )


def heat_rows(told, measure):
    """What `read_heat` would answer: the number of the node in tenths, the second last cell unknown."""
    edges = cell_edges(told.span)
    value = np.repeat((np.arange(len(told.nodes)) / 10.0)[:, None], edges.size - 1, axis=1)
    value[:, -6] = np.nan
    for row, one in zip(value, told.nodes, strict=True):
        row[edges[:-1] >= told.picture(one.enclave.id).covered] = np.nan
    names = tuple((one.enclave.id, one.node.id) for one in told.nodes)
    exported = np.array([any(measure.metrics[0] in g.readings for g in one.gpus) for one in told.nodes], bool)
    value[~exported] = np.nan
    return HeatRows(measure, edges, names, value, np.where(np.isnan(value), 0, 30), exported)


def forecasts(told):
    """Secret rises by a point a day from 60 %; the others are steady."""
    days = NOW - DAY * np.arange(27, -1, -1)
    rise = 0.60 + 0.01 * np.arange(28)
    return {
        one.enclave.id: forecast(days, rise if one.enclave is answers.S else np.full(28, 0.6), 0.9, 7.0)
        for one in told.pictures
        if told.nodes_of(one.enclave.id)
    }


class Given(GpuData):
    """Answers without a store."""

    __slots__ = ()

    def heat(self, measure, job):
        return heat_rows(self.floor, measure)

    def forecasts(self, job):
        return forecasts(self.floor)

    def curves(self, measure, span, columns, job):
        width = max(600.0, span.seconds / columns)
        colours, lines = colours_of(self.floor), []
        for one in self.floor.pictures:
            end = one.data_time if not math.isnan(one.data_time) else span.start
            time = np.arange(span.start, min(span.end, end), width)
            curve = replace(raw(time, np.full(time.size, 0.5), width), width=width)
            lines.append(make_line(one.enclave.level.portion, colours[one.enclave.id], curve, end))
        return Drawn(span, width, tuple(lines))


def gpu_data(ask, **other):
    """What the page's load would answer."""
    return Given(floor(hidden=ask.hidden, span=ask.span, **other), ask)
