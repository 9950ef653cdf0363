"""What one GPU node's scrape group says over the whole history."""

import numpy as np

from app.demo import story
from app.demo.fleet import DAY, Machine, Site
from app.demo.story import GpuTrouble
from app.demo.weather import BoolArray, Timeline, load, noise, three_digits, timeline
from app.model.sample import FloatArray, Series
from app.model.series_key import SeriesKey

METRICS = (
    "gpu_utilisation_ratio",
    "gpu_sm_active_ratio",
    "gpu_memory_used_bytes",
    "gpu_memory_total_bytes",
    "gpu_power_watts",
    "gpu_temperature_celsius",
    "gpu_xid_errors_total",
    "gpu_ecc_uncorrectable_total",
)

TOTAL_MIB = 81_920
MIB = 2.0**20
# Acme (Kalos), deciles joined by rank: SM activity (ratio) and power (W); a GPU with a kernel on it has an SM
# activity of about two thirds of its utilisation there.
_SM = (0.0, 0.018, 0.333, 0.651, 0.713, 0.769, 0.913, 1.0)
_WATTS = (68.0, 94.0, 149.0, 325.0, 389.0, 404.0, 413.0, 480.0)
SM_SHARE = 0.64
"""SM activity over utilisation."""
OWN = 0.07
"""How far a GPU of a node may lie above or below the node's utilisation."""


def power(active: FloatArray) -> FloatArray:
    """Watts that go with an SM activity."""
    return np.asarray(np.interp(active, _SM, _WATTS))


def warmth(watts: FloatArray, own: float) -> FloatArray:
    """Degrees Celsius that go with a power, for a GPU that lies `own` above its node."""
    return 33.0 + 0.085 * watts + 3.0 * own / OWN


def group_name(machine: Machine) -> str:
    """Scrape group of a node; unique within its enclave."""
    return f"node/{machine.node.id}"


def scrape(site: Site, machine: Machine, seed: int, now: float, days: float) -> list[Series]:
    """Every series of one node from `days` before `now` up to `now`, in one scrape group."""
    node, group = machine.node, group_name(machine)
    line = timeline(f"{site.enclave.id}/{group}", seed, now, days, now - site.behind)
    kept = line.kept & ~story.silent(line.slot, now, site.enclave.id, node.id)
    labels = {"enclave": site.enclave.id, "node": node.id}
    team = {"team": machine.team} if machine.team else {}
    time = line.time[kept]
    found = []
    for metric in METRICS:
        key = SeriesKey.of("exported", labels | {"metric": metric})
        found.append(Series(key, time, np.full(len(time), float(metric not in machine.missing)), group))
    for gpu, name, share in machine.entities:
        troubles = [t for t in story.GPU_TROUBLES if (t.enclave, t.node) == (site.enclave.id, node.id)]
        troubles = [t for t in troubles if t.gpu in {None, gpu}]
        columns = _columns(machine, gpu, line, now, troubles)
        if share < 1.0:
            columns |= _part(columns, name, share, line)
        there = kept & ~_lost(line, now, troubles)
        xid = next((str(t.xid) for t in troubles if t.xid), "")
        for metric in METRICS:
            if metric in machine.missing:
                continue
            # The driver's log outlives the card: the error counter is still read when the GPU is gone.
            counted = metric == "gpu_xid_errors_total"
            chosen = kept if counted else there
            names = labels | {"gpu": name} | ({"xid": xid} if counted else {}) | team
            times = time if chosen is kept or chosen.sum() == len(time) else line.time[chosen]
            found.append(Series(SeriesKey.of(metric, names), times, columns[metric][chosen], group))
    return [series for series in found if len(series.time)]


def _lost(line: Timeline, now: float, troubles: list[GpuTrouble]) -> BoolArray:
    lost = np.zeros(len(line.slot), dtype=bool)
    for trouble in troubles:
        if trouble.kind == "lost":
            lost |= line.slot >= now - trouble.start
    return lost


def _columns(
    machine: Machine, gpu: int, line: Timeline, now: float, troubles: list[GpuTrouble]
) -> dict[str, FloatArray]:
    """Values of every metric of one GPU, each of shape (n,)."""
    busy = load(line.slot)
    own = line.rng(f"gpu/{gpu}").uniform(-OWN, OWN)
    lean = np.sqrt(busy / busy[line.anchor])
    use = (machine.busy + own) * lean * np.exp(noise(line, f"{gpu}/use", 0.07, 0.05))
    filled = np.clip(machine.held - machine.filling * (now - line.slot) / DAY, 0.2, 0.92)
    held = filled + 0.5 * own + 0.05 * noise(line, f"{gpu}/memory", 0.8, 0.0)
    used = np.rint(np.clip(held, 0.0, 1.0) * TOTAL_MIB / 256.0) * 256.0
    xid = np.zeros_like(use)
    ecc = np.zeros_like(use)
    heat = np.zeros_like(use)
    for trouble in troubles:
        since = line.slot >= now - trouble.start
        if trouble.xid:
            xid[since] += 1.0
        if trouble.kind == "memory":
            ecc[since] += 1.0
        elif trouble.kind == "hot":
            # The fan that stands still is nearest to GPU 2.
            near = 1.0 - 0.05 * abs(gpu - 2)
            heat += 41.0 * near * np.clip((line.slot - (now - trouble.start)) / 1200.0, 0.0, 1.0)
            use = np.where(since, use * 0.9, use)
        elif trouble.kind == "idle":
            use = np.where(since, 0.0, use)
    use = np.clip(use, 0.0, 1.0)
    active = np.clip(SM_SHARE * use * np.exp(noise(line, f"{gpu}/sm", 0.05, 0.03)), 0.0, 1.0)
    watts = power(active)
    celsius = warmth(watts, own) + heat
    return {
        "gpu_utilisation_ratio": np.rint(use * 100.0) / 100.0,
        "gpu_sm_active_ratio": three_digits(active),
        "gpu_memory_used_bytes": used * MIB,
        "gpu_memory_total_bytes": np.full_like(use, TOTAL_MIB * MIB),
        "gpu_power_watts": np.rint(watts),
        "gpu_temperature_celsius": np.rint(celsius),
        "gpu_xid_errors_total": xid,
        "gpu_ecc_uncorrectable_total": ecc,
    }


def _part(card: dict[str, FloatArray], name: str, share: float, line: Timeline) -> dict[str, FloatArray]:
    """What a part of a card says otherwise than the card: its own activity and memory. It shares power and heat."""
    own = line.rng(f"{name}/share").uniform(0.3, 1.2) * np.exp(noise(line, f"{name}/sm", 0.20, 0.05))
    total = np.floor(share * TOTAL_MIB / 256.0) * 256.0 * MIB
    part = line.rng(f"{name}/held").uniform(0.5, 1.2) * np.exp(noise(line, f"{name}/memory", 0.10, 0.0))
    held = card["gpu_memory_used_bytes"] / (TOTAL_MIB * MIB) * part
    page = 256.0 * MIB
    return {
        "gpu_sm_active_ratio": three_digits(np.clip(card["gpu_sm_active_ratio"] * own, 0.0, 1.0)),
        "gpu_memory_used_bytes": np.rint(np.clip(held, 0.0, 0.98) * total / page) * page,
        "gpu_memory_total_bytes": np.full_like(own, total),
    }
