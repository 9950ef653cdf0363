"""What an adapter declares, and what all adapters need for asking a server.

An adapter is one file in `app/sources` with ``SOURCE = Source(...)``; no list of them exists
anywhere. It keeps no state, logs nothing and catches nothing it cannot act on.
"""

import importlib
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import httpx

from app.collector_settings import Labels, SourceTable
from app.errors import SettingsError, SourceError
from app.job import Job
from app.model.catalogue import Catalogue
from app.model.event import Event
from app.model.sample import Series
from app.model.time_range import TimeRange
from app.toml import Seconds, SecretReference, read_table, refuse_unknown

MAX_ANSWER = 32 * 1024 * 1024
"""Largest answer in bytes that is read; an adapter asks for less at a time instead."""


@dataclass(frozen=True, slots=True)
class Access:
    """Keys of every ``[sources.NAME]`` table: where the server is and how we show who we are."""

    url: str
    ca_file: Path | None = None
    token: SecretReference = ""
    user: str = ""
    password: SecretReference = ""
    timeout: Seconds = 60.0

    def __post_init__(self) -> None:
        url = httpx.URL(self.url)
        if url.scheme not in ("http", "https") or not url.host:
            msg = f"url: {self.url!r} is no http or https address"
            raise ValueError(msg)
        if url.userinfo:
            msg = "url: a secret never stands in a settings file; use user and password = 'keyring:SERVICE/NAME'"
            raise ValueError(msg)
        if bool(self.user) != bool(self.password) or (self.user and self.token):
            msg = "give either token, or user and password"
            raise ValueError(msg)
        if (self.token or self.user) and url.scheme == "http" and url.host not in ("127.0.0.1", "::1", "localhost"):
            msg = "a token or a password is sent over https only"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter is given.

    `source` is the name of its table. Samples are wanted at every multiple of `step` within
    `window`, which is half-open, so that consecutive windows join. `client` is open: address, TLS,
    credentials, time-outs and repeats are settled. `matches` (by endpoint) and `node_matches` (by
    node) say by recipe which labels are whose. `policy` reads a folder of the shipped and the
    site's policy files: file name to text.
    """

    source: str
    window: TimeRange
    step: float
    client: httpx.Client
    catalogue: Catalogue
    matches: Mapping[str, Mapping[str, Labels]]
    node_matches: Mapping[str, Mapping[str, Labels]]
    policy: Callable[[str], Mapping[str, str]]

    @property
    def enclave(self) -> str:
        """Id of the enclave that everything read here belongs to."""
        return self.catalogue.enclave.id


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``collect --check``.

    `state` is ``ok``, ``missing`` (declared but not there), ``proposal`` (there but not declared)
    or ``failed``. `snippet` is what to write into collector.toml, where that is the answer.
    """

    source: str
    state: str
    text: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Declaration of one adapter.

    `settings` is the dataclass of the keys that the adapter adds to those of `Access`. `collect`
    yields what it read; `check` says what it would read and whether it can, and writes nothing.
    """

    kind: str
    settings: type[Any]
    collect: Callable[[Any, Context, Job], Iterator[Series | Event]]
    check: Callable[[Any, Context, Job], Iterator[Finding]]


def discover() -> dict[str, Source]:
    """Every adapter, by kind.

    Raises
    ------
    TypeError
        If a file of app/sources declares no SOURCE, or one of another name: our own fault.
    """
    found = {}
    for path in sorted((Path(__file__).parent / "sources").glob("[!_]*.py")):
        source = getattr(importlib.import_module(f"app.sources.{path.stem}"), "SOURCE", None)
        if not isinstance(source, Source) or source.kind != path.stem:
            msg = f"app/sources/{path.name} declares no SOURCE of kind {path.stem!r}"
            raise TypeError(msg)
        found[source.kind] = source
    return found


def read_source(raw: SourceTable, source: Source) -> tuple[Access, Any]:
    """Check one ``[sources.NAME]`` table against what the adapter declares.

    Raises
    ------
    SettingsError
        With file, line and key.
    """
    common = {entry.name for entry in fields(Access)}
    own = {entry.name for entry in fields(source.settings)}
    refuse_unknown(raw.table, [*common, *own, "kind"], raw.place)
    access = read_table(Access, {key: value for key, value in raw.table.items() if key in common}, raw.place)
    table = {key: value for key, value in raw.table.items() if key in own}
    return access, read_table(source.settings, table, raw.place)


def unknown_kind(raw: SourceTable, known: Mapping[str, Source]) -> SettingsError:
    """Error for a table whose kind is no adapter."""
    return raw.place.at("kind").refuse(f"there is no adapter {raw.kind!r}", f"Known: {', '.join(sorted(known))}.")


# --- asking a server ------------------------------------------------------------------------------------------------


class TooMuch(SourceError):
    """An answer is larger than `MAX_ANSWER`: ask for less at a time."""

    def __init__(self) -> None:
        super().__init__(f"The answer is larger than {MAX_ANSWER // 2**20} MiB.", kind="limit")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and parsed JSON of one answer."""

    status: int
    body: Any


def ask(
    client: httpx.Client,
    method: str,
    path: str,
    *,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    accept: frozenset[int] = frozenset({200}),
) -> Answer:
    """Ask a server for JSON.

    Parameters
    ----------
    data
        Form fields of a query that is sent by POST.
    accept
        Statuses whose JSON the caller wants to see; all others are refused here.

    Raises
    ------
    SourceError
        ``authentication`` for 401, 403, a redirect or a page where data should be, ``limit`` for 429
        and for an answer that is too large, ``malformed`` for what is no JSON, ``server`` else.
    httpx.HTTPError
        If there is no answer; `failure` names the class.
    """
    with client.stream(method, path, data=data, headers=headers) as response:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_ANSWER:
                raise TooMuch
    if response.is_redirect:
        raise _redirected(response)
    page = "html" in response.headers.get("content-type", "") or body.lstrip()[:1] == b"<"
    if response.status_code not in accept or (page and response.status_code != 200):
        raise _refused(response, page=page)
    if page:
        msg = f"{response.url.host} sent a web page instead of data: a sign-in page stands in front of it."
        raise SourceError(msg, _ADDRESS_HINT, kind="authentication")
    try:
        return Answer(response.status_code, json.loads(body))
    except (ValueError, RecursionError) as error:
        if response.status_code != 200:
            raise _refused(response, page=False) from error
        msg = f"{response.url.host} sent something that is no JSON ({len(body)} bytes)."
        raise SourceError(msg, kind="malformed") from error


_ADDRESS_HINT = "Use the service's address inside the enclave and a service token, not the address for browsers."


def _redirected(response: httpx.Response) -> SourceError:
    target = response.headers.get("location", "")
    there = httpx.URL(response.url).join(target) if target else response.url
    msg = f"{response.url.host} sends us on to {there.host}{there.path} instead of answering."
    return SourceError(msg, _ADDRESS_HINT, kind="authentication")


def _refused(response: httpx.Response, *, page: bool) -> SourceError:
    host, status = response.url.host, response.status_code
    if status == 401:
        hint = "Check the credentials that collector.toml refers to."
        return SourceError(f"{host} does not accept our credentials (401).", hint, kind="authentication")
    if status == 403:
        hint = "The account needs the right to read."
        return SourceError(f"{host} does not let this account read (403).", hint, kind="authentication")
    if status == 429:
        return SourceError(f"{host} answers that we ask too often (429).", kind="limit")
    if status == 404 or (page and status < 500):
        hint = "Check url in collector.toml; a path before /api/v1 belongs to it."
        return SourceError(f"{host} does not know {response.url.path} ({status}).", hint, kind="server")
    return SourceError(f"{host} cannot answer ({status} {response.reason_phrase}).", kind="server")


def failure(error: httpx.HTTPError) -> SourceError:
    """Name the class of a transport error: ``timeout``, ``tls``, ``connection`` or ``malformed``."""
    try:
        host = error.request.url.host
    except RuntimeError:  # an error that was raised outside any request
        host = "the server"
    if isinstance(error, httpx.TimeoutException):
        return SourceError(f"{host} did not answer in time.", kind="timeout")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "Name the authority that signed it as ca_file in collector.toml."
            msg = f"The certificate of {host} is not trusted: {cause.verify_message}."
            return SourceError(msg, hint, kind="tls")
        if isinstance(cause, ssl.SSLError):
            return SourceError(f"{host} and we agree on no TLS: {getattr(cause, 'reason', None) or cause}.", kind="tls")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.DecodingError):
        return SourceError(f"The answer of {host} is not encoded as it says.", kind="malformed")
    return SourceError(f"{host} cannot be reached: {error}.", kind="connection")
