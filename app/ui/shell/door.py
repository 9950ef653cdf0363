"""The console's way to the one door in. Everything here runs on a worker thread."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import Refused, SettingsError
from app.job import Job
from app.settings import Station

if TYPE_CHECKING:
    from app.bundle.outcome import Outcome
    from app.store.database import Store

# Verifying needs cryptography, and nothing needs it before the first picture: it is imported when it is used.


class Door:
    """Receives bundles, tries again what was held, and says what of an inbox is new.

    `past`: the console looks at a past moment. Its clock stands still, so whatever it wrote would be dated
    back; it writes nothing.
    """

    def __init__(self, store: "Callable[[], Store]", station: Station | None, *, past: bool = False) -> None:
        self._store, self._station, self._past = store, station, past
        self._half_done = True  # a crash may have left something, until it was looked at once

    def receive(self, path: Path, carrier: str, job: Job) -> "Outcome":
        """Judge one bundle and import it if every check passes.

        Raises
        ------
        SettingsError
            If the station has no ceiling yet.
        Refused
            If this console looks at a past moment.
        AppError
            As `app.bundle.inbound.receive` does.
        """
        from app.bundle.inbound import receive

        if self._past:
            msg = "This console shows a past moment, so it imports nothing."
            raise Refused(msg, "Open one without --at.")
        if self._station is None:
            msg = "This station has no ceiling yet, so nothing is imported."
            raise SettingsError(msg, "Run 'watchfloor init --ceiling S' first.")
        try:
            return receive(path, self._store(), self._station, job, carrier=carrier)
        except BaseException:
            self._half_done = True
            raise

    def retry(self, job: Job) -> "list[Outcome]":
        """Try again what was held; first, at the start and after a failure, put right what was left half done."""
        from app.bundle.inbound import reconcile, retry_held

        if self._past:
            return []
        if self._half_done:
            reconcile(self._store())  # takes the writer, so never without a reason
            self._half_done = False
        return retry_held(self._store(), self._station, job) if self._station is not None else []

    def untried(self, found: Sequence[Path]) -> list[Path]:
        """Those of `found` that this station never tried in this form.

        What is no bundle has no form to be known by: it is tried and shown once in every run.
        """
        from app.bundle.inbound import new_arrivals, shape_of

        new = set(new_arrivals(found, self._store()))
        return [path for path in found if path in new or not shape_of(path)]
