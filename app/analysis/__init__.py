"""Pure functions over arrays and nouns."""
