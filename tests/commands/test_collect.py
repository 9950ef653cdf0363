"""The collect command's own refusals; its work is tested with the collector."""

import contextlib
import io

import pytest

from app.cli import main

SETTINGS = """
[enclave]
id = "alpha"
name = "Alpha"
level = "S"
cadence = "15m"

[collector]
source = "alpha-collector"
stream = "telemetry"
profile = "cnsa1"
keys = ["k1"]
"""


def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(["collect", *(str(word) for word in words)])
        except SystemExit as stopped:
            code = stopped.code
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "collector.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def test_that_a_missing_file_points_to_the_example(base_dir):
    code, _, err = run("--base-dir", base_dir, "--once")
    assert code == 3
    assert "collector.toml does not exist" in err
    assert "resources/examples/collector.toml" in err
    assert not base_dir.exists()


def test_that_a_wrong_file_is_refused_with_its_line(base_dir, config):
    config.write_text(SETTINGS.replace("cadence", "cadense"), encoding="utf-8")
    code, _, err = run("--base-dir", base_dir, "--config", config, "--check")
    assert code == 3
    assert "collector.toml, line 6: enclave.cadense: unknown key" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "2026-11-01"], "--since"),
        (["--full", "--since", "yesterday"], "no ISO 8601 time"),
        (["--once", "--check"], "not allowed with"),
        (["--epoch", "two"], "invalid epoch"),
        (["--epoch", "99999999999"], "invalid epoch"),
    ],
)
def test_that_words_that_do_not_fit_are_a_usage_error(base_dir, config, words, said):
    code, _, err = run("--base-dir", base_dir, "--config", config, *words)
    assert code == 2
    assert said in err


def test_that_a_key_that_is_not_there_is_said_before_anything_is_read(base_dir, config):
    code, _, err = run("--base-dir", base_dir, "--config", config, "--once")
    assert code == 3
    assert "no key 'k1'" in err


def test_that_check_without_sources_has_nothing_to_say_and_writes_nothing(base_dir, config):
    assert run("--base-dir", base_dir, "--config", config, "--check") == (0, "", "")
    assert not base_dir.exists()


@pytest.mark.parametrize("words", [("--once",), ("--check",)])
def test_that_a_machine_collects_nothing_above_its_own_ceiling(capsys, tmp_path, words):
    base = tmp_path / "station"
    assert main(["init", "--base-dir", str(base), "--ceiling", "U"]) == 0
    config = tmp_path / "collector.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    assert main(["collect", "--base-dir", str(base), "--config", str(config), *words]) == 4
    assert "above this machine's ceiling" in capsys.readouterr().err
    assert not list((base / "outbox").iterdir())
