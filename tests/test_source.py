"""Tables of sources, and what becomes of a question that gets no usable answer."""

import ssl

import httpx
import pytest

from app.collector_settings import SourceTable
from app.errors import SettingsError
from app.source import Access, ask, discover, failure, read_source, unknown_kind
from app.toml import parse_toml
from tests.fakes.servers import as_json, client

TEXT = """\
[sources.main]
kind = "prometheus"
url = "https://prometheus.test/prefix"
token = "keyring:watchfloor/prometheus"
"""


def table(text):
    parsed, place = parse_toml("collector.toml", text)
    raw = parsed["sources"]["main"]
    kind = raw.pop("kind", "")
    return SourceTable("main", kind, raw, place.at("sources", "main"))


def test_that_common_and_own_keys_stand_in_one_table():
    raw = table(TEXT + 'tenant = "a"\nscrape_interval = "15s"\n')
    access, settings = read_source(raw, discover()["prometheus"])
    assert (access.url, access.token, access.timeout) == (
        "https://prometheus.test/prefix",
        "keyring:watchfloor/prometheus",
        60.0,
    )
    assert (settings.tenant, settings.scrape_interval, settings.recipes) == ("a", 15.0, ())


@pytest.mark.parametrize(
    ("line", "words", "hint"),
    [
        ('tokn = "x"', "line 5: sources.main.tokn: unknown key", "'token'"),
        ('tenent = "x"', "unknown key", "'tenant'"),
        ('password = "hunter2"', "a secret never stands in a settings file", ""),
        ('password = "keyring:watchfloor/p"', "user and password", ""),
        ('user = "me"\npassword = "keyring:watchfloor/p"', "either token, or user and password", ""),
        ("scrape_interval = 0", "above 0", ""),
    ],
)
def test_that_a_wrong_key_is_refused_with_its_line(line, words, hint):
    with pytest.raises(SettingsError) as caught:
        read_source(table(TEXT + line + "\n"), discover()["prometheus"])
    assert words in caught.value.message
    assert hint in caught.value.hint
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://prometheus.test", "no http or https address"),
        ("prometheus.test:9090", "no http or https address"),
        ("https://me:hunter2@prometheus.test", "a secret never stands"),
        ("http://prometheus.test", "over https only"),
    ],
)
def test_that_an_address_that_leaks_a_secret_is_refused(url, words):
    with pytest.raises(SettingsError) as caught:
        read_source(table(TEXT.replace("https://prometheus.test/prefix", url)), discover()["prometheus"])
    assert words in caught.value.message


def test_that_loopback_may_do_without_tls():
    assert Access("http://127.0.0.1:9090", token="keyring:a/b").url == "http://127.0.0.1:9090"


def test_that_an_unknown_kind_is_refused_with_the_known_ones():
    error = unknown_kind(table(TEXT.replace('"prometheus"', '"promethius"')), discover())
    assert "line 2" in error.message
    assert "prometheus" in error.hint


def test_that_a_path_before_the_api_is_kept():
    seen = []

    def handler(request):
        seen.append(str(request.url))
        return as_json({})

    with httpx.Client(base_url="https://prometheus.test/prefix", transport=httpx.MockTransport(handler)) as open_one:
        assert ask(open_one, "GET", "api/v1/status").status == 200
    assert seen == ["https://prometheus.test/prefix/api/v1/status"]


def test_that_a_redirect_is_never_followed():
    seen = []

    def handler(request):
        seen.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://elsewhere.test/"})

    with client(handler) as open_one, pytest.raises(Exception, match=r"elsewhere\.test"):
        ask(open_one, "POST", "api/v1/query", data={"query": "up"})
    assert seen == ["prometheus.test"]


def certificate_error():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "cause", "kind", "words"),
    [
        (httpx.ReadTimeout("slow"), None, "timeout", "did not answer in time"),
        (httpx.ConnectTimeout("slow"), None, "timeout", "did not answer in time"),
        (httpx.ConnectError("[Errno 111] Connection refused"), None, "connection", "cannot be reached"),
        (httpx.RemoteProtocolError("peer closed"), None, "connection", "cannot be reached"),
        (httpx.ConnectError("tls"), certificate_error(), "tls", "not trusted: self-signed certificate"),
        (httpx.ConnectError("tls"), ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "tls", "agree on no TLS"),
        (httpx.DecodingError("gzip"), None, "malformed", "not encoded as it says"),
    ],
)
def test_that_a_transport_error_has_a_class(error, cause, kind, words):
    error.__cause__ = cause
    error.request = httpx.Request("GET", "https://prometheus.test/")
    found = failure(error)
    assert (found.kind, "prometheus.test" in found.message) == (kind, True)
    assert words in found.message


def test_that_an_error_outside_any_request_is_named_too():
    assert "the server" in failure(httpx.ConnectError("x")).message
