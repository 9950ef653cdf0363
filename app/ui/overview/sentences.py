"""The overview in words: its sentence, the line below it and its figures."""

import math

from app.model.health import Freshness, Health
from app.query.fleet import Deployment, EnclaveState, Fleet, Overview
from app.ui import words
from app.ui.page import enclave_words
from app.ui.sentence import Figure, Span

_LEAST_KNOWN = 0.01
"""Share of the 30 days below which an availability would say more than is known."""


def _cells(fleet: Fleet) -> list[Deployment]:
    return [cell for row in fleet.rows for cell in row.cells.values()]


def _endpoints(cells: list[Deployment], health: Health) -> int:
    """Endpoints that have a deployment in this state now."""
    return len({cell.endpoint.id for cell in cells if cell.health is health and not cell.stale})


def _late(fleet: Fleet) -> list[EnclaveState]:
    return [s for s in fleet.enclaves if s.freshness is not Freshness.FRESH and not math.isnan(s.data_time)]


def overview_sentence(fleet: Fleet) -> tuple[Span, ...]:
    """Who is hurting, and whether this screen can be believed, in one sentence."""
    cells = _cells(fleet)
    if not cells and fleet.hidden:
        return (Span("Every enclave is hidden by the filter.", strong=True),)
    if not cells:
        return (Span("Nothing is known yet.", strong=True), Span(" No bundle has brought a deployment."))
    spans = [*_state_spans(cells), *_age_spans(fleet)]
    return tuple(spans)


def _state_spans(cells: list[Deployment]) -> list[Span]:
    critical, warning = _endpoints(cells, Health.CRITICAL), _endpoints(cells, Health.WARNING)
    unknown = sum(cell.stale or cell.health is Health.UNKNOWN for cell in cells)
    noun = words.plural(max(critical, 1), "endpoint")
    verb = "is" if critical == 1 else "are"
    if critical:
        spans = [Span(f"{words.capitalised(words.count_word(critical))} {noun} {verb} critical", strong=True)]
        if warning:
            need = "needs" if warning == 1 else "need"
            spans.append(Span(f" and {words.count_word(warning)} {need} watching"))
        return [*spans, Span(".")]
    if warning:
        need = "needs" if warning == 1 else "need"
        said = f"{words.capitalised(words.count_word(warning))} {words.plural(warning, 'endpoint')} {need} watching"
        return [Span(said, strong=True), Span(" and none is critical.")]
    if unknown == len(cells):
        return [Span("No deployment has current data.", strong=True), Span(" What is shown is the last known state.")]
    if unknown:
        said = f"{words.capitalised(words.count_word(unknown))} {words.plural(unknown, 'deployment')}"
        verb = "is" if unknown == 1 else "are"
        return [
            Span("No endpoint is known to be in trouble", strong=True),
            Span(f", but {said.lower()} {verb} unknown."),
        ]
    return [Span("Every endpoint is healthy.", strong=True)]


def _age_spans(fleet: Fleet) -> list[Span]:
    never = [state for state in fleet.enclaves if math.isnan(state.data_time)]
    late = _late(fleet)
    if never:
        names = words.listed([enclave_words(state, fleet.enclaves) for state in never])
        return [
            Span(
                f" {names} {'has' if len(never) == 1 else 'have'} never sent data.", strong=True, health=Health.WARNING
            )
        ]
    if not late:
        return []
    worst = max(late, key=lambda state: state.age)
    said = f" {enclave_words(worst, fleet.enclaves)} data is {words.age(worst.age)} old."
    if len(late) > 1:
        others = words.listed([enclave_words(state, fleet.enclaves) for state in late])
        said = f" {others} data is late, up to {words.age(worst.age)}."
    return [Span(said, strong=True, health=Health.WARNING)]


def below_sentence(fleet: Fleet) -> str:
    """How much the sentence is about; before that what the filter hides, for a problem is never hidden silently."""
    cells = _cells(fleet)
    parts = [hidden_words(fleet.hidden)] if fleet.hidden else []
    if cells:
        current = not any(cell.stale or cell.health is Health.UNKNOWN for cell in cells)
        if current and any(cell.health in (Health.CRITICAL, Health.WARNING) for cell in cells):
            parts.append("Everything else is inside its limits.")
        parts.append(
            f"{words.grouped(len(cells))} {words.plural(len(cells), 'deployment')} of "
            f"{words.grouped(len(fleet.rows))} {words.plural(len(fleet.rows), 'endpoint')} in "
            f"{words.count_word(len(fleet.enclaves))} {words.plural(len(fleet.enclaves), 'enclave')}."
        )
    return " ".join(parts)


def kept_words(overview: Overview) -> str:
    """That what is shown was kept from an earlier run, how old it is, and that it will not stay."""
    return f"Last read {words.age(overview.fleet.as_of - overview.seen)} ago, now being brought up to date."


def hidden_words(hidden: tuple[EnclaveState, ...]) -> str:
    """What the filter hides: how many, how many of them are not healthy, and the worst state."""
    names = words.listed([enclave_words(state, hidden) for state in hidden])
    total = sum(state.total for state in hidden)
    bad = total - sum(state.healthy for state in hidden)
    said = f"{names} hidden by the filter: {words.grouped(total)} {words.plural(total, 'deployment')}"
    if not bad:
        return f"{said}, all healthy."
    return f"{said}, {words.count_word(bad)} not healthy, the worst {words.STATES[worst_hidden(hidden)]}."


def worst_hidden(hidden: tuple[EnclaveState, ...]) -> Health:
    """Worst state among what the filter hides."""
    return min((state.worst for state in hidden), key=lambda health: health.rank)


def overview_figures(fleet: Fleet) -> tuple[Figure, ...]:
    """The figures that exist. What is not known is left out, never shown as zero."""
    figures = []
    if not math.isnan(fleet.availability):
        label = "Availability, 30 d"
        if fleet.availability_coverage < 0.9995:
            label += f", {percent_floor(fleet.availability_coverage)} known"
        if fleet.availability_coverage < _LEAST_KNOWN:
            figures.append(Figure(label, "\N{EN DASH}"))
        else:
            figures.append(Figure(label, _availability(fleet.availability), "%"))
    if not math.isnan(fleet.gpu_busy):
        figures.append(
            Figure(f"GPU in use, mean of {words.grouped(fleet.gpus)}", words.grouped(fleet.gpu_busy * 100), "%")
        )
    return tuple(figures)


def _availability(ratio: float) -> str:
    """Never rounded up to 100."""
    hundredths = math.floor(ratio * 10_000 + 1e-6)
    return "100" if hundredths >= 10_000 else f"{hundredths / 100:.2f}"


def percent_floor(ratio: float) -> str:
    """Coverage, rounded down: 99.9 % known is not all."""
    return f"{math.floor(ratio * 1000 + 1e-6) / 10:g}{words.GAP}%"
