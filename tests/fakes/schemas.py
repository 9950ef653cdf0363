"""Answers of commands held against the published schemas."""

import json

import jsonschema

from app.paths import resources


def valid(text, marking="SECRET"):
    """Data of an answer in JSON that fits its published schema and is marked so."""
    answer = json.loads(text)
    name = answer["schema"].split("/")[1]
    schema = json.loads((resources() / "schema" / f"{name}-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer, schema)
    assert answer["marking"] == marking
    return answer["data"]
