"""The open client: patience within bounds, nothing from the environment, secrets by reference."""

import ssl

import httpx
import pytest

from app.collect.access import Patient, open_client, pause_for
from app.errors import SettingsError
from app.job import Cancelled, Job
from app.source import Access

REQUEST = httpx.Request("POST", "https://prometheus.test/api/v1/query", content=b"query=up")


def patient(*answers):
    """A patient transport over a list of answers, and what it waited."""
    left, waits = list(answers), []

    def handler(request):
        assert request.content == b"query=up"
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Patient(httpx.MockTransport(handler), waits.append), waits, left


def busy(**headers):
    return httpx.Response(503, headers=headers)


def test_that_a_busy_server_is_asked_again():
    transport, waits, _ = patient(busy(), httpx.Response(429), httpx.Response(200))
    assert transport.handle_request(REQUEST).status_code == 200
    assert waits == [1.0, 4.0]


def test_that_three_attempts_are_enough():
    transport, waits, left = patient(busy(), busy(), busy(), httpx.Response(200))
    assert transport.handle_request(REQUEST).status_code == 503
    assert (len(waits), len(left)) == (2, 1)


def test_that_retry_after_is_honoured_in_seconds_and_as_a_date():
    dated = {"date": "Thu, 12 Nov 2026 14:00:00 GMT", "retry-after": "Thu, 12 Nov 2026 14:00:07 GMT"}
    transport, waits, _ = patient(busy(**{"retry-after": "12"}), busy(**dated), httpx.Response(200))
    transport.handle_request(REQUEST)
    assert waits == [12.0, 7.0]


@pytest.mark.parametrize("text", ["3600", "Thu, 12 Nov 2026 15:00:00 GMT"])
def test_that_a_server_that_asks_for_an_hour_is_not_waited_for(text):
    transport, waits, _ = patient(busy(**{"retry-after": text, "date": "Thu, 12 Nov 2026 14:00:00 GMT"}))
    assert transport.handle_request(REQUEST).status_code == 503
    assert waits == []


def test_that_waits_together_stay_below_the_longest():
    transport, waits, _ = patient(busy(**{"retry-after": "20"}), busy(**{"retry-after": "20"}))
    assert transport.handle_request(REQUEST).status_code == 503
    assert waits == [20.0]


def test_that_nonsense_in_retry_after_is_passed_over():
    transport, waits, _ = patient(busy(**{"retry-after": "soon"}), httpx.Response(200))
    transport.handle_request(REQUEST)
    assert waits == [1.0]


def test_that_a_refused_connection_is_tried_again_and_a_bad_certificate_is_not():
    transport, waits, _ = patient(httpx.ConnectError("no"), httpx.Response(200))
    assert transport.handle_request(REQUEST).status_code == 200
    assert waits == [1.0]
    inner, outer = OSError("tls"), httpx.ConnectError("tls")
    inner.__cause__, outer.__cause__ = ssl.SSLError(1, "bad"), inner
    transport, waits, _ = patient(outer)
    with pytest.raises(httpx.ConnectError):
        transport.handle_request(REQUEST)
    assert waits == []


def test_that_other_answers_and_slow_ones_are_not_asked_for_again():
    for answer in (httpx.Response(500), httpx.Response(401), httpx.Response(400)):
        transport, waits, _ = patient(answer)
        assert transport.handle_request(REQUEST) is answer
        assert waits == []
    transport, _, _ = patient(httpx.ReadTimeout("slow"))
    with pytest.raises(httpx.ReadTimeout):
        transport.handle_request(REQUEST)


def test_that_a_stop_is_not_waited_out():
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        pause_for(job.check)(3600.0)


def opened(access, **other):
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(200)

    secrets = {"keyring:watchfloor/p": "s3cret", "keyring:watchfloor/t": "t0ken"}
    with open_client(access, secrets.__getitem__, lambda _: None, httpx.MockTransport(handler)) as client:
        client.get("api")
    return seen[0]


def test_that_a_token_and_a_password_come_by_reference():
    assert opened(Access("https://a.test", token="keyring:watchfloor/t")).headers["authorization"] == "Bearer t0ken"
    sent = opened(Access("https://a.test", user="reader", password="keyring:watchfloor/p"))
    assert sent.headers["authorization"] == "Basic cmVhZGVyOnMzY3JldA=="
    assert "authorization" not in opened(Access("https://a.test")).headers


def test_that_nothing_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    (tmp_path / ".netrc").write_text("machine a.test login x password y")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "authorization" not in opened(Access("https://a.test")).headers
    with open_client(Access("https://a.test"), str, lambda _: None) as client:
        assert client._mounts == {}
        assert client.trust_env is False


def test_that_an_authority_that_is_no_certificate_is_refused(tmp_path):
    for name, content in (("empty.pem", ""), ("words.pem", "hello")):
        (tmp_path / name).write_text(content)
        with pytest.raises(SettingsError, match=name):
            open_client(Access("https://a.test", ca_file=tmp_path / name), str, lambda _: None)
    with pytest.raises(SettingsError, match=r"missing\.pem"):
        open_client(Access("https://a.test", ca_file=tmp_path / "missing.pem"), str, lambda _: None)
