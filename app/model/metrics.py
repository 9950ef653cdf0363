"""Canonical metrics that more than one part of the product must know by name."""

from typing import Final

COUNTED: Final = ("endpoint_up", "endpoint_requests", "endpoint_errors", "endpoint_requests_within")
"""What ratios are made of: counts per step, and the flag whose samples are counted. None is ever below zero."""
