"""What is promised, in words that tell the promises of an endpoint apart."""

from collections.abc import Sequence

from app.query.promise import Promise
from app.ui.exclusions.exclusion_words import day_words
from app.ui.service_levels.level_words import promise_words, target_words, window_words


def promised(promises: Sequence[Promise]) -> list[str]:
    """What each promises; where two of one endpoint would read alike, first in what they differ."""
    said = [_promised(one) for one in promises]
    alike: dict[tuple[str, str, str], list[int]] = {}
    for number, one in enumerate(promises):
        alike.setdefault((one.enclave.id, one.endpoint.id, said[number]), []).append(number)
    for numbers in alike.values():
        if len(numbers) > 1:
            for number, apart in zip(numbers, _apart([promises[one] for one in numbers]), strict=True):
                said[number] = f"{apart}: {said[number]}"  # first, where a narrow column keeps it
    return said


def _promised(promise: Promise) -> str:
    """What is promised; of a version that came into force meanwhile, since when."""
    said, began = promise_words(promise.objective), promise.period.span.start
    return f"{said}, from {day_words(began)}" if promise.version.since == began else said


def _apart(promises: Sequence[Promise]) -> list[str]:
    """Their windows where all differ, else their targets, else their titles, else their names, which always do."""
    for way in (window_words, target_words, lambda objective: objective.title or objective.id):
        found = [way(one.objective) for one in promises]
        if len(set(found)) == len(found):
            return found
    return [one.objective.id for one in promises]
