"""Make, list and export the signing keys of this station; store a secret for a source system."""

import argparse
import getpass
import json
import sys
from pathlib import Path

from app.bundle.keyfile import OwnKey, find_key, keep_key, own_keys
from app.bundle.signature import SCHEMES, SigningKey, grouped
from app.cli import Command, Context
from app.credentials import SecretStore, passphrase_source, where
from app.errors import InputError
from app.store import audit, ledger
from app.store.database import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--base-dir", metavar="D", default=argparse.SUPPRESS, help="folder of the station")
    new = actions.add_parser("new", parents=[place], help="make a key pair")
    new.add_argument("--scheme", required=True, choices=SCHEMES, help="signature scheme; there is no default")
    new.add_argument("--name", required=True, help="name of the key on this station")
    actions.add_parser("list", parents=[place], help="show the keys of this station")
    export = actions.add_parser("export", parents=[place], help="write a public key, for the trust file")
    export.add_argument("key", metavar="KEY", help="name or id")
    export.add_argument("--output", type=Path, metavar="FILE", help="write to FILE instead of the terminal")
    secret = actions.add_parser("secret", parents=[place], help="store a secret that collector.toml refers to")
    secret.add_argument("name", metavar="NAME")
    for one in (new, secret):
        one.add_argument("--passphrase-file", type=Path, metavar="FILE", help="where there is no keyring")


def _run(options: argparse.Namespace, context: Context) -> int:
    keys = context.paths.keys
    if options.action == "list":
        for own in own_keys(keys):
            print(f"{own.name}  {own.public.keyid}  {own.public.scheme}")
    elif options.action == "export":
        _export(find_key(keys, options.key), options.output)
    else:
        secrets = SecretStore(keys, passphrase_source(options.passphrase_file))
        if options.action == "secret":
            print(secrets.put(options.name, _asked().encode()))
        else:
            _new(options, context, secrets)
    return 0


def _new(options: argparse.Namespace, context: Context, secrets: SecretStore) -> None:
    own = keep_key(context.paths.keys, options.name, SigningKey.new(options.scheme), secrets.put)
    store = Store.open(context.paths, context.clock)
    with store.state() as state, ledger.recording(state):
        audit.append(state, "keys", "new", object_id=f"{own.public.keyid} {own.public.scheme}")
    print(f"Key {own.name}: {own.public.keyid} ({own.public.scheme}), kept in: {where()}")
    print(f"Fingerprint (SHA-384): {grouped(own.public.fingerprint)}")
    print(
        f"Next: watchfloor keys export {own.name} --output FILE, and let the root holders put it into the trust file."
    )


def _export(own: OwnKey, output: Path | None) -> None:
    text = json.dumps(own.public.document(), indent=1) + "\n"
    if output is None:
        print(text, end="")
        return
    output.write_text(text, encoding="utf-8")
    print(f"Wrote {output.name}. Fingerprint (SHA-384), to be compared by voice or on paper:")
    print(grouped(own.public.fingerprint))


def _asked() -> str:
    text = getpass.getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not text:
        msg = "The secret is empty; nothing was stored."
        raise InputError(msg, "Type it at the prompt, or pipe it in as one line.")
    return text


COMMAND = Command(_arguments, _run)
