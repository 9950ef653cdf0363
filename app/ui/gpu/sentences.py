"""The GPU page in words: its sentence, the line below it, its figures."""

import math
from collections.abc import Mapping, Sequence

from app.analysis.trend import Course, Forecast
from app.model.health import Health
from app.query.gpu_floor import GpuFloor, Hidden, NodeNow
from app.query.gpus import Trouble
from app.ui import words
from app.ui.gpu.measures import power_words
from app.ui.gpu.outlook import outlook_sentence
from app.ui.page import enclave_words
from app.ui.sentence import Figure, Span


def _current(floor: GpuFloor) -> list[NodeNow]:
    return [node for node in floor.nodes if not floor.stale(node.enclave.id)]


def wall_title(floor: GpuFloor) -> str:
    """What the wall shows: nothing of it is of now where no enclave's data is current."""
    return "Every GPU, now" if _current(floor) else "Every GPU, last known"


def gpu_sentence(floor: GpuFloor) -> tuple[Span, ...]:
    """What has failed, what errs, is too hot or silent, and how busy the rest is."""
    if not floor.pictures:
        gone = "Every enclave is hidden by the filter." if floor.hidden else "Nothing is known yet."
        return (Span(gone, strong=True),)
    if not floor.nodes:
        return (Span("No GPU node is declared", strong=True), Span(" in the enclaves in view."))
    nodes = _current(floor)
    if not nodes:
        return (Span("No GPU has current data.", strong=True), Span(" What is shown is the last known state."))
    failed = len({(g.enclave, g.node, g.card) for node in nodes for g in node.gpus if g.failed})
    said = _troubles(nodes)
    spans = []
    if failed:
        verb = "has" if failed == 1 else "have"
        head = f"{words.capitalised(words.count_word(failed))} {words.plural(failed, 'GPU')} {verb} failed"
        rest = words.listed([head, *said]).removeprefix(head)
        spans = [Span(head, strong=True), Span(f"{rest}.")]
    elif said:
        spans = [Span(words.capitalised(words.listed(said)), strong=True), Span(".")]
    else:
        spans = [Span("No GPU is in trouble.", strong=True)]
    total = floor.sum([gpu for node in nodes for gpu in node.gpus])
    if total.busy_of:
        spans += [Span(" The fleet is"), Span(f" {words.percent(total.busy, 0)} busy.", strong=True)]
    return tuple(spans)


def _troubles(nodes: Sequence[NodeNow]) -> list[str]:
    hot = sum(any(one.trouble is Trouble.HOT for one in node.problems) for node in nodes)
    silent = sum(any(one.trouble is Trouble.ABSENT for one in node.problems) for node in nodes)
    erring = sum(
        any(one.trouble is Trouble.ERROR for one in node.problems) and not any(gpu.failed for gpu in node.gpus)
        for node in nodes
    )
    said = []
    if erring:
        verb = "reports" if erring == 1 else "report"
        said.append(f"{words.count_word(erring)} {words.plural(erring, 'node')} {verb} GPU errors")
    if hot:
        said.append(f"{words.count_word(hot)} {words.plural(hot, 'node')} {'is' if hot == 1 else 'are'} too hot")
    if silent:
        verb = "does not report" if silent == 1 else "do not report"
        said.append(f"{words.count_word(silent)} {words.plural(silent, 'node')} {verb}")
    return said


def below(floor: GpuFloor, forecasts: Mapping[str, Forecast]) -> str:
    """What the filter hides, whose data is stale, when memory runs out, what is wasted, where it is tightest."""
    parts = [hidden_words(floor.hidden)] if floor.hidden else []
    parts += _stale(floor)
    ahead = floor.policy.gpu.forecast_ahead_days
    for picture in floor.pictures:
        one = forecasts.get(picture.enclave.id)
        if one is not None and one.course in (Course.RISING, Course.FULL):
            parts.append(outlook_sentence(one, picture, enclave_words(picture, floor.pictures), floor.as_of, ahead))
    return " ".join([*parts, *_idle(floor), *_tightest(floor)])


def _stale(floor: GpuFloor) -> list[str]:
    late = [one for one in floor.pictures if floor.stale(one.enclave.id) and floor.nodes_of(one.enclave.id)]
    return [
        f"{enclave_words(one, floor.pictures)} data is {words.age(one.age)} old."
        if not math.isnan(one.age)
        else f"{enclave_words(one, floor.pictures)} has never sent data."
        for one in late
    ]


def _tightest(floor: GpuFloor) -> list[str]:
    """The enclave whose GPUs are busiest, where there is a choice of several."""
    busy = {}
    for picture in floor.pictures:
        total = floor.sum([gpu for node in floor.nodes_of(picture.enclave.id) for gpu in node.gpus])
        if total.busy_of and not floor.stale(picture.enclave.id):
            busy[enclave_words(picture, floor.pictures)] = total.busy
    if len(busy) < 2:
        return []
    name = max(busy, key=busy.__getitem__)
    return [f"{name} is the tightest at {words.percent(busy[name], 0)}."]


def _idle(floor: GpuFloor) -> list[str]:
    found = []
    for picture in floor.pictures:
        since = [g.idle_since for node in floor.nodes_of(picture.enclave.id) for g in node.gpus]
        idle = [time for time in since if not math.isnan(time)]
        if idle:
            many = f"{words.capitalised(words.count_word(len(idle)))} reserved {words.plural(len(idle), 'GPU')}"
            verb = "has" if len(idle) == 1 else "have"
            lasts = words.age(floor.as_of - max(idle))
            found.append(f"{many} in {enclave_words(picture, floor.pictures)} {verb} been idle for {lasts}.")
    return found


def hidden_words(hidden: Sequence[Hidden]) -> str:
    """What the filter hides, and the worst of it."""
    names = words.listed([one.enclave.name for one in hidden])
    count = sum(one.gpus for one in hidden)
    worst = min((one.worst for one in hidden), key=lambda health: health.rank)
    state = "none in trouble" if worst is Health.HEALTHY else f"the worst {words.STATES[worst]}"
    return f"{names} hidden by the filter: {words.grouped(count)} {words.plural(count, 'GPU')}, {state}."


def gpu_figures(floor: GpuFloor) -> tuple[Figure, ...]:
    """The figures that exist: what is not known is left out, never shown as zero."""
    if not floor.nodes:
        return ()
    nodes = _current(floor)
    total = floor.sum([gpu for node in nodes for gpu in node.gpus])
    figures = [Figure("GPUs", words.grouped(sum(node.node.gpus for node in floor.nodes)))]
    if total.busy_of:
        figures.append(Figure(f"In use, of {words.grouped(total.busy_of)}", words.grouped(total.busy * 100), "%"))
    if total.memory_of:
        figures.append(Figure("Memory", words.grouped(total.memory * 100), "%"))
    if total.watts_of:
        value, _, unit = power_words(total.watts).partition(words.GAP)
        figures.append(Figure(f"Power, of {words.grouped(total.watts_of)}", value, unit))
    return tuple(figures)


def figures_tip(floor: GpuFloor) -> str:
    """Where the figures come from."""
    if not floor.nodes:
        return ""
    total = floor.sum([gpu for node in _current(floor) for gpu in node.gpus])
    return (
        f"GPUs: as the enclaves declare them. In use: mean of the newest utilisation of the {total.busy_of} GPUs that "
        f"say it now. Memory: in use over what there is, of {total.memory_of} GPUs and parts. Power: sum of "
        f"{total.watts_of} GPUs; what they could draw is not exported. Enclaves whose data is stale are left out."
    )
