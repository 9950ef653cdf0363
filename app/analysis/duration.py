"""A span of time in words."""

import math

GAP = "\N{NO-BREAK SPACE}"


def duration(seconds: float) -> str:
    """A span in its two largest units: ``3 h 12 m``, ``2 d``, ``52 min``, ``40 s``."""
    if math.isnan(seconds):
        return "an unknown time"
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(0, int(seconds))}{GAP}s"
    if minutes < 60:
        return f"{minutes}{GAP}min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{GAP}h" + (f" {rest:02d}{GAP}m" if rest else "")
    days, hours = divmod(hours, 24)
    return f"{days}{GAP}d" + (f" {hours}{GAP}h" if hours else "")
