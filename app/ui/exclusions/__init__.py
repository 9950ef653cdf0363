"""Exclusions in dialogues: asking for one, looking at one, approving and withdrawing it."""
