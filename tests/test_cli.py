"""The front door: commands are found by their files, faults and mistakes end with the agreed codes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.clock import FrozenClock, from_iso, to_iso
from app.errors import (
    AppError,
    CredentialError,
    InputError,
    Refused,
    SettingsError,
    SourceError,
    StoreError,
    UsageError,
)
from app.model.marking import Level
from app.paths import Paths
from app.settings import write_station
from tests.fakes.stores import station


def run(capsys, *words):
    code = cli.main(list(words))
    return code, capsys.readouterr()


def test_that_every_command_is_listed_with_its_help_line(capsys):
    code, said = run(capsys)
    assert code == 0
    for name, line in cli.command_names().items():
        assert line, f"app/commands/{name}.py has no docstring"
        assert f"{name:<12} {line}" in said.out


def test_that_every_command_file_declares_a_command(capsys):
    for name in cli.command_names():
        assert isinstance(cli._load(name, cli.command_names()), cli.Command)


def test_that_a_misspelt_command_is_a_usage_error_and_names_the_nearest(capsys):
    code, said = run(capsys, "helth")
    assert code == 2
    assert "'health'" in said.err


def test_that_an_unreadable_time_is_a_usage_error(capsys, tmp_path):
    code, said = run(capsys, "health", "--base-dir", str(tmp_path), "--at", "yesterday")
    assert code == 2
    assert "ISO 8601" in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError, 2),
        (SettingsError, 3),
        (InputError, 3),
        (CredentialError, 3),
        (SourceError, 3),
        (StoreError, 3),
        (Refused, 4),
    ],
)
def test_that_each_expected_failure_has_its_exit_code(error, code):
    assert issubclass(error, AppError)
    assert error("what").exit_code == code


def test_that_json_answers_carry_schema_time_and_marking():
    out = io.StringIO()
    cli.write_json("health", 0.0, Level.S, {"a": 1}, out)
    assert json.loads(out.getvalue()) == {
        "schema": "watchfloor/health/1", "as_of": "1970-01-01T00:00:00Z", "marking": "SECRET", "data": {"a": 1},
    }  # fmt: skip


def test_that_json_answers_never_hold_bare_nan():
    with pytest.raises(ValueError, match="JSON"):
        cli.write_json("health", 0.0, Level.U, {"a": float("nan")}, io.StringIO())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-01T00:00:00Z", 0.0), ("2026-03-29T03:00:00+02:00", 1774746000.0), ("2024-02-29", 1709164800.0)],
)
def test_that_iso_times_are_read_in_any_zone(text, seconds):
    assert from_iso(text) == seconds


def test_that_times_are_written_with_milliseconds_only_where_there_are_some():
    assert to_iso(1.5) == "1970-01-01T00:00:01.500Z"
    assert to_iso(2.0) == "1970-01-01T00:00:02Z"
    assert FrozenClock(5.0).now() == 5.0


def test_that_level_is_offered_only_where_it_narrows_the_answer(capsys, tmp_path):
    by_level = {name for name in cli.command_names() if cli._load(name, cli.command_names()).by_level}
    assert by_level == {"health", "series", "sla"}
    with pytest.raises(SystemExit) as ended:
        cli.main(["audit", "show", "--base-dir", str(tmp_path), "--level", "U"])
    assert ended.value.code == 2
    assert "--level" in capsys.readouterr().err


def test_that_a_refusal_of_the_machine_is_not_called_our_fault(capsys, tmp_path):
    (tmp_path / "afile").write_text("")
    code, said = run(capsys, "init", "--base-dir", str(tmp_path / "afile" / "x"), "--ceiling", "S")
    assert code == 3
    assert "our fault" not in said.err


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T00:00:00Z"])
def test_that_times_out_of_reach_are_refused(text):
    with pytest.raises(ValueError, match="between the years"):
        from_iso(text)


def piped(command, **environment):
    """Exit codes of `python -m app` and of what reads it, with what the latter printed."""
    script = f"{sys.executable} -m app {command}; echo ${{PIPESTATUS[@]}}"
    root = Path(__file__).parents[1]
    told = subprocess.run(
        ["bash", "-c", script], check=True, capture_output=True, text=True, cwd=root, env=os.environ | environment
    )
    assert told.stderr == ""
    return told.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a shell")
def test_that_a_reader_who_leaves_changes_no_exit_code(tmp_path):
    write_station(Paths.under(tmp_path), station(Level.S))
    bad = tmp_path / "bad.yaml"
    bad.write_text("---\n".join("apiVersion: openslo/v1\n" for _ in range(3000)))  # far more to say than a pipe holds
    assert piped(f"objectives lint {bad} --json --base-dir {tmp_path} | head -1") == ["{", "3 0"]


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a shell")
def test_that_what_an_encoding_lacks_is_replaced(tmp_path):
    told = piped(f"init --ceiling S --station Störung --base-dir {tmp_path}/new | head -1", PYTHONIOENCODING="ascii")
    assert told[0].startswith("Station St?rung is set up")
    assert told[1] == "0 0"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("lines", [3, 3000])  # what stands in a buffer until the end, and what does not
def test_that_an_answer_that_cannot_be_written_is_said_once(tmp_path, lines):
    write_station(Paths.under(tmp_path), station(Level.S))
    bad = tmp_path / "bad.yaml"
    bad.write_text("---\n".join("apiVersion: openslo/v1\n" for _ in range(lines)))
    command = [sys.executable, "-m", "app", "objectives", "lint", str(bad), "--base-dir", str(tmp_path)]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        )
    assert done.returncode == 3
    assert done.stderr == "watchfloor: No space left on device.\n  Check the path, its owner and free space.\n"
