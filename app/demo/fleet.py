"""Who is there in the demonstration: enclaves, endpoints, GPU nodes. Data, no behaviour over time."""

import math
from dataclasses import dataclass

from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0
WEEK = 7 * DAY
ALWAYS = math.inf

OBJECTIVES = {  # seconds; the `le` bounds an enclave counts requests within: its promise, half of it, twice of it
    "rag-gateway": 1.0,
    "speech-to-text": 1.5,
    "translate-multi": 0.65,
    "image-detect": 0.15,
    "entity-extract": 0.12,
    "chat-assist-70b": 1.4,
    "embed-search": 0.1,
    "doc-summarise": 4.0,
    "code-assist": 0.5,
    "geo-segment": 0.8,
    "ocr-forms": 0.6,
    "content-guard": 0.05,
}


@dataclass(frozen=True, slots=True)
class Service:
    """What one deployment is like while nothing is wrong.

    `p95` is in seconds, `errors` a ratio, `peak` requests per second at the busiest hour, `versions` from
    oldest to newest as (version, seconds before now at which it took over all traffic).
    `latency` is ``exact``, ``floor`` (below the first bucket of 0.3 s only "at most" is known) or ``none``.
    `copy` is 1 for a deployment of the story and higher for a copy of one.
    """

    endpoint: Endpoint
    p95: float
    errors: float
    peak: float
    versions: tuple[tuple[str, float], ...]
    latency: str = "exact"
    queue: bool = True
    copy: int = 1

    @property
    def objective(self) -> float:
        """Promised p95 in seconds."""
        return OBJECTIVES[self.endpoint.id.partition("_")[0]]


@dataclass(frozen=True, slots=True)
class Machine:
    """What one GPU node is like while nothing is wrong.

    `busy` is the mean share of time with a kernel running at the moment of the demonstration, `missing` the
    metrics that its exporter does not give, `copy` as of a Service. `team` is a label of its GPUs, where there is
    one. `held` is the share of memory in use at the moment of the demonstration, which grew by `filling` a day.
    `slices` are the parts (MIG) of some of its GPUs: their instance numbers by the GPU's.
    """

    node: Node
    busy: float
    missing: tuple[str, ...] = ()
    copy: int = 1
    team: str = ""
    held: float = 0.66
    filling: float = 0.0
    slices: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def entities(self) -> tuple[tuple[int, str, float], ...]:
        """Everything that the exporter speaks of: GPU, value of its label ``gpu``, share of the card's memory."""
        cut = dict(self.slices)
        found: list[tuple[int, str, float]] = []
        for gpu in range(self.node.gpus):
            parts = cut.get(gpu, ())
            found += [(gpu, f"{gpu}:{part}", 1.0 / len(parts)) for part in parts] if parts else [(gpu, str(gpu), 1.0)]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Site:
    """One enclave of the demonstration.

    `behind` is the age of its newest imported data at the moment "now", `transit` the seconds from cut to
    import, `carriers` who brings the bundles, in turn. With `forged` its newest bundle is signed by a key that
    the station does not trust.
    """

    enclave: Enclave
    source: str
    services: tuple[Service, ...]
    machines: tuple[Machine, ...]
    behind: float
    transit: tuple[float, ...]
    carriers: tuple[str, ...]
    forged: bool = False

    def catalogue(self, as_of: float) -> Catalogue:
        """The inventory that travels with this enclave's bundles."""
        endpoints = tuple(service.endpoint for service in self.services)
        return Catalogue(self.enclave, endpoints, tuple(machine.node for machine in self.machines), as_of)


# id, purpose, model, owner, requests/s at peak, replicas
_KINDS = (
    ("rag-gateway", "Retrieval and answer", "rag-answer-34b", "Retrieval duty engineer", 72.0, 10),
    ("speech-to-text", "Audio transcription", "speech-large-v3", "Speech duty engineer", 24.0, 8),
    ("translate-multi", "38 language pairs", "translate-moe-12b", "Language duty engineer", 64.0, 6),
    ("image-detect", "Object detection", "detect-x-640", "Imagery duty engineer", 110.0, 6),
    ("entity-extract", "Names, places, units", "entity-deb-400m", "Language duty engineer", 140.0, 4),
    ("chat-assist-70b", "Dialogue", "chat-assist-70b", "Dialogue duty engineer", 38.0, 12),
    ("embed-search", "Vector search", "embed-large", "Retrieval duty engineer", 210.0, 4),
    ("doc-summarise", "Long documents", "summarise-32b", "Dialogue duty engineer", 18.0, 6),
    ("code-assist", "Completion", "code-assist-15b", "Platform duty engineer", 55.0, 4),
    ("geo-segment", "Imagery tiles", "segment-geo-l", "Imagery duty engineer", 30.0, 6),
    ("ocr-forms", "Scanned pages", "ocr-forms-base", "Platform duty engineer", 26.0, 4),
    ("content-guard", "Input and output screening", "guard-8b", "Safety duty engineer", 240.0, 6),
)

# endpoint -> (p95 in ms, errors in %) while well, for U, S, TS; None: not deployed
_NORMAL = {
    "rag-gateway": ((612, 0.02), (640, 0.04), (655, 0.04)),
    "speech-to-text": ((840, 0.11), (865, 0.10), (880, 0.12)),
    "translate-multi": ((470, 0.13), (478, 0.14), (484, 0.12)),
    "image-detect": ((96, 0.02), (99, 0.03), (101, 0.03)),
    "entity-extract": ((74, 0.01), (79, 0.02), (78, 0.02)),
    "chat-assist-70b": ((980, 0.16), (1010, 0.18), (1040, 0.20)),
    "embed-search": ((38, 0.003), (41, 0.01), (40, 0.01)),
    "doc-summarise": ((2240, 0.15), (2310, 0.12), (2295, 0.18)),
    "code-assist": ((224, 0.05), (240, 0.05), None),
    "geo-segment": (None, (420, 0.07), (433, 0.06)),
    "ocr-forms": ((310, 0.09), (322, 0.08), (318, 0.08)),
    "content-guard": ((28, 0.003), (31, 0.004), (30, 0.01)),
}

# people hurt when it fails, for U, S, TS
_WEIGHTS = {
    "rag-gateway": (40.0, 100.0, 50.0),
    "speech-to-text": (20.0, 35.0, 70.0),
    "translate-multi": (60.0, 45.0, 30.0),
    "image-detect": (15.0, 45.0, 30.0),
    "entity-extract": (12.0, 18.0, 20.0),
    "chat-assist-70b": (40.0, 60.0, 25.0),
}

_VERSIONS = {
    ("rag-gateway", 1): (("2.4.0", ALWAYS), ("2.4.1", 6 * DAY + 18 * HOUR)),
    ("doc-summarise", 1): (("1.8.0", ALWAYS), ("1.9.0", 3 * DAY + 2 * HOUR), ("1.8.0", 2 * DAY + 19 * HOUR)),
    ("entity-extract", 2): (("3.1", ALWAYS), ("3.2", 4 * HOUR + 30 * MINUTE)),
    ("image-detect", 0): (("5.0.2", ALWAYS), ("5.1.0", 12 * DAY)),
    ("image-detect", 1): (("5.0.2", ALWAYS), ("5.1.0", 8 * DAY)),
    ("code-assist", 0): (("0.9.3", ALWAYS), ("0.9.4", 17 * DAY + 5 * HOUR)),
    ("content-guard", 2): (("1.2.0", ALWAYS), ("1.3.0", 21 * DAY)),
}

_ECC = ("gpu_xid_errors_total", "gpu_ecc_uncorrectable_total")
_MIG = ("gpu_utilisation_ratio",)

_SLICES = ((6, ("3", "4", "5")), (7, ("1", "2")))
"""Two of a node's cards are cut: one into three parts, one into halves."""

_NODES = (  # GPUs, model, busy share now, metrics not exported, team
    (
        ("u-n01", 8, "A100-80G", 0.89, (), "retrieval"),
        ("u-n02", 8, "A100-80G", 0.89, (), "retrieval"),
        ("u-n03", 8, "A100-80G", 0.74, (), "dialogue"),
        ("u-n04", 8, "A100-80G MIG", 0.55, _MIG, "language"),
    ),
    (
        ("s-n01", 8, "H100-80G", 0.86, (), "retrieval"),
        ("s-n02", 8, "H100-80G", 0.82, (), "imagery"),
        ("s-n03", 8, "H100-80G", 0.84, (), "imagery"),
        ("s-n04", 8, "H100-80G", 0.80, (), "dialogue"),
    ),
    (
        ("ts-n01", 8, "H100-80G", 0.70, _ECC, ""),
        ("ts-n02", 8, "H100-80G", 0.58, (), ""),
        ("ts-n03", 8, "H100-80G", 0.54, (), ""),
    ),
)

_FILLING = {"enc-s1": (0.77, 0.007)}
"""Share of memory held now, and by how much of it a day it grew, where it does grow."""

_SITES = (  # enclave, source id, traffic share, behind, transit, carriers
    (Enclave("enc-u1", "Unclassified", Level.U, 900.0, 300.0), "collector-u1", 1.0, 360.0, (20.0,), ("relay",)),
    (Enclave("enc-s1", "Secret", Level.S, 3600.0, 600.0), "collector-s1", 0.8, 2460.0, (60.0, 30.0), ("relay",)),
    (
        Enclave("enc-t1", "Top Secret", Level.TS, 7200.0),
        "collector-t1",
        0.5,
        11520.0,
        (2640.0, 2520.0, 2460.0, 2700.0),
        ("courier 6", "courier 5", "courier 4"),
    ),
)


def sites(scale: int = 1) -> tuple[Site, ...]:
    """The enclaves of the demonstration, lowest level first.

    Parameters
    ----------
    scale
        How often every endpoint is there. The copies, named ``rag-gateway_2`` and so on, have no trouble of their
        own; they are for measuring. A copy runs one version and exports everything exactly, so it needs no flags:
        13 series where a deployment of the story has 19 or more (12 without a queue). Every second copy comes with
        one more node in each enclave, of 72 series. So a scale of 1 is 1,523 series, and each further one adds 439,
        or 655 where it brings nodes: 20 are 680 endpoints and 12,024 series.
    """
    found = []
    for column, (enclave, source, share, behind, transit, carriers) in enumerate(_SITES):
        services = [s for copy in range(1, scale + 1) for s in _services(enclave.id, column, share, copy)]
        machines = _machines(enclave.id, column)
        machines += [_further_machine(enclave.id, column, copy) for copy in range(2, scale + 1, 2)]
        forged = enclave.level is Level.TS
        found.append(Site(enclave, source, tuple(services), tuple(machines), behind, transit, carriers, forged))
    return tuple(found)


def _copied(name: str, copy: int) -> str:
    return name if copy == 1 else f"{name}_{copy}"


def _services(enclave: str, column: int, share: float, copy: int) -> list[Service]:
    services = []
    for name, purpose, model, owner, peak, replicas in _KINDS:
        normal = _NORMAL[name][column]
        if normal is None:
            continue
        endpoint = Endpoint(
            enclave,
            _copied(name, copy),
            _copied(name, copy),
            purpose,
            model,
            owner,
            _WEIGHTS.get(name, (10.0, 10.0, 10.0))[column],
            replicas,
        )
        versions = _VERSIONS.get((name, column), (("1.4.2", ALWAYS),))
        latency = {("code-assist", 0): "floor", ("ocr-forms", 2): "none"}.get((name, column), "exact")
        if copy > 1:
            versions, latency = ((versions[-1][0], ALWAYS),), "exact"
        p95, errors = normal
        queue = name != "content-guard"
        services.append(Service(endpoint, p95 / 1e3, errors / 1e2, peak * share, versions, latency, queue, copy))
    return services


def _machines(enclave: str, column: int) -> list[Machine]:
    held, filling = _FILLING.get(enclave, (0.66, 0.0))
    return [
        Machine(
            Node(enclave, name, gpus, model),
            busy,
            missing,
            team=team,
            held=held,
            filling=filling,
            slices=_SLICES if missing == _MIG else (),
        )
        for name, gpus, model, busy, missing, team in _NODES[column]
    ]


def _further_machine(enclave: str, column: int, copy: int) -> Machine:
    """Copy one node of an enclave, each of them in turn, with every metric exported."""
    name, gpus, model, busy, *_ = _NODES[column][(copy // 2 - 1) % len(_NODES[column])]
    return Machine(Node(enclave, _copied(name, copy), gpus, model), busy, copy=copy)
