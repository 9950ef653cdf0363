import json

import jsonschema

from app.cli import main
from app.paths import resources


def test_that_a_demonstration_needs_a_folder_of_its_own(capsys):
    assert main(["demo"]) == 2
    assert "--base-dir" in capsys.readouterr().err


def test_that_an_impossible_plan_is_a_usage_error(tmp_path):
    assert main(["demo", "--base-dir", str(tmp_path / "d"), "--days", "0"]) == 2
    assert main(["demo", "--base-dir", str(tmp_path / "d"), "--scale", "0"]) == 2
    assert not (tmp_path / "d").exists()


def test_that_it_builds_once_and_says_how_to_build_again(tmp_path, capsys):
    words = ["demo", "--base-dir", str(tmp_path / "d"), "--days", "0.25", "--at", "2026-11-12T14:32:10Z", "--json"]
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    schema = json.loads((resources() / "schema" / "demo-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(answer, schema)
    assert answer["as_of"] == "2026-11-12T14:32:00Z"
    assert answer["data"]["bundles"]["UNTRUSTED"] == 1
    assert main(words) == 4
    assert "--rebuild" in capsys.readouterr().err


def test_that_a_real_station_is_never_touched(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "station.toml").write_text("anything")
    assert main(["demo", "--base-dir", str(tmp_path), "--rebuild"]) == 4
    assert (tmp_path / "config" / "station.toml").read_text() == "anything"
