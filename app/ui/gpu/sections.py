"""Which GPUs stand together: those of an enclave, of a model, or of a team."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from app.model.marking import Level
from app.query.gpu_floor import Gpu, GpuFloor, NodeNow
from app.ui import words


class Grouping(Enum):
    """By what GPUs are grouped."""

    ENCLAVE = "Enclave"
    MODEL = "Model"
    TEAM = "Team"


class Card(NamedTuple):
    """One card of a node: itself, or its parts (MIG)."""

    number: str
    parts: tuple[Gpu, ...]


class Row(NamedTuple):
    """One node with those of its cards that belong to a section."""

    node: NodeNow
    cards: tuple[Card, ...]


class Section(NamedTuple):
    """GPUs that stand together. `level` is None where they may be of several enclaves; `enclave` is then empty."""

    title: str
    level: Level | None
    enclave: str
    rows: tuple[Row, ...]

    @property
    def gpus(self) -> list[Gpu]:
        """All GPUs and parts, in order."""
        return [gpu for row in self.rows for card in row.cards for gpu in card.parts]

    @property
    def widest(self) -> int:
        """Cards of the node that has most."""
        return max((len(row.cards) for row in self.rows), default=0)


NO_TEAM = "No team named"


def sections(floor: GpuFloor, grouping: Grouping) -> list[Section]:
    """Group what is shown. Enclaves keep their order; models and teams stand by name, those without one last."""
    if grouping is Grouping.ENCLAVE:
        return [
            Section(picture.enclave.name, picture.enclave.level, picture.enclave.id, _rows(nodes, _every))
            for picture in floor.pictures
            if (nodes := floor.nodes_of(picture.enclave.id))
        ]
    if grouping is Grouping.MODEL:
        models = sorted({node.node.gpu_model for node in floor.nodes}, key=_last_if_empty)
        return [_of_model(floor, model) for model in models]
    teams = sorted({gpu.team for gpu in floor.gpus}, key=_last_if_empty)
    return [Section(team or NO_TEAM, None, "", _rows(floor.nodes, _of_team(team))) for team in teams]


def _of_model(floor: GpuFloor, model: str) -> Section:
    nodes = [node for node in floor.nodes if node.node.gpu_model == model]
    return Section(model or "Model not declared", None, "", _rows(nodes, _every))


def names_teams(floor: GpuFloor) -> bool:
    """Whether any GPU carries the name of a team."""
    return any(gpu.team for gpu in floor.gpus)


def _last_if_empty(name: str) -> tuple[bool, str]:
    return (not name, name)


def _every(gpu: Gpu) -> bool:
    return True


def _of_team(team: str) -> Callable[[Gpu], bool]:
    return lambda gpu: gpu.team == team


def _rows(nodes: Iterable[NodeNow], belongs: Callable[[Gpu], bool]) -> tuple[Row, ...]:
    found = []
    for node in nodes:
        cards = [Card(name, kept) for name, parts in node.cards.items() if (kept := tuple(filter(belongs, parts)))]
        if cards:
            found.append(Row(node, tuple(cards)))
    return tuple(found)


def section_words(section: Section, floor: GpuFloor) -> str:
    """How many GPUs a section has and how they are used: ``32 GPUs, 83 % in use``."""
    total = floor.sum(section.gpus)
    count = f"{words.grouped(total.cards)} {words.plural(total.cards, 'GPU')}"
    return f"{count}, {words.percent(total.busy, 0)} in use" if total.busy_of else f"{count}, use not known"
