"""The one chart part of every page."""
