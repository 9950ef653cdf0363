"""How deployments stand together: by endpoint, and counted by enclave."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.model.health import Health
from app.query.fleet import Deployment, EnclaveState, EndpointRow


def endpoint_rows(cells: Iterable[Deployment]) -> tuple[EndpointRow, ...]:
    """One row per endpoint id; the worst state first, then by the people whom that state hurts."""
    rows: dict[str, dict[str, Deployment]] = {}
    for cell in cells:
        rows.setdefault(cell.endpoint.id, {})[cell.enclave.id] = cell
    ordered = sorted(rows.items(), key=lambda item: (*_impact(item[1]), item[0]))
    return tuple(
        EndpointRow(name, first.endpoint.title, first.endpoint.purpose, by_enclave)
        for name, by_enclave in ordered
        for first in [next(iter(by_enclave.values()))]
    )


def _impact(cells: dict[str, Deployment]) -> tuple[int, float]:
    worst = min([cell.health.rank for cell in cells.values()])
    return worst, -sum([cell.endpoint.user_weight for cell in cells.values() if cell.health.rank == worst])


def counted(state: EnclaveState, cells: Sequence[Deployment]) -> EnclaveState:
    """The enclave with what its deployments come to."""
    return replace(
        state,
        healthy=sum(cell.health is Health.HEALTHY for cell in cells),
        total=len(cells),
        worst=min((cell.health for cell in cells), key=lambda health: health.rank, default=Health.OFF),
    )
