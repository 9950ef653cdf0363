"""Watchfloor: a service-health console for AI model serving across classified enclaves."""

__version__ = "0.1.0"
