"""An open client for one source: address, TLS, credentials, time-outs and patience."""

import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from app import __version__
from app.errors import SettingsError
from app.source import Access

_ATTEMPTS = 3
_LONGEST_WAIT = 30.0
"""Seconds that one question may spend waiting to be asked again, all attempts together."""

_BUSY = frozenset({429, 502, 503, 504})


class Patient(httpx.BaseTransport):
    """Asks again when a server is busy or cannot be connected to.

    Only for questions that change nothing, which is all that adapters ask. A server's Retry-After is
    honoured as long as it fits into the longest wait; beyond it the answer is handed on.
    """

    def __init__(self, inner: httpx.BaseTransport, pause: Callable[[float], None]) -> None:
        self._inner = inner
        self._pause = pause

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, again if need be."""
        left = _LONGEST_WAIT
        for attempt in range(1, _ATTEMPTS + 1):
            wait = float(4 ** (attempt - 1))
            try:
                response = self._inner.handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if attempt == _ATTEMPTS or isinstance(error.__cause__ and error.__cause__.__cause__, ssl.SSLError):
                    raise
            else:
                if response.status_code not in _BUSY or attempt == _ATTEMPTS:
                    return response
                wait = _asked_for(response, wait)
                if wait > left:
                    return response
                response.close()
            self._pause(wait)
            left -= wait
        msg = "the last attempt returns or raises"
        raise AssertionError(msg)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _asked_for(response: httpx.Response, otherwise: float) -> float:
    """Seconds that a Retry-After asks for: a number, or a date seen from the answer's own."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return otherwise
    return max(0.0, (until - now).total_seconds())


def pause_for(check: Callable[[], None]) -> Callable[[float], None]:
    """Sleep that calls `check` several times a second, so that a stop is not waited out."""

    def pause(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            check()
            time.sleep(min(0.2, left))
        check()

    return pause


def open_client(
    access: Access,
    secret: Callable[[str], str],
    pause: Callable[[float], None],
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Open a client for one source.

    Nothing comes from the environment, no redirect is followed, and without a `ca_file` the
    system's own list of authorities decides.

    Parameters
    ----------
    secret
        Looks up what a reference such as ``keyring:SERVICE/NAME`` stands for.
    pause
        Waits between two attempts.
    transport
        For tests: what stands in for the network.

    Raises
    ------
    SettingsError
        If the authority's file cannot be used.
    CredentialError
        If a secret cannot be read.
    """
    headers = {"User-Agent": f"watchfloor/{__version__}", "Accept": "application/json"}
    auth = None
    if access.token:
        headers["Authorization"] = f"Bearer {secret(access.token)}"
    if access.user:
        auth = httpx.BasicAuth(access.user, secret(access.password))
    return httpx.Client(
        base_url=access.url,
        headers=headers,
        auth=auth,
        timeout=httpx.Timeout(10.0, read=access.timeout),
        trust_env=False,
        follow_redirects=False,
        transport=Patient(transport or httpx.HTTPTransport(verify=_tls(access), trust_env=False), pause),
    )


def _tls(access: Access) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=access.ca_file)
    except (OSError, ssl.SSLError) as error:
        msg = f"The authority's file {access.ca_file and access.ca_file.name} cannot be used."
        raise SettingsError(msg, "ca_file must name a readable file with certificates in PEM.") from error
