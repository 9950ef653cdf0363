"""The guards of conftest.py, each tried on a test that should fail."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TESTS = """
import logging, socket, threading
import pytest

def connect(kind, address):
    with socket.socket(kind, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        sock.connect(address)

def test_internet():
    connect(socket.AF_INET, ("192.0.2.1", 80))

def test_name():
    socket.getaddrinfo("example.invalid", 80)

def test_loopback():
    connect(socket.AF_INET, ("127.0.0.1", 9))

@pytest.mark.peer
def test_peer_may_use_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect(socket.AF_INET, server.getsockname())

@pytest.mark.peer
def test_peer_may_not_use_the_internet():
    connect(socket.AF_INET, ("192.0.2.1", 80))

def test_unix_socket_is_no_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        server.listen()
        connect(socket.AF_UNIX, "s")

def test_thread_left():
    threading.Thread(target=threading.Event().wait, args=(3,), name="leftover").start()

def test_log_warning():
    logging.getLogger("watchfloor").warning("something is off")

def test_log_warning_looked_at(caplog):
    logging.getLogger("watchfloor").warning("something is off")

def test_log_switched_off():
    import logging.config
    logging.getLogger("watchfloor")
    logging.config.dictConfig({"version": 1})

def test_qt_warning(qapp):
    from PySide6.QtCore import qWarning
    qWarning("something is off")
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guards")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_seeded.py").write_text(TESTS, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-rA", "--tb=line", "-p", "no:cacheprovider", *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
        return dict(map(reversed, re.findall(r"^([A-Z]+) .*::(\w+)", done.stdout, re.MULTILINE)))

    return run(), run("--all")


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("test_internet", "FAILED"),
        ("test_name", "FAILED"),
        ("test_loopback", "FAILED"),
        ("test_unix_socket_is_no_network", "PASSED"),
        ("test_thread_left", "ERROR"),
        ("test_log_warning", "ERROR"),
        ("test_log_warning_looked_at", "PASSED"),
        ("test_log_switched_off", "ERROR"),
        ("test_qt_warning", "FAILED"),
    ],
)
def test_that_a_guard_judges_a_test(outcomes, test, outcome):
    core, everything = outcomes
    assert core[test] == outcome
    assert everything[test] == outcome


def test_that_peers_wait_for_all_and_reach_no_further_than_this_machine(outcomes):
    core, everything = outcomes
    assert "test_peer_may_use_loopback" not in core
    assert everything["test_peer_may_use_loopback"] == "PASSED"
    assert everything["test_peer_may_not_use_the_internet"] == "FAILED"
