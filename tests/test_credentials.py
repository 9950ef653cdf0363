"""Secrets: sealed files against `cryptography` itself, and a real Secret Service in the peer tests."""

import base64
import getpass
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from keyring.backend import KeyringBackend
from keyring.backends import null
from keyring.errors import KeyringError, KeyringLocked

import app.credentials
from app.credentials import SecretStore, passphrase_source, where
from app.errors import CredentialError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def secrets(tmp_path):
    """A store on a machine without a keyring (tests/conftest.py takes it away)."""
    return SecretStore(tmp_path / "keys", lambda: "correct horse")


def test_that_a_secret_comes_back_and_is_never_plain_on_disk(secrets, tmp_path):
    assert secrets.put("grafana", b"s3cret-token") == "file:grafana"
    assert secrets.get("grafana") == b"s3cret-token"
    assert secrets.read_secret("file:grafana") == "s3cret-token"
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = file.read_bytes()
    assert b"s3cret" not in written
    assert base64.b64encode(b"s3cret")[:6] not in written


def test_that_the_seal_is_what_it_says(secrets, tmp_path):
    """Opened by hand: PBKDF2-HMAC-SHA-384 with 600 000 rounds, AES-256-GCM."""
    secrets.put("grafana", b"token")
    told = json.loads((tmp_path / "keys" / "grafana.secret.json").read_text())
    assert (told["kdf"], told["iterations"], told["cipher"]) == ("pbkdf2-hmac-sha384", 600_000, "aes-256-gcm")
    salt, nonce, sealed = (base64.b64decode(told[name]) for name in ("salt", "nonce", "sealed"))
    key = hashlib.pbkdf2_hmac("sha384", b"correct horse", salt, 600_000, 32)
    assert AESGCM(key).decrypt(nonce, sealed, b"watchfloor-secret/1 grafana 600000") == b"token"


def test_that_a_wrong_passphrase_opens_nothing(secrets, tmp_path):
    secrets.put("grafana", b"token")
    with pytest.raises(CredentialError, match="does not open"):
        SecretStore(tmp_path / "keys", lambda: "wrong").get("grafana")


def changed(told, name, value):
    return told | {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iterations", 1000),
        ("iterations", 10**12),
        ("iterations", "600000"),
        ("version", 2),
        ("salt", "!"),
        ("nonce", ""),
        ("sealed", "AAAA"),
        ("sealed", None),
    ],
)
def test_that_a_changed_file_opens_nothing(secrets, tmp_path, name, value):
    secrets.put("grafana", b"token")
    file = tmp_path / "keys" / "grafana.secret.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {name: value}))
    with pytest.raises(CredentialError):
        secrets.get("grafana")


def test_that_a_renamed_file_opens_nothing(secrets, tmp_path):
    secrets.put("grafana", b"token")
    (tmp_path / "keys" / "grafana.secret.json").rename(tmp_path / "keys" / "jira.secret.json")
    with pytest.raises(CredentialError, match="was changed"):
        secrets.get("jira")


def test_that_no_json_is_no_secret(secrets, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "grafana.secret.json").write_text("plain-password")
    with pytest.raises(CredentialError, match="cannot be read") as caught:
        secrets.get("grafana")
    assert "plain-password" not in str(caught.value)


@pytest.mark.parametrize(
    "reference", ["s3cret", "", "keyring:", "keyring:x", "keyring:/x", "file:../x", "file:", "env:X"]
)
def test_that_only_a_reference_is_accepted_and_a_secret_is_not_repeated(secrets, reference):
    with pytest.raises(CredentialError) as caught:
        secrets.read_secret(reference)
    assert "s3cret" not in str(caught.value)


def test_that_what_is_not_there_is_told(secrets):
    for ask in (lambda: secrets.read_secret("file:none"), lambda: secrets.get("none"),
                lambda: secrets.read_secret("keyring:watchfloor/none")):  # fmt: skip
        with pytest.raises(CredentialError, match="There is no"):
            ask()


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "x" * 65, ".hidden"])
def test_that_a_name_stays_a_name(secrets, name):
    with pytest.raises(CredentialError, match="no name"):
        secrets.put(name, b"x")


def test_that_a_write_that_fails_leaves_nothing(secrets, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        secrets.put("grafana", b"token")
    assert list((tmp_path / "keys").iterdir()) == []


# --- passphrases


def test_that_a_passphrase_file_is_read_to_its_first_line(tmp_path):
    file = tmp_path / "pp"
    file.write_text("correct horse\r\nsecond\n")
    file.chmod(0o640)
    assert passphrase_source(file)() == "correct horse"


def test_that_a_passphrase_file_open_to_everybody_or_empty_or_absent_is_refused(tmp_path):
    file = tmp_path / "pp"
    with pytest.raises(CredentialError, match="cannot be read"):
        passphrase_source(file)()
    file.write_text("\n")
    file.chmod(0o600)
    with pytest.raises(CredentialError, match="empty"):
        passphrase_source(file)()
    file.write_text("x\n")
    file.chmod(0o604)
    with pytest.raises(CredentialError, match="Everybody"):
        passphrase_source(file)()


class Terminal:
    def isatty(self):
        return True


def test_that_a_person_is_asked_at_a_terminal_only(monkeypatch):
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: PTH123, SIM115 -- closed with the process
    with pytest.raises(CredentialError, match="no terminal"):
        passphrase_source(None)()
    sys.stdin.close()
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _: "typed")
    assert passphrase_source(None)() == "typed"
    monkeypatch.setattr(getpass, "getpass", lambda _: "")
    with pytest.raises(CredentialError, match="empty"):
        passphrase_source(None)()


# --- keyrings that are none


class InMemory(KeyringBackend):
    """A keyring of the closed list, by its module's name."""

    priority = 1

    def __init__(self, *, locked=False, broken=False, forgets=False):
        self.kept, self.locked, self.broken, self.forgets = {}, locked, broken, forgets

    def _check(self):
        if self.locked:
            raise KeyringLocked
        if self.broken:
            raise KeyringError

    def set_password(self, service, username, password):
        self._check()
        if not self.forgets:
            self.kept[service, username] = password

    def get_password(self, service, username):
        self._check()
        return self.kept.get((service, username))

    def delete_password(self, service, username):
        self._check()
        self.kept.pop((service, username), None)


class Chain(KeyringBackend):
    """As keyring's chainer: `keyrings.alt` with its plain text first, the real one behind it."""

    priority = 10

    def __init__(self, *backends):
        self.backends = backends

    def get_password(self, service, username):
        raise NotImplementedError

    set_password = delete_password = get_password


@pytest.fixture
def use(monkeypatch):
    def set_up(backend, *, listed=True):
        for one in getattr(backend, "backends", [backend]):
            if isinstance(one, InMemory) and listed:
                monkeypatch.setattr(InMemory, "__module__", "keyring.backends.SecretService")
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
        return backend

    return set_up


def test_that_a_working_keyring_is_used_and_leaves_no_probe(use, secrets, tmp_path):
    backend = use(InMemory())
    assert secrets.put("grafana", b"token") == "keyring:watchfloor/grafana"
    assert backend.kept == {("watchfloor", "grafana"): "token"}
    assert secrets.get("grafana") == b"token"
    assert secrets.read_secret("keyring:watchfloor/grafana") == "token"
    assert not (tmp_path / "keys").exists()
    assert where() == "Secret Service keyring"


@pytest.mark.parametrize("backend", [null.Keyring(), InMemory()])
def test_that_a_keyring_outside_the_closed_list_is_none(use, secrets, backend):
    """`null` forgets in silence, `keyrings.alt` writes plain text."""
    use(backend, listed=False)
    assert secrets.put("grafana", b"token") == "file:grafana"
    assert getattr(backend, "kept", {}) == {}
    assert "passphrase" in where()


def test_that_a_real_keyring_behind_a_plain_one_is_found(use, secrets):
    plain, real = null.Keyring(), InMemory()
    use(Chain(plain, real))
    assert secrets.put("grafana", b"token") == "keyring:watchfloor/grafana"
    assert ("watchfloor", "grafana") in real.kept


@pytest.mark.parametrize("fault", ["broken", "forgets"])
def test_that_a_keyring_that_does_not_keep_is_none(use, secrets, fault):
    use(InMemory(**{fault: True}))
    assert secrets.put("grafana", b"token") == "file:grafana"
    with pytest.raises(CredentialError, match="There is no secret"):
        secrets.read_secret("keyring:watchfloor/other")


def test_that_a_locked_keyring_is_told_and_not_passed_by(use, secrets, tmp_path):
    use(InMemory(locked=True))
    with pytest.raises(CredentialError, match="locked") as caught:
        secrets.put("grafana", b"token")
    assert "Unlock" in caught.value.hint
    with pytest.raises(CredentialError, match="locked"):
        secrets.read_secret("keyring:watchfloor/grafana")
    assert not (tmp_path / "keys").exists()


# --- a real one


REAL = """
import sys
from pathlib import Path
from app.credentials import SecretStore, where
secrets = SecretStore(Path(sys.argv[1]), lambda: sys.exit("asked for a passphrase"))
assert where() == "Secret Service keyring", where()
assert secrets.put("peer", "gr\\u00fc\\u00dfe".encode()) == "keyring:watchfloor/peer"
assert secrets.get("peer").decode() == secrets.read_secret("keyring:watchfloor/peer") == "gr\\u00fc\\u00dfe"
print("kept")
"""

LOCKED = """
import sys
from pathlib import Path
from app.credentials import SecretStore
from app.errors import CredentialError
try:
    SecretStore(Path(sys.argv[1]), lambda: sys.exit("asked for a passphrase")).put("peer", b"x")
except CredentialError as error:
    print(error.message)
"""


def in_session(start, code, folder, tmp_path):
    """Run `code` on a session bus of its own, with a keyring daemon of its own."""
    environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    environment.pop("PYTHON_KEYRING_BACKEND", None)
    environment.pop("DISPLAY", None)
    script = f'{start}\n"$PYTHON" -c "$CODE" "$FOLDER"'
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script],
        env=environment | {"PYTHON": sys.executable, "CODE": code, "FOLDER": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="needs gnome-keyring and dbus")
def test_that_a_real_secret_service_keeps_a_secret_over_sessions(tmp_path):
    unlock = 'printf "pw\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null'
    for _ in range(2):
        done = in_session(unlock, REAL, tmp_path / "keys", tmp_path)
        assert done.stdout == "kept\n", done.stderr
    assert not (tmp_path / "keys").exists()


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="needs gnome-keyring and dbus")
def test_that_a_real_keyring_that_is_locked_is_told(tmp_path):
    unlock = 'printf "pw\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null'
    assert in_session(unlock, REAL, tmp_path / "keys", tmp_path).stdout == "kept\n"
    wrong = 'printf "wrong\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null'
    done = in_session(wrong, LOCKED, tmp_path / "keys", tmp_path)
    assert done.stdout == "The keyring of this account is locked.\n", done.stderr


def test_that_the_closed_list_names_what_keyring_ships():
    """A renamed backend would silently count as none."""
    import importlib.util

    for name in app.credentials._BACKENDS:
        assert importlib.util.find_spec(name) is not None
