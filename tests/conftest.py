"""What every test stands on: no screen, no network, no keyring of the person's, nothing left running."""

import ipaddress
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import settings

# Before Qt is imported: golden pictures are made at one scale, and no test opens a window on a desktop.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ["QT_FONT_DPI"] = "96"
# Qt warns about any other encoding, and a Qt warning fails a test.
os.environ["LC_ALL"] = "C.UTF-8"
# A test that wants a keyring says so and brings its own daemon.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# How long an example takes is a matter of the machine and of what else runs there: benchmarks measure, tests do not.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="also run the tests that need a real server or system package")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--all"):
        return
    for item in items:
        if item.get_closest_marker("peer"):
            item.add_marker(pytest.mark.skip(reason="needs --all"))


# --- network ------------------------------------------------------------------------------------------------

_loopback_allowed = False


def _is_loopback(host):
    if isinstance(host, bytes):
        host = host.decode()
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_network(event, arguments):
    """Stop Python's sockets at the interpreter, below anything that a library could hold a reference to."""
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        sock, address = arguments
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if not (_loopback_allowed and _is_loopback(host)):
        message = f"tests are offline: {event} to {host!r}; only tests marked 'peer' may use loopback"
        raise RuntimeError(message)


sys.addaudithook(_refuse_network)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before any fixture, so that one which a whole module shares may start a server on loopback."""
    global _loopback_allowed  # noqa: PLW0603 -- an audit hook cannot be removed, only be told
    _loopback_allowed = item.get_closest_marker("peer") is not None


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    """After every fixture of the test."""
    global _loopback_allowed  # noqa: PLW0603
    _loopback_allowed = False


# --- what a test may leave behind ---------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_thread_left():
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not t.daemon]
    deadline = time.monotonic() + 2
    for thread in left:
        thread.join(max(0, deadline - time.monotonic()))
    names = [t.name for t in left if t.is_alive()]
    assert not names, f"left running: {names}"


class _Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.name} {record.levelname}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_log_warning(request):
    """A warning in the log fails a test, unless the test asks for `caplog` and so looks for itself."""
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("watchfloor")]
    silenced = [logger.name for logger in loggers if logger.disabled]
    for logger in loggers:
        logger.disabled = False  # only the test that did it fails
    assert not silenced, f"switched off the log of all later tests: {silenced}"
    if "caplog" not in request.fixturenames:
        assert not handler.lines, "\n".join(handler.lines)


@pytest.fixture(scope="session", autouse=True)
def _home():
    """Settings and data of the person who runs the tests are neither read nor written."""
    # not pytest's folder: a socket's path may have 107 bytes, and the runtime folder holds sockets
    with tempfile.TemporaryDirectory(prefix="wf-") as folder, pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR"):
            path = Path(folder) / name.lower()
            path.mkdir(mode=0o700)
            patch.setenv(f"XDG_{name}", str(path))
        yield


@pytest.fixture
def base_dir(tmp_path):
    """Folder for one station, for `Paths.under` and `--base-dir`; does not exist yet."""
    return tmp_path / "station"
