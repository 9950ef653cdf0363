"""What the cache holds at all: the answer behind the banners and the enclave filter."""

from dataclasses import dataclass

from app.model.catalogue import Enclave
from app.model.marking import Level
from app.store.bundles import highest_level, holds_demo
from app.store.catalogue import catalogues
from app.store.database import Store


@dataclass(frozen=True, slots=True)
class Holdings:
    """Highest marking held (None while the cache is empty), whether it is made up, and who declared themselves."""

    highest: Level | None
    demo: bool
    enclaves: tuple[Enclave, ...]


def read_holdings(store: Store) -> Holdings:
    """Look at everything held, never only at what is visible."""
    with store.reader() as reader:
        declared = tuple(catalogue.enclave for catalogue in catalogues(reader))
        return Holdings(highest_level(reader), holds_demo(reader), declared)
