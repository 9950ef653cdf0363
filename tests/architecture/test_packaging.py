import re
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
