"""What somebody should look at, by user impact.

The first picture is made with this, so nothing here may need an array or the store.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.analysis.duration import duration
from app.model.health import Freshness, Health
from app.query.fleet import About, Attention, Deployment, EnclaveState

if TYPE_CHECKING:
    from app.query.enclaves import Picture
    from app.query.gpus import GpuProblem
    from app.query.problems import SyncProblem
    from app.settings import Station

_LOOKED_AT = frozenset({Health.CRITICAL, Health.WARNING, Health.UNKNOWN})


def attention(
    station: "Station",
    at: float,
    pictures: "list[Picture]",
    deployments: Iterable[Deployment],
    gpus: "Iterable[GpuProblem]",
    sync: "Iterable[SyncProblem]",
) -> tuple[Attention, ...]:
    """Everything that wants somebody, worst first and, within a state, by the people it hurts."""
    weights = {picture.enclave.id: _weight(picture) for picture in pictures}
    found = [_of_deployment(one, at) for one in deployments if one.health in _LOOKED_AT]
    found += [_of_gpu(problem, at) for problem in gpus]
    found += [_overdue(picture, at, weights[picture.enclave.id]) for picture in pictures if picture.overdue > 0]
    found += [_of_sync(problem, station, at, weights) for problem in sync]
    return _in_order(found)


def attention_later(
    items: Iterable[Attention], at: float, states: Iterable[EnclaveState], deployments: Iterable[Deployment]
) -> tuple[Attention, ...]:
    """The same at a later moment: what was found in nodes and in the ledger, and the others as they are by then."""
    weights: dict[str, float] = {}
    found = [replace(item, age=_age(at, item.since)) for item in items if item.about in (About.NODE, About.LEDGER)]
    for one in deployments:
        if one.endpoint.retired_at is None:
            weights[one.enclave.id] = weights.get(one.enclave.id, 0.0) + one.endpoint.user_weight
        if one.health in _LOOKED_AT:
            found.append(_of_deployment(one, at))
    found += [_overdue(state, at, weights.get(state.enclave.id, 0.0)) for state in states if state.overdue > 0]
    return _in_order(found)


def _in_order(items: Iterable[Attention]) -> tuple[Attention, ...]:
    return tuple(sorted(items, key=_order))


def _order(item: Attention) -> tuple[int, float, float, str, str]:
    """Worst state, then most people, then the oldest, then the name."""
    since = math.inf if math.isnan(item.since) else item.since
    return (item.health.rank, -item.weight, since, item.subject, item.enclave)


def _weight(picture: "Picture") -> float:
    """People who see nothing, or the wrong thing, when an enclave is not heard: those of all its endpoints."""
    return sum(endpoint.user_weight for endpoint in picture.catalogue.endpoints if endpoint.retired_at is None)


def _age(at: float, since: float) -> float:
    return math.nan if math.isnan(since) else max(0.0, at - since)


def _of_deployment(one: Deployment, at: float) -> Attention:
    texts = [reason.text for reason in one.reasons]
    if one.stale:
        texts.append(f"as of {duration(one.age)} ago" if not math.isnan(one.age) else "never heard of")
    return Attention(
        health=one.health,
        level=one.enclave.level,
        enclave=one.enclave.id,
        subject=one.endpoint.title,
        text=_sentence(texts[0]) if texts else "",
        detail="; ".join(texts[1:]),
        since=one.since,
        age=_age(at, one.since),
        page="",
        weight=one.endpoint.user_weight,
    )


def _of_gpu(problem: "GpuProblem", at: float) -> Attention:
    enclave = problem.enclave
    return Attention(
        health=problem.health,
        level=enclave.level,
        enclave=enclave.id,
        subject=problem.node.id,
        text=_sentence(problem.text),
        detail=problem.node.gpu_model,
        since=problem.since,
        age=_age(at, problem.since),
        page="",
        about=About.NODE,  # whom a GPU serves is not known; its endpoints tell of the people
    )


def _overdue(picture: "Picture | EnclaveState", at: float, weight: float) -> Attention:
    enclave = picture.enclave
    text = f"{enclave.name} data is {duration(picture.age)} old, {duration(picture.overdue)} overdue"
    expired = picture.freshness is Freshness.EXPIRED
    return Attention(
        health=Health.WARNING,
        level=enclave.level,
        enclave=enclave.id,
        subject="Sync",
        text=text,
        detail="the newest bundle has expired" if expired else f"a bundle is due every {duration(enclave.cadence)}",
        since=at - picture.overdue,
        age=picture.overdue,
        page="sync",
        about=About.OVERDUE,
        weight=weight,
    )


def _of_sync(problem: "SyncProblem", station: "Station", at: float, weights: Mapping[str, float]) -> Attention:
    level = station.ceiling if problem.level is None else problem.level  # not known: fails closed
    return Attention(
        health=problem.health,
        level=level,
        enclave=problem.enclave,
        subject="Sync",
        text=_sentence(problem.text),
        detail=problem.detail,
        since=problem.since,
        age=_age(at, problem.since),
        page="sync",
        about=About.LEDGER,
        # whom a bundle that nobody could verify concerns is not known: it may be the largest enclave
        weight=weights.get(problem.enclave, max(weights.values(), default=0.0)),
    )


def _sentence(text: str) -> str:
    return text if text.startswith("p95") else text[:1].upper() + text[1:]
