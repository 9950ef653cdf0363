"""The only way in or out."""
