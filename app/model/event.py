"""Things that happened, with a start and perhaps an end."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the event lanes.

    `kind` is one of ``alert``, ``maintenance``, ``xid``, ``deployment``, ``pipeline``, ``collection``.
    `subject` names the endpoint or node. `end` is None while the event is open.
    `key` is the natural key within (enclave, kind): a later bundle with the same key updates the event.
    Times are seconds UTC.
    """

    enclave: str
    kind: str
    key: str
    subject: str
    start: float
    end: float | None
    text: str
    labels: tuple[tuple[str, str], ...] = field(default=())
