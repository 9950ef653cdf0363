"""What the page says where no node is in view."""

from app.query.gpu_floor import GpuFloor
from app.ui import words
from app.ui.states import Kind, PanelState


def nothing(floor: GpuFloor) -> tuple[PanelState, PanelState]:
    """States of the main panel and of the others: hidden by the filter, none declared, or nothing came yet."""
    quiet = PanelState(Kind.EMPTY, "Nothing to show", "", icon="cpu")
    if not floor.pictures and floor.hidden:
        count = sum(one.gpus for one in floor.hidden)
        said = f"{words.grouped(count)} {words.plural(count, 'GPU')} are not shown."
        state = PanelState(Kind.FILTERED, "Every enclave is hidden by the filter", said, "Show all", "0")
        return state, PanelState(Kind.FILTERED, "Hidden by the filter")
    if not floor.pictures:
        said = "Nodes are declared by the bundles of a collector."
        return PanelState(Kind.EMPTY, "No GPU yet", said, "Import a bundle", "Ctrl I", icon="cpu"), quiet
    said = "The enclaves in view have declared no node. Their collectors name them in collector.toml."
    return PanelState(Kind.EMPTY, "No GPU node is declared", said, icon="cpu"), quiet
