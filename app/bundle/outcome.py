"""What came of a bundle: a value, whatever it is. A refusal is not an error."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from app.bundle.manifest import Manifest
from app.model.marking import Level


class Code(Enum):
    """How an import or a verification ended."""

    APPLIED = "APPLIED"
    RESTORED = "RESTORED"
    DUPLICATE = "DUPLICATE"
    EXPIRED_AS_HISTORY = "EXPIRED_AS_HISTORY"
    NOTHING_NEW = "NOTHING_NEW"
    HELD = "HELD"
    INCOMPLETE = "INCOMPLETE"
    CLOCK = "CLOCK"
    UNTRUSTED = "UNTRUSTED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    BAD_MANIFEST = "BAD_MANIFEST"
    PART_MISMATCH = "PART_MISMATCH"
    UNSAFE_LAYOUT = "UNSAFE_LAYOUT"
    FORK = "FORK"
    SPILL = "SPILL"
    SOURCE_LOCKED = "SOURCE_LOCKED"

    @property
    def accepted(self) -> bool:
        """Whether the content stands in the cache afterwards."""
        return self in _ACCEPTED

    @property
    def waits(self) -> bool:
        """Whether an unparsed copy is kept, to be tried again."""
        return self in _WAITING

    @property
    def locks(self) -> bool:
        """Whether the source is locked until somebody releases it."""
        return self in {Code.FORK, Code.SPILL}


_ACCEPTED = frozenset({Code.APPLIED, Code.RESTORED, Code.DUPLICATE, Code.EXPIRED_AS_HISTORY, Code.NOTHING_NEW})
_WAITING = frozenset({Code.HELD, Code.CLOCK, Code.UNTRUSTED})


@dataclass(frozen=True, slots=True)
class Check:
    """One step of the verification: `state` is ``passed``, ``failed`` or ``waiting``."""

    state: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one bundle.

    `name` is the outer name as it may be shown, `reason` what happened, `action` what to do.
    What was not verified is empty, 0 or None; `size` is in bytes. `told` is the verified manifest,
    `shape` tells the same files from changed ones, `evidence` is the SHA-384 of an unopened manifest.
    """

    code: Code
    name: str
    reason: str
    action: str
    manifest: str = ""
    source: str = ""
    stream: str = ""
    epoch: int = 0
    seq: int = 0
    level: Level | None = None
    checks: tuple[Check, ...] = ()
    size: int = 0
    told: Manifest | None = None
    shape: str = ""
    evidence: str = ""

    def plain(self) -> dict[str, Any]:
        """Plain JSON values, for commands."""
        return {
            "code": self.code.value,
            "accepted": self.code.accepted,
            "name": self.name,
            "reason": self.reason,
            "action": self.action,
            "manifest": self.manifest,
            "source": self.source,
            "stream": self.stream,
            "epoch": self.epoch,
            "seq": self.seq,
            "level": None if self.level is None else self.level.code,
            "size": self.size,
            "checks": [{"state": check.state, "title": check.title, "text": check.text} for check in self.checks],
        }
