"""The only Qt."""

import builtins

import PySide6.QtCore  # noqa: F401 -- it must have put its import hook in place

# PySide reads the source of every module that is imported after it, to find those that might switch on a `__feature__`
# of it. Nothing here does, and to read the sources of some hundred modules takes longer than to import them.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
