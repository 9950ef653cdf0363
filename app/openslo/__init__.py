"""Promises as OpenSLO v1 YAML: text in, objectives and findings out; no file is opened here."""
