"""What a service has promised, and what does not count against it: the nouns of service levels."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "year"]
"""Kinds of calendar periods. A week begins on Monday."""

Comparison = Literal["lt", "lte", "gt", "gte"]
Treatment = Literal["count", "separate", "exclude"]
ExclusionKind = Literal["planned", "customer", "force-majeure"]


class Method(Enum):
    """How a budget is counted; every figure names its method.

    OCCURRENCES weighs each event alike. TIMESLICES cuts time into slices that are good or bad by `slice_target`
    and weighs each slice alike. RATIO_TIMESLICES takes the mean of the slices' ratios, and has no slice target.
    """

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


class Missing(Enum):
    """What time without data is taken for. GOOD must be named beside every figure that it touches."""

    UNKNOWN = "unknown"
    BAD = "bad"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Window:
    """The time that an objective is judged over.

    Parameters
    ----------
    kind
        ``rolling``: the last `seconds`; ``calendar``: whole periods of `count` times `unit`.
    seconds
        Length of a rolling window; None for a calendar.
    unit, count
        Of a calendar window; `unit` is None for a rolling one.
    zone
        IANA name of the zone in which a calendar period begins at midnight.
    start
        First day of some period, to which periods of more than one unit are aligned; None where units follow
        the calendar itself.
    """

    kind: Literal["rolling", "calendar"]
    seconds: float | None = None
    unit: Unit | None = None
    count: int = 1
    zone: str = "UTC"
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Selector:
    """A canonical metric and the labels that are asked of it beyond enclave and endpoint, such as ``le``."""

    metric: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is measured.

    A ``ratio`` has `total` and either `good` or `bad`, all of them counts per step. A flag of zero and one such as
    ``endpoint_up`` is its own total: `good` and `total` name the same selector, and samples are what is counted.
    A ``threshold`` is good where `metric` compares by `op` to `value`, in the metric's own unit.
    """

    kind: Literal["ratio", "threshold"]
    good: Selector | None = None
    bad: Selector | None = None
    total: Selector | None = None
    metric: Selector | None = None
    op: Comparison | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When a service is promised, by the clock on the wall of `zone`.

    `days` are those on which a shift begins, 0 is Monday. `start` and `end` are ``HH:MM``; ``24:00`` ends a day,
    and an `end` that is not later than `start` lies on the day after.
    """

    days: tuple[int, ...]
    start: str
    end: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise.

    `target` lies between 0 and 1, both left out. `slice_seconds` and `slice_target` belong to the time slice methods.
    `hours` of None promises the service always. `response` and `resolve` give seconds by severity. `party` is whom
    the promise is made to.
    """

    id: str
    title: str
    service: str
    enclave_glob: str
    endpoint_glob: str
    indicator: Indicator
    target: float
    method: Method
    window: Window
    slice_seconds: float | None = None
    slice_target: float | None = None
    hours: ServiceHours | None = None
    missing: Missing = Missing.UNKNOWN
    response: dict[str, float] = field(default_factory=dict)
    resolve: dict[str, float] = field(default_factory=dict)
    party: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Time that somebody asks not to be counted against objectives.

    `start` and `end` are seconds UTC, of the first occurrence where `rule`, an iCalendar RRULE, repeats it by the
    clock on the wall of `zone`. `treatment` says what becomes of it: ``count`` leaves the figure as it is and shows
    the time; ``separate`` leaves it in the promise with nothing in it bad, in a column of its own; ``exclude`` takes
    it out of the promise, so that a minute of the rest weighs more. An empty `approved_by` is nobody, and only an
    approved exclusion that is not `withdrawn` changes a figure.
    """

    id: str
    objective_glob: str
    enclave_glob: str
    endpoint_glob: str
    start: float
    end: float
    rule: str
    zone: str
    kind: ExclusionKind
    treatment: Treatment
    reason: str
    reference: str
    requested_by: str
    approved_by: str = ""
    withdrawn: bool = False

    @property
    def stands(self) -> bool:
        """Whether it changes figures."""
        return bool(self.approved_by) and not self.withdrawn
