"""Secrets by reference: in the system's keyring, or in a file that a passphrase encrypts. Never plain.

Which keyring backends count is a closed list: `null` forgets what it is given, and `keyrings.alt`
keeps it in plain text. Before the first secret is written, the keyring must give back what it was
given (a locked or half-installed one still names itself as usable).
"""

import base64
import getpass
import hashlib
import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked

from app.errors import CredentialError

SERVICE: Final = "watchfloor"

_BACKENDS: Final = {
    "keyring.backends.SecretService": "Secret Service keyring",
    "keyring.backends.libsecret": "Secret Service keyring",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.Windows": "Windows Credential Manager",
    "keyring.backends.macOS": "macOS keychain",
}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# NIST SP 800-132; the count is what OWASP's password storage sheet gives for PBKDF2 with SHA-256, no less for SHA-384
_ITERATIONS: Final = 600_000
_MOST_ITERATIONS: Final = 10_000_000
_MOST_BYTES: Final = 2**16


class SecretStore:
    """Where this account keeps its secrets.

    Parameters
    ----------
    folder
        Folder of the encrypted files.
    passphrase
        Asked only when a file is written or read; see `passphrase_source`.
    """

    def __init__(self, folder: Path, passphrase: Callable[[], str]) -> None:
        self._folder = folder
        self._passphrase = passphrase

    def put(self, name: str, secret: bytes) -> str:
        """Keep a secret and return the reference to it.

        Raises
        ------
        CredentialError
            If the keyring is locked, or neither it nor a passphrase is there.
        """
        backend = _usable_backend()
        if backend is not None:
            backend.set_password(SERVICE, _checked(name), secret.decode())
            return f"keyring:{SERVICE}/{name}"
        _write_private(self._file(name), _encrypt(name, secret, self._passphrase()))
        return f"file:{name}"

    def get(self, name: str) -> bytes:
        """Read a secret of ours, wherever it was put.

        Raises
        ------
        CredentialError
        """
        if self._file(name).exists():
            return _decrypt(name, self._file(name), self._passphrase())
        return _from_keyring(SERVICE, name).encode()

    def read_secret(self, reference: str) -> str:
        """Read what a settings file refers to: ``keyring:service/name`` or ``file:name``.

        Raises
        ------
        CredentialError
            If the reference is of another form (a secret itself is never accepted), or leads to nothing.
        """
        kind, _, rest = reference.partition(":")
        service, _, name = rest.partition("/")
        if kind == "keyring" and service and name:
            return _from_keyring(service, name)
        if kind == "file" and _NAME.fullmatch(rest):
            return _decrypt(rest, self._file(rest), self._passphrase()).decode()
        msg = "A secret must be given as keyring:SERVICE/NAME or file:NAME."
        raise CredentialError(msg, "Store it with: watchfloor keys secret NAME")

    def _file(self, name: str) -> Path:
        return self._folder / f"{_checked(name)}.secret.json"


def where() -> str:
    """Words for the place where a new secret would be kept."""
    backend = _backend()
    return "files encrypted with a passphrase" if backend is None else _BACKENDS[type(backend).__module__]


def passphrase_source(file: Path | None) -> Callable[[], str]:
    """Ask for the passphrase in a file, for services, or else at the terminal.

    Raises (when asked)
    -------------------
    CredentialError
        If there is neither, or the file may be read by everybody.
    """
    return _prompt if file is None else lambda: _passphrase_of(file)


def _passphrase_of(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            text = opened.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = "The passphrase file cannot be read."
        raise CredentialError(msg, "Check --passphrase-file: its path, its owner, and that it is text.") from error
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        msg = "Everybody on this machine can read or change the passphrase file."
        raise CredentialError(msg, "Close it first: chmod o-rwx FILE")
    if not text:
        msg = "The passphrase file is empty."
        raise CredentialError(msg, "Write the passphrase into its first line.")
    return text


def _prompt() -> str:
    if not sys.stdin.isatty():
        msg = "No passphrase: there is no keyring, no --passphrase-file, and no terminal to ask at."
        raise CredentialError(msg, "Give --passphrase-file FILE, or unlock a keyring.")
    text = getpass.getpass("Passphrase for the key files of this station: ")
    if not text:
        msg = "The passphrase is empty."
        raise CredentialError(msg, "Nothing was stored; try again.")
    return text


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name for a secret."
        raise CredentialError(msg, "Use small letters, digits, dot, dash and underscore, at most 64.")
    return name


# --- keyring --------------------------------------------------------------------------------------------------------


def _backend() -> KeyringBackend | None:
    """Backend of the closed list that the system offers, or None. It may still be locked."""
    chosen: Any = keyring.get_keyring()
    for backend in [chosen, *getattr(chosen, "backends", [])]:
        if type(backend).__module__ in _BACKENDS:
            return backend  # type: ignore[no-any-return]
    return None


def _usable_backend() -> KeyringBackend | None:
    """Backend that gives back what it is given, or None.

    Raises
    ------
    CredentialError
        If it is locked: falling back to a file then would hide the keyring's own secrets.
    """
    backend = _backend()
    if backend is None:
        return None
    probe = secrets.token_hex(8)
    try:
        backend.set_password(SERVICE, "probe", probe)
        works = backend.get_password(SERVICE, "probe") == probe
        backend.delete_password(SERVICE, "probe")
    except KeyringLocked as error:
        raise _locked() from error
    except KeyringError:
        return None
    return backend if works else None


def _from_keyring(service: str, name: str) -> str:
    backend = _backend()
    try:
        found = None if backend is None else backend.get_password(service, name)
    except KeyringLocked as error:
        raise _locked() from error
    except KeyringError:
        found = None
    if found is None:
        msg = f"There is no secret {service}/{name} in the keyring of this account."
        raise CredentialError(msg, "Store it under this account, or correct the name. 'watchfloor keys list' helps.")
    return found


def _locked() -> CredentialError:
    msg = "The keyring of this account is locked."
    return CredentialError(msg, "Unlock it (log in to the desktop, or ask for its password there) and try again.")


# --- encrypted files ------------------------------------------------------------------------------------------------


def _encrypt(name: str, secret: bytes, passphrase: str) -> bytes:
    salt, nonce = os.urandom(32), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha384", passphrase.encode(), salt, _ITERATIONS, 32)
    sealed = AESGCM(key).encrypt(nonce, secret, _bound(name, _ITERATIONS))
    written = {
        "format": "watchfloor-secret",
        "version": 1,
        "kdf": "pbkdf2-hmac-sha384",
        "iterations": _ITERATIONS,
        "cipher": "aes-256-gcm",
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    return json.dumps(written, indent=1).encode() + b"\n"


def _decrypt(name: str, file: Path, passphrase: str) -> bytes:
    try:
        with file.open("rb") as opened:
            told = json.loads(opened.read(_MOST_BYTES))
        salt, nonce, sealed = (base64.b64decode(told[field], validate=True) for field in ("salt", "nonce", "sealed"))
        iterations = told["iterations"]
        if told["version"] != 1 or type(iterations) is not int or not _ITERATIONS <= iterations <= _MOST_ITERATIONS:
            raise ValueError
        key = hashlib.pbkdf2_hmac("sha384", passphrase.encode(), salt, iterations, 32)
        return AESGCM(key).decrypt(nonce, sealed, _bound(name, iterations))
    except FileNotFoundError as error:
        msg = f"There is no encrypted secret {name!r} on this station."
        raise CredentialError(msg, "Store it with: watchfloor keys secret NAME") from error
    except InvalidTag as error:
        msg = f"The passphrase does not open the secret {name!r}, or its file was changed."
        raise CredentialError(
            msg, "Try the passphrase again; if it is right, restore the file from its backup."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"The file of the secret {name!r} cannot be read."
        raise CredentialError(msg, "Check its owner, or restore it from its backup.") from error


def _bound(name: str, iterations: int) -> bytes:
    """What the seal also covers: a file renamed or weakened does not open."""
    return f"watchfloor-secret/1 {name} {iterations}".encode()


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
