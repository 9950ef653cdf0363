"""Promises that can be judged, but speak of nothing that this station knows: a name more often mistyped than early."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from typing import Final

from app.model.catalogue import Catalogue
from app.openslo.document import Field, Finding
from app.openslo.promises import Stated
from app.toml import near

_HINTED: Final = 100
"""Patterns for which the nearest name is sought: each takes a while among many names, and nobody reads more."""


def scope_warnings(promises: Iterable[Stated], catalogues: Sequence[Catalogue]) -> Iterator[Finding]:
    """Hold the patterns of each promise against what enclaves declared; a station that knows none has nothing to say.

    Yields
    ------
    Finding
        At the pattern that matches nothing, once for each place, however many promises refer to it.
    """
    if not catalogues:
        return
    told: set[Finding] = set()
    here = _Here(catalogues)
    for stated in promises:
        found = here.doubt(stated)
        if found is not None and found not in told:
            told.add(found)
            yield found


class _Here:
    """What the enclaves of a station declare; what was looked for once is remembered."""

    def __init__(self, catalogues: Sequence[Catalogue]) -> None:
        self._names = {
            one.enclave.id: [own.id for own in one.endpoints if own.retired_at is None] for one in catalogues
        }
        self._met: dict[tuple[str, str], tuple[str, str, str] | None] = {}
        self._hinted = 0

    def doubt(self, stated: Stated) -> Finding | None:
        scope = stated.objective.enclave_glob, stated.objective.endpoint_glob
        if scope not in self._met:
            self._met[scope] = self._missing(*scope)
        missing = self._met[scope]
        if missing is None:
            return None
        what, problem, hint = missing
        place: Field = getattr(stated, what)
        return Finding(place.file, place.line, place.path, problem, hint)

    def _missing(self, enclave_glob: str, endpoint_glob: str) -> tuple[str, str, str] | None:
        enclaves = [name for name in self._names if fnmatchcase(name, enclave_glob)]
        if not enclaves:
            return "enclave", f"no enclave here matches {enclave_glob!r}", self._hint(enclave_glob, list(self._names))
        names = sorted({name for enclave in enclaves for name in self._names[enclave]})
        if matching(names, endpoint_glob):
            return None
        where = "here" if len(enclaves) == len(self._names) else f"in {', '.join(enclaves)}"
        return "endpoint", f"no endpoint {where} matches {endpoint_glob!r}", self._hint(endpoint_glob, names)

    def _hint(self, glob: str, names: list[str]) -> str:
        self._hinted += 1
        return near(glob, names) if self._hinted <= _HINTED else ""
