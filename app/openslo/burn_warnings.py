"""Promises that can be judged, but whose burn rates cannot do what they are for, and where a file makes them."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache

from app.analysis.burn_rate import Finding as PairFinding
from app.analysis.burn_rate import Flaw, Pair, least_target, lint
from app.analysis.periods import mean_length
from app.model.catalogue import Catalogue, Enclave
from app.openslo.document import Finding
from app.openslo.promises import Stated


def burn_warnings(
    promises: Iterable[Stated], pairs: Sequence[Pair], catalogues: Sequence[Catalogue]
) -> Iterator[Finding]:
    """Hold each promise against the pairs of windows that watch its budget.

    Parameters
    ----------
    promises
        In any number; many that speak of the same endpoints are quick.
    pairs
        Those of the station.
    catalogues
        Of the enclaves that the station knows. Of those with an endpoint that a promise speaks of, the one whose data
        comes in most seldom decides whether a window is too fine; where there is none nothing is said of that.

    Yields
    ------
    Finding
        At the target where a higher one would help, else at the window. A calendar's periods count by their mean
        length: a file does not become doubtful because it is February.
    """

    @cache
    def slowest(enclave_glob: str, endpoint_glob: str) -> Enclave | None:
        found = [
            one.enclave
            for one in catalogues
            if fnmatchcase(one.enclave.id, enclave_glob)
            and any(fnmatchcase(own.id, endpoint_glob) for own in one.endpoints if own.retired_at is None)
        ]
        return max(found, key=lambda enclave: enclave.cadence, default=None)

    for stated in promises:
        objective = stated.objective
        period, enclave = mean_length(objective.window), slowest(objective.enclave_glob, objective.endpoint_glob)
        for found in lint(pairs, objective.target, period, 0.0 if enclave is None else enclave.cadence):
            line, path = stated.target if found.flaw is Flaw.NEVER else stated.window
            problem = f"the pair of burn rates {found.pair.name!r} {found.flaw.value}"
            yield Finding(stated.file, line, path, problem, _hint(found, period, enclave))


def _hint(found: PairFinding, period: float, enclave: Enclave | None) -> str:
    if found.flaw is Flaw.NEVER:
        return f"It can for a target above {least_target(found.pair, period) * 100:.4g} %."
    if found.flaw is Flaw.FINER and enclave is not None:
        return f"Data of {enclave.id} comes in every {enclave.cadence / 3600:.3g} h."
    return f"Its factor is {found.factor:.3g}, its long window {found.pair.long / 3600:.3g} h."
