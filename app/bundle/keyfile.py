"""The signing keys of this station: public halves as small files, private halves as secrets.

The secret itself is kept by whoever is asked (`app.credentials`, which bundles must not know).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.bundle.bounded_json import JsonRefused, loads
from app.bundle.signature import PublicKey, SigningKey, public_key
from app.errors import InputError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MOST_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A signing key of this station, by its public half."""

    name: str
    public: PublicKey

    @property
    def secret(self) -> str:
        """Name under which its private half is kept."""
        return f"key-{self.public.keyid}"


def read_key_document(path: Path) -> PublicKey:
    """Read an exported public key.

    Raises
    ------
    InputError
    """
    try:
        return public_key(loads(path.read_bytes(), size=_MOST_BYTES, depth=1))
    except (OSError, JsonRefused, ValueError) as error:
        reason = "it cannot be opened" if isinstance(error, OSError) else str(error)
        msg = f"{path.name} is no exported public key: {reason}."
        raise InputError(msg, "Export it again on the machine that made it: watchfloor keys export NAME") from error


def own_keys(folder: Path) -> list[OwnKey]:
    """Keys of this station, by name."""
    found = [OwnKey(path.name.removesuffix(".key.json"), read_key_document(path)) for path in folder.glob("*.key.json")]
    return sorted(found, key=lambda key: key.name)


def find_key(folder: Path, wanted: str) -> OwnKey:
    """Key of this station by its name or id.

    Raises
    ------
    InputError
    """
    for key in own_keys(folder):
        if wanted in {key.name, key.public.keyid}:
            return key
    msg = f"This station has no key {wanted!r}."
    raise InputError(msg, "'watchfloor keys list' shows the keys; 'watchfloor keys new' makes one.")


def load_key(folder: Path, wanted: str, secret: Callable[[str], bytes]) -> SigningKey:
    """Private key of this station by its name or id; `secret` fetches the private half.

    Raises
    ------
    InputError, CredentialError
    """
    own = find_key(folder, wanted)
    key = SigningKey.from_pem(own.public.scheme, secret(own.secret))
    if key.public != own.public:
        msg = f"The stored secret of key {own.name!r} does not belong to its public half."
        raise InputError(msg, "Make a new key and let the trust file name it.")
    return key


def keep_key(folder: Path, name: str, key: SigningKey, keep: Callable[[str, bytes], object]) -> OwnKey:
    """Keep a new key under a name; `keep` stores the private half.

    Raises
    ------
    InputError
        If the name is taken or no name.
    """
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name for a key."
        raise InputError(msg, "Use small letters, digits and dashes, at most 32.")
    path = folder / f"{name}.key.json"
    if path.exists():
        msg = f"There is a key {name!r} already."
        raise InputError(msg, "Choose another name; a key is never overwritten.")
    own = OwnKey(name, key.public)
    keep(own.secret, key.pem())
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(key.public.document(), indent=1) + "\n", encoding="utf-8")
    return own
