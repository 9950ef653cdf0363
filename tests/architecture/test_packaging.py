import re
import shutil
import subprocess
import tomllib
from itertools import pairwise

import pytest

from tests.conftest import ROOT

LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-peers.lock"]


def pins(lock):
    """Requirement -> its hashes."""
    found = {}
    for line in (ROOT / "packaging" / lock).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"[a-z0-9][^\\]*", line):
            hashes = found.setdefault(match[0].strip(), [])
        elif match := re.search(r"--hash=sha256:([0-9a-f]{64})", line):
            hashes.append(match[1])
    return found


def name_of(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_that_a_lock_names_no_index_and_no_folder(lock):
    text = (ROOT / "packaging" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|file:|(^|\s)/\w", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_that_every_requirement_is_pinned_and_hashed(lock):
    for requirement, hashes in pins(lock).items():
        assert "==" in requirement
        assert hashes, requirement


def test_that_pyside_stays_on_the_version_that_keeps_its_references():
    assert "pyside6-essentials==6.11.3" in pins("requirements.lock")


def test_that_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, wanted in [
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-test.lock", project["dependency-groups"]["test"]),
        ("requirements-peers.lock", project["dependency-groups"]["peers"]),
    ]:
        assert {name_of(w) for w in wanted} <= {name_of(p) for p in pins(lock)}


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_that_testing_and_measuring_run_the_versions_that_are_shipped(lock):
    # without the markers: in the wider lock a package may be wanted on more systems
    shipped, wider = ({p.split(" ")[0]: h for p, h in pins(one).items()} for one in (LOCKS[0], lock))
    assert {pin: hashes for pin, hashes in shipped.items() if wider.get(pin) != hashes} == {}


def go(*arguments):
    command = ["sh", ROOT / "packaging" / "go", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("script", ["packaging/go", ".ci/run"])
def test_that_scripts_parse(script):
    shell = (ROOT / script).read_text(encoding="utf-8").splitlines()[0].rsplit("/", 1)[1].split()[-1]
    done = subprocess.run([shell, "-n", ROOT / script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("no-such-command",), 2), (("--help",), 0)])
def test_that_go_explains_itself_without_setting_anything_up(arguments, code):
    done = go(*arguments)
    text = done.stdout if code == 0 else done.stderr
    assert done.returncode == code
    assert text.startswith("usage: sh packaging/go")


def test_that_every_command_of_go_is_explained():
    text = (ROOT / "packaging" / "go").read_text(encoding="utf-8")
    commands = re.findall(r"^  ([a-z]+)\) go_", text, re.MULTILINE)
    places = [go("help").stdout.find(f"\n  {command} ") for command in commands]
    assert commands
    assert all(place > 0 for place in places)
    assert all(a < b for a, b in pairwise(places))


PYTHON = """#!/bin/sh
case "$*" in
  "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *" pip "*)
    echo "pip $*" >>said
    echo "WARNING: Location 'x' is ignored" >&2
    echo "ERROR: no matching distribution"
    exit "$PIP_CODE" ;;
  *sysconfig*) mkdir -p site && echo site ;;
esac
"""
"""A Python that makes an environment of itself, and whose pip always warns and complains."""


@pytest.fixture
def checkout(tmp_path):
    """Runs a command of go in a checkout and a machine of its own: no apt, and no Python but `PYTHON`."""
    tools = tmp_path / "tools"
    (tmp_path / "packaging").mkdir()
    tools.mkdir()
    for name in ("packaging/go", "packaging/requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("cat", "chmod", "cp", "cut", "dirname", "grep", "mkdir", "mktemp", "rm", "sha256sum", "sh", "tail"):
        (tools / name).symlink_to(shutil.which(name))
    (tools / "python3").write_text(PYTHON, encoding="utf-8")
    (tools / "python3").chmod(0o755)

    def run(pip_code):
        environment = {"PATH": str(tools), "PIP_CODE": str(pip_code), "TMPDIR": str(tmp_path)}
        command = [str(tools / "sh"), "packaging/go", "run"]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    return run


def test_that_what_pip_warns_of_is_not_shown_where_it_succeeds(checkout, tmp_path):
    done = checkout(0)
    assert done.stderr.splitlines() == ["Setting up .venv ...", "No display: making every page off screen."]
    assert (done.returncode, done.stdout) == (0, "")
    (called,) = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert " --no-input " in called
    assert "--require-hashes" in called
    assert list(tmp_path.glob("tmp.*")) == []


def test_that_all_that_pip_said_is_shown_and_kept_where_it_fails(checkout, tmp_path):
    done = checkout(1)
    (log,) = tmp_path.glob("tmp.*")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Setting up .venv ...",
        "WARNING: Location 'x' is ignored",
        "ERROR: no matching distribution",
        f"packaging/go: pip failed; all that it said is in {log}",
    ]
    assert log.read_text(encoding="utf-8").splitlines() == done.stderr.splitlines()[1:3]
    # what is half installed is not taken for installed
    assert checkout(0).returncode == 0
