"""Where the files of a station are."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Paths:
    """Every file and folder of one station, below `base`."""

    base: Path

    @classmethod
    def under(cls, base: Path) -> Self:
        """Paths below a folder that the person named."""
        return cls(base.expanduser().absolute())

    @classmethod
    def default(cls) -> Self:
        """The system-wide data folder where there is one that we can use, else the user's own."""
        import platformdirs  # noqa: PLC0415 -- a start that names its folder does without

        shared = Path(platformdirs.site_data_dir("watchfloor", appauthor=False))
        if sys.platform.startswith("linux"):
            shared = Path("/var/lib/watchfloor")  # the first of XDG_DATA_DIRS is for packages, not for data
        if shared.is_dir() and os.access(shared, os.W_OK):
            return cls(shared)
        return cls(Path(platformdirs.user_data_dir("watchfloor", appauthor=False)))

    @property
    def station_toml(self) -> Path:
        """Settings of the station."""
        return self.base / "config" / "station.toml"

    @property
    def collector_toml(self) -> Path:
        """Settings of the collector, on the enclave side."""
        return self.base / "config" / "collector.toml"

    @property
    def policy(self) -> Path:
        """Overrides of the shipped policy files."""
        return self.base / "config" / "policy"

    @property
    def state_db(self) -> Path:
        """Trust, accepted manifests, locks, audit: small, backed up."""
        return self.base / "state" / "station.db"

    @property
    def keys(self) -> Path:
        """Encrypted key files, where there is no keyring."""
        return self.base / "state" / "keys"

    @property
    def cache_db(self) -> Path:
        """Telemetry that bundles can fill again."""
        return self.base / "cache" / "cache.db"

    @property
    def last_overview(self) -> Path:
        """The overview as it was read last, for the first picture of the next start; can be made again."""
        return self.base / "cache" / "overview.picture"

    @property
    def collector_db(self) -> Path:
        """The collector's own store; same schema as the cache."""
        return self.base / "collector" / "collector.db"

    @property
    def inbox(self) -> Path:
        """Default inbox; the station's settings may name another. Read-only to us."""
        return self.base / "inbox"

    @property
    def held(self) -> Path:
        """Unparsed copies of bundles that wait for trust or for a missing base."""
        return self.base / "held"

    @property
    def outbox(self) -> Path:
        """Bundles cut here."""
        return self.base / "outbox"

    @property
    def reports(self) -> Path:
        """What people export: tables and reports."""
        return self.base / "reports"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.base / "logs"

    def make(self) -> None:
        """Create the folders of a station, closed to other users (STIG umask 077 for state)."""
        for folder in ("config/policy", "state/keys", "cache", "inbox", "held", "outbox", "reports", "logs"):
            (self.base / folder).mkdir(parents=True, exist_ok=True)
        for private in ("state", "state/keys", "held"):
            (self.base / private).chmod(0o700)


def resources() -> Path:
    """Folder of the files that ship with the program, in a checkout and in an installed wheel."""
    package = Path(__file__).parent
    for folder in (package / "_resources", package.parent / "resources"):
        if folder.is_dir():
            return folder
    msg = "the program's resources folder is missing; install it again"
    raise FileNotFoundError(msg)
