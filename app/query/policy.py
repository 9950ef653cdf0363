"""The health rules in force at this station: the shipped ones with the site's laid over them."""

from app.analysis.health_policy import HealthPolicy, parse_policy
from app.paths import Paths, resources
from app.toml import read_toml


def read_policy(paths: Paths) -> HealthPolicy:
    """Read ``resources/policy/health.toml`` and, over it, ``config/policy/health.toml``.

    Raises
    ------
    SettingsError
        If a file is malformed, names something unknown or contradicts itself.
    """
    shipped, _ = read_toml(resources() / "policy" / "health.toml")
    own = paths.policy / "health.toml"
    site = read_toml(own)[0] if own.exists() else None
    return parse_policy(shipped, site)
