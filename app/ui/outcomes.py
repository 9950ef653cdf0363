"""What came of a bundle, in words and in the ink of a state."""

from collections.abc import Sequence

from app.bundle.outcome import Code, Outcome
from app.model.health import Health
from app.ui import words
from app.ui.strip import Message


def outcome_health(code: Code) -> Health:
    """Ink of an outcome: taken in, waiting for somebody, or refused."""
    if code.accepted:
        return Health.HEALTHY
    if code in (Code.INCOMPLETE, Code.HELD, Code.CLOCK):
        return Health.WARNING
    return Health.CRITICAL


_TITLES = {
    Code.APPLIED: "Imported",
    Code.RESTORED: "Imported again into the cache",
    Code.DUPLICATE: "Already imported",
    Code.EXPIRED_AS_HISTORY: "Imported as history; its time has passed",
    Code.NOTHING_NEW: "Imported; it brought nothing new",
    Code.HELD: "Held",
    Code.INCOMPLETE: "Not complete yet",
    Code.CLOCK: "Held: the clocks do not agree",
    Code.UNTRUSTED: "Not opened: signer not trusted",
    Code.BAD_SIGNATURE: "Refused: the signature is not valid",
    Code.BAD_MANIFEST: "Refused: the manifest cannot be read",
    Code.PART_MISMATCH: "Refused: a part does not match the manifest",
    Code.UNSAFE_LAYOUT: "Refused: the layout is not safe to open",
    Code.FORK: "Refused: two different bundles claim the same place",
    Code.SPILL: "Stopped: marked above this station's ceiling",
    Code.SOURCE_LOCKED: "Refused: this source is locked",
}


def outcome_title(code: Code) -> str:
    """An outcome as a short title."""
    return _TITLES[code]


def outcome_message(outcome: Outcome) -> Message:
    """One outcome in words: what happened, why, what to do. A spill names nothing."""
    if outcome.code is Code.SPILL:
        return Message(
            outcome_title(outcome.code),
            "Call your security manager. Import from its source is locked.",
            Health.CRITICAL,
        )
    text = " ".join(part for part in (outcome.reason, outcome.action) if part)
    return Message(f"{outcome_title(outcome.code)}: {outcome.name}", text, outcome_health(outcome.code), "Open Sync")


def summary(outcomes: Sequence[Outcome]) -> Message:
    """Several outcomes in one message, the worst first."""
    if len(outcomes) == 1:
        return outcome_message(outcomes[0])
    worst = min(outcomes, key=lambda outcome: outcome_health(outcome.code).rank)
    taken = sum(outcome.code.accepted for outcome in outcomes)
    rest = len(outcomes) - taken
    title = f"{words.capitalised(words.count_word(taken))} of {words.count_word(len(outcomes))} bundles imported"
    if not rest:
        return Message(title, "", Health.HEALTHY, "Open Sync")
    first = outcome_message(worst)
    others = f" {words.capitalised(words.count_word(rest - 1))} more on the Sync page." if rest > 1 else ""
    return Message(title, f"{first.title}. {first.text}{others}", first.health, "Open Sync")
