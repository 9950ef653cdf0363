"""One GPU in words: for who hears it, for its tip, and for its detail."""

import math

from app.query.gpu_floor import ECC, TOTAL, USED, XID, Gpu, GpuFloor, Measure, NodeNow, Told
from app.ui import words
from app.ui.gpu.measures import LABELS, memory_words, reading_words, within_sentence


def gpu_name(gpu: Gpu) -> str:
    """``GPU 3``, or ``GPU 3 part 1``."""
    card, _, part = gpu.name.partition(":")
    return f"GPU {card} part {part}" if part else f"GPU {card}"


def state_words(gpu: Gpu) -> str:
    """How a GPU is beside its numbers: failed, hot, idle, silent; empty where it is well."""
    if not gpu.heard:
        return "does not report"
    return "; ".join(dict.fromkeys(problem.text for problem in gpu.problems))


def gpu_words(gpu: Gpu, node: NodeNow, measure: Measure) -> str:
    """A cell in words: which GPU, what it says of the measure, and what is wrong with it."""
    head = f"{node.node.id} {gpu_name(gpu)}, {node.enclave.level.title}"
    wrong = state_words(gpu)
    if not gpu.heard:
        return f"{head}: {wrong}"
    told = f"{head}: {within_sentence(measure)} {reading_words(measure, gpu.reading(measure))}"
    return f"{told}. {words.capitalised(wrong)}" if wrong else told


def gpu_tip(gpu: Gpu, node: NodeNow, floor: GpuFloor) -> str:
    """Everything that a GPU says, of when it is, and how it was taken."""
    lines = [f"{node.node.id} {gpu_name(gpu)}, {node.node.gpu_model or 'model not declared'}"]
    wrong = state_words(gpu)
    if wrong:
        lines.append(words.capitalised(wrong))
    if gpu.readings:
        lines.append(", ".join(f"{within_sentence(one)} {reading_words(one, gpu.reading(one))}" for one in Measure))
    newest = max((one.time for one in gpu.readings.values()), default=math.nan)
    picture = floor.picture(node.enclave.id)
    if not math.isnan(newest):
        old = words.age(floor.as_of - newest)
        lines.append(f"Newest samples, of {words.when(newest, floor.as_of)} Z, {old} old")
    if not math.isnan(picture.received):
        lines.append(f"Newest bundle of {node.enclave.name} came {words.age(floor.as_of - picture.received)} ago")
    if not math.isnan(gpu.idle_since):
        hours = floor.policy.gpu.idle_hours
        lines.append(
            f"Idle: no kernel in any sample of {hours:g} h or longer, while it holds "
            f"{memory_words(floor.policy.gpu.idle_memory_bytes)} or more. Held memory is the only evidence of a "
            "reservation that is exported."
        )
    return "\n".join(lines)


def detail_lines(gpu: Gpu, node: NodeNow, floor: GpuFloor) -> list[tuple[str, str, str]]:
    """Everything known of a GPU: what it is, the value, and how old that is."""
    lines = [
        ("Now", words.capitalised(problem.text), _age(problem.since, floor)) for problem in dict.fromkeys(gpu.problems)
    ]
    for measure in Measure:
        one = gpu.reading(measure)
        value = reading_words(measure, one)
        if measure is Measure.MEMORY and one.told is Told.NOW:
            value = f"{value}, {memory_words(gpu.readings[USED].value, gpu.readings[TOTAL].value)}"
        lines.append((LABELS[measure], value, _age(one.time, floor)))
    for label, metric in (("XIDs counted", XID), ("Uncorrectable ECC", ECC)):
        counter = gpu.readings.get(metric)
        if counter is None:
            lines.append((label, "not exported", ""))
        else:
            lines.append((label, words.grouped(counter.value), _age(counter.time, floor)))
    what = [("Model", node.node.gpu_model or "not declared", ""), ("Team", gpu.team or "no label", "")]
    return [*lines, *_history(gpu, node, floor), *what]


def _history(gpu: Gpu, node: NodeNow, floor: GpuFloor) -> list[tuple[str, str, str]]:
    """XIDs of the last 30 days that a source named, newest first."""
    lines = [
        ("XID", event.text, _age(event.start, floor))
        for event in floor.errors
        if (event.enclave, event.subject) == (node.enclave.id, node.node.id)
        and dict(event.labels).get("gpu", "") in (gpu.name, gpu.card)
    ]
    return lines or [("XID", "none named in the last 30 d", "")]


def _age(time: float, floor: GpuFloor) -> str:
    return "" if math.isnan(time) else words.age(floor.as_of - time)
