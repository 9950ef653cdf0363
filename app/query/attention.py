"""What somebody should look at, by user impact."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from app.analysis.duration import duration
from app.model.health import Freshness, Health
from app.model.marking import Level
from app.query.enclaves import Picture
from app.query.fleet import Attention, Deployment
from app.query.gpus import GpuProblem
from app.query.problems import SyncProblem
from app.settings import Station

_LOOKED_AT = frozenset({Health.CRITICAL, Health.WARNING, Health.UNKNOWN})


@dataclass(frozen=True, slots=True)
class _Ranked:
    """An item and the user weight that it puts at risk."""

    item: Attention
    weight: float

    @property
    def order(self) -> tuple[int, float, float, str, str]:
        """Worst state, then most people, then the oldest, then the name."""
        since = math.inf if math.isnan(self.item.since) else self.item.since
        return (self.item.health.rank, -self.weight, since, self.item.subject, self.item.enclave)


def attention(
    station: Station,
    at: float,
    pictures: list[Picture],
    deployments: Iterable[Deployment],
    gpus: Iterable[GpuProblem],
    sync: Iterable[SyncProblem],
) -> tuple[Attention, ...]:
    """Everything that wants somebody, worst first and, within a state, by the people it hurts."""
    weights = {picture.enclave.id: _weight(picture) for picture in pictures}
    found = [_of_deployment(one, at) for one in deployments if one.health in _LOOKED_AT]
    found += [_of_gpu(problem, at) for problem in gpus]
    found += [_overdue(picture, at, weights[picture.enclave.id]) for picture in pictures if picture.overdue > 0]
    found += [_of_sync(problem, station, at, weights) for problem in sync]
    return tuple(ranked.item for ranked in sorted(found, key=lambda one: one.order))


def _weight(picture: Picture) -> float:
    """People who see nothing, or the wrong thing, when an enclave is not heard: those of all its endpoints."""
    return sum(endpoint.user_weight for endpoint in picture.catalogue.endpoints if endpoint.retired_at is None)


def _age(at: float, since: float) -> float:
    return math.nan if math.isnan(since) else max(0.0, at - since)


def _of_deployment(one: Deployment, at: float) -> _Ranked:
    texts = [reason.text for reason in one.reasons]
    if one.stale:
        texts.append(f"as of {duration(one.age)} ago" if not math.isnan(one.age) else "never heard of")
    item = Attention(
        health=one.health,
        level=one.enclave.level,
        enclave=one.enclave.id,
        subject=one.endpoint.title,
        text=_sentence(texts[0]) if texts else "",
        detail="; ".join(texts[1:]),
        since=one.since,
        age=_age(at, one.since),
        page="",
    )
    return _Ranked(item, one.endpoint.user_weight)


def _of_gpu(problem: GpuProblem, at: float) -> _Ranked:
    enclave = problem.enclave
    item = Attention(
        health=problem.health,
        level=enclave.level,
        enclave=enclave.id,
        subject=problem.node.id,
        text=_sentence(problem.text),
        detail=problem.node.gpu_model,
        since=problem.since,
        age=_age(at, problem.since),
        page="",
    )
    return _Ranked(item, 0.0)  # whom a GPU serves is not known; its endpoints tell of the people


def _overdue(picture: Picture, at: float, weight: float) -> _Ranked:
    enclave = picture.enclave
    text = f"{enclave.name} data is {duration(picture.age)} old, {duration(picture.overdue)} overdue"
    expired = picture.freshness is Freshness.EXPIRED
    item = Attention(
        health=Health.WARNING,
        level=enclave.level,
        enclave=enclave.id,
        subject="Sync",
        text=text,
        detail="the newest bundle has expired" if expired else f"a bundle is due every {duration(enclave.cadence)}",
        since=at - picture.overdue,
        age=picture.overdue,
        page="sync",
    )
    return _Ranked(item, weight)


def _of_sync(problem: SyncProblem, station: Station, at: float, weights: dict[str, float]) -> _Ranked:
    level: Level = station.ceiling if problem.level is None else problem.level  # not known: fails closed
    item = Attention(
        health=problem.health,
        level=level,
        enclave=problem.enclave,
        subject="Sync",
        text=_sentence(problem.text),
        detail=problem.detail,
        since=problem.since,
        age=_age(at, problem.since),
        page="sync",
    )
    # whom a bundle that nobody could verify concerns is not known: it may be the largest enclave
    return _Ranked(item, weights.get(problem.enclave, max(weights.values(), default=0.0)))


def _sentence(text: str) -> str:
    return text if text.startswith("p95") else text[:1].upper() + text[1:]
