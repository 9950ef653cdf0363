"""Promises that can be judged, but whose burn rates cannot do what they are for: by the file, or by the station."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from app.analysis.burn_rate import Finding as PairFinding
from app.analysis.burn_rate import Flaw, Pair, least_target, lint
from app.analysis.periods import mean_length
from app.model.catalogue import Catalogue, Enclave
from app.openslo.document import Finding
from app.openslo.promises import Stated


def burn_warnings(promises: Iterable[Stated], pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Hold each promise against the pairs of windows that watch its budget, whatever data comes in.

    Yields
    ------
    Finding
        At the target where a higher one would help, else at the window. A calendar's periods count by their mean
        length: a file does not become doubtful because it is February.
    """
    for stated in promises:
        period = mean_length(stated.objective.window)
        for found in lint(pairs, stated.objective.target, period, cadence=0.0):
            line, path = stated.target if found.flaw is Flaw.NEVER else stated.window
            problem = f"the pair of burn rates {found.pair.name!r} {found.flaw.value}"
            yield Finding(stated.file, line, path, problem, _hint(found, period))


def _hint(found: PairFinding, period: float) -> str:
    if found.flaw is Flaw.NEVER:
        return f"It can for a target above {least_target(found.pair, period) * 100:.4g} %."
    return f"Its factor is {found.factor:.3g}, its long window {found.pair.long / 3600:.3g} h."


class LatePairs(NamedTuple):
    """Pairs that only tell of the past at an enclave, for its data comes in too seldom, and what is promised there."""

    enclave: Enclave
    pairs: tuple[Pair, ...]
    objectives: tuple[str, ...]


def late_pairs(
    promises: Sequence[Stated], pairs: Sequence[Pair], catalogues: Sequence[Catalogue]
) -> Iterator[LatePairs]:
    """Find the enclaves of a station with an endpoint that some promise speaks of, where pairs come too late.

    No promise can mend that, so it is told once for each enclave.
    """
    scopes = [(stated.objective.enclave_glob, stated.objective.endpoint_glob) for stated in promises]
    for one in catalogues:
        late = tuple(pair for pair in pairs if pair.is_finer(one.enclave.cadence))
        here = {scope for scope in set(scopes) if late and _reaches(one, *scope)}
        if here:
            held = (stated.objective.id for stated, scope in zip(promises, scopes, strict=True) if scope in here)
            yield LatePairs(one.enclave, late, tuple(held))


def _reaches(catalogue: Catalogue, enclave_glob: str, endpoint_glob: str) -> bool:
    names = (own.id for own in catalogue.endpoints if own.retired_at is None)
    return fnmatchcase(catalogue.enclave.id, enclave_glob) and any(fnmatchcase(one, endpoint_glob) for one in names)
