"""What an enclave declares about itself: its name, level, endpoints and nodes."""

from dataclasses import dataclass

from app.model.marking import Level


@dataclass(frozen=True, slots=True)
class Enclave:
    """A network of one classification level, as its collector declares it.

    `cadence` is the seconds between two bundles; `grace` how much later one may come
    before the data is LATE.
    """

    id: str
    name: str
    level: Level
    cadence: float
    grace: float = 0.0

    @property
    def order(self) -> tuple[int, str]:
        """Sort key used everywhere: level, then name."""
        return (int(self.level), self.name)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared model endpoint of one enclave.

    `id` is shared by the deployments of the same service in several enclaves.
    `user_weight` is the relative number of people who are hurt when it fails.
    `step` is the seconds between two samples of its series.
    """

    enclave: str
    id: str
    title: str
    purpose: str = ""
    model: str = ""
    owner: str = ""
    user_weight: float = 1.0
    expected_replicas: int = 0
    step: float = 60.0
    retired_at: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One declared GPU node of one enclave."""

    enclave: str
    id: str
    gpus: int
    gpu_model: str = ""
    retired_at: float | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Inventory that travels, signed, with every full and delta.

    `as_of` is the collector's time in seconds UTC; of two catalogues of one enclave the
    one from the higher (epoch, sequence) is in force.
    """

    enclave: Enclave
    endpoints: tuple[Endpoint, ...]
    nodes: tuple[Node, ...] = ()
    as_of: float = 0.0
