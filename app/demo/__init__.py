"""A seeded fleet and its history."""
