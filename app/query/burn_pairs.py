"""The pairs of burn-rate windows in force at this station: the shipped ones, or the site's own in their place."""

from app.analysis.burn_rate import Pair, read_pairs
from app.paths import Paths, resources
from app.toml import read_toml, refuse_unknown


def read_burn_pairs(paths: Paths) -> tuple[Pair, ...]:
    """Read ``config/policy/burn_rates.toml``, or without one ``resources/policy/burn_rates.toml``.

    Raises
    ------
    SettingsError
        If the file is malformed or a pair cannot be judged by.
    """
    own = paths.policy / "burn_rates.toml"
    table, place = read_toml(own if own.is_file() else resources() / "policy" / "burn_rates.toml")
    refuse_unknown(table, ["pair"], place)
    try:
        return read_pairs(table.get("pair", []))
    except ValueError as error:
        raise place.at("pair").refuse(str(error)) from error
