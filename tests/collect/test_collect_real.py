"""The whole enclave side against real servers: scrape, collect, sign, carry, import."""

import datetime
import io
import ipaddress
import json
import time
from contextlib import redirect_stderr, redirect_stdout

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.cli import main
from app.clock import SystemClock
from app.collect.access import open_client
from app.collect.collector import Collector
from app.collector_settings import load_collector
from app.errors import SourceError
from app.job import Job
from app.model.time_range import TimeRange
from app.paths import Paths
from app.source import Access, ask, failure
from tests.fakes.prometheus import AVAILABLE, Samples, pages, prometheus
from tests.fakes.servers import capture

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not AVAILABLE, reason="prometheus and promtool are not installed"),
]

HEAD = """
[enclave]
id = "alpha"
name = "Alpha"
level = "S"
cadence = "15m"

[collector]
source = "alpha-collector"
stream = "telemetry"
profile = "cnsa1"
keys = ["k1"]
step = {step}
"""


# --- exposition of real model servers ---------------------------------------------------------------------------


def raised(text, amounts):
    """The same exposition later: each line that starts with a key has risen by its amount."""
    lines = []
    for line in text.splitlines():
        for start, amount in amounts.items():
            if line.startswith(start):
                head, value = line.rsplit(" ", 1)
                line = f"{head} {float(value) + amount!r}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def test_that_recorded_servers_arrive_as_their_recipes_say(tmp_path):
    """vLLM, Triton and KServe were recorded; a Prometheus scrapes the recordings, which then move on."""
    contents = {f"/{kind}": capture(f"metrics/{kind}.prom") for kind in ("vllm", "triton", "kserve", "ray_serve")}
    later = {
        "/vllm": {
            'vllm:request_success_total{engine="0",finished_reason="length"': 5.0,
            'vllm:request_success_total{engine="0",finished_reason="abort"': 2.0,
            "vllm:e2e_request_latency_seconds_bucket": 7.0,
        },
        "/triton": {
            "nv_inference_request_success{": 9.0,
            'nv_inference_request_failure{model="square",reason="BACKEND"': 1.0,
            "nv_inference_request_duration_us{": 1_800_000.0,
        },
        "/kserve": {"request_predict_seconds_count{": 4.0, "request_postprocess_seconds_count{": 3.0}
        | {"request_predict_seconds_bucket{": 4.0},
    }
    with pages(contents) as address:
        jobs = "".join(
            f"- {{job_name: {path[1:]}, metrics_path: {path}, static_configs: [{{targets: ['{address}']}}]}}\n"
            for path in contents
        )
        config = f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{jobs}"
        with prometheus(tmp_path / "server", config=config) as server:
            seen = 'count_over_time(up{{job="{}"}}[1m]) > {}'

            def wait_for(count):
                deadline = time.monotonic() + 60
                for path in contents:
                    while True:
                        query = {"query": seen.format(path[1:], count)}
                        answer = httpx.get(f"{server.url}/api/v1/query", params=query, trust_env=False).json()
                        if answer["data"]["result"]:
                            break
                        assert time.monotonic() < deadline
                        time.sleep(0.2)

            wait_for(3)
            contents.update({path: raised(contents[path], amounts) for path, amounts in later.items()})
            wait_for(8)
            found = collect_all(tmp_path, server)
    total = {key: values.sum() for key, values in found.items()}
    # vLLM: seven more finished, two of them aborted; all in the first bucket, which says "at most 0.3 s"
    assert total["endpoint_requests", "chat", ""] == 7.0
    assert total["endpoint_errors", "chat", ""] == 2.0
    assert set(found["endpoint_latency_seconds", "chat", "0.95"]) == {0.3}
    assert set(found["endpoint_latency_bound", "chat", "0.95"]) == {-1.0}
    assert set(found["endpoint_up", "chat", ""]) == {1.0}
    assert set(found["endpoint_queue_length", "chat", ""]) == {0.0}
    assert set(found["endpoint_saturation_ratio", "chat", ""]) == {0.0}
    # Triton: nine answered and one failed in the back end, 1.8 s of work for the nine; its own quantiles in µs
    assert total["endpoint_requests", "square", ""] == 10.0
    assert total["endpoint_errors", "square", ""] == 1.0
    assert set(found["endpoint_latency_seconds", "square", "0.95"]) == {0.015301}
    assert found["endpoint_latency_mean_seconds", "square", ""][-1] == pytest.approx(0.2)
    # KServe: four predictions, one never reached postprocessing
    assert total["endpoint_requests", "kserved", ""] == 4.0
    assert total["endpoint_errors", "kserved", ""] == 1.0
    # Ray Serve has no recipe of its own: up and latency by the generic one, what is missing is named
    assert set(found["endpoint_up", "rayed", ""]) == {1.0}
    assert set(found["exported", "rayed", "endpoint_latency_seconds"]) == {1.0}
    assert set(found["exported", "rayed", "endpoint_queue_length"]) == {0.0}
    assert set(found["exported", "rayed", "endpoint_saturation_ratio"]) == {0.0}


def collect_all(folder, server):
    """Read the last minute by seconds; values by metric, endpoint and what else tells series apart."""
    matches = {
        "chat": '{ vllm = { model_name = "tiny-llama" } }',
        "square": '{ triton = { model = "square" } }',
        "kserved": '{ kserve = { model_name = "square" } }',
        "rayed": '{ generic = { job = "ray_serve" } }',
    }
    endpoints = "".join(f'[[endpoint]]\nid = "{name}"\ntitle = "x"\nmatch = {m}\n' for name, m in matches.items())
    source = f'[sources.main]\nkind = "prometheus"\nurl = "{server.url}"\nscrape_interval = "1s"\n'
    (folder / "c.toml").write_text(HEAD.format(step=1) + endpoints + source, encoding="utf-8")
    collector = Collector(load_collector(folder / "c.toml"), Paths.under(folder), SystemClock(), str)
    now = time.time() // 1
    (attempt,) = collector.read(collector.targets(), {"main": TimeRange(now - 60, now)}, Job())
    assert attempt.error is None
    found = {}
    for one in attempt.series:
        own = dict(one.key.labels)
        rest = own.get("quantile") or own.get("metric") or own.get("le") or ""
        found[one.key.metric, own["endpoint"], rest] = one.value
    return found


# --- TLS and credentials ----------------------------------------------------------------------------------------

# bcrypt of "right horse", for this test alone
HASHED = "$2b$04$hixoYeo7gvClDQ/hsNEwBOsN08kUWCNeYCXQ4kS8812Qr9Rc/pCBu"


def certificate(folder):
    """A private authority and a certificate for 127.0.0.1 signed by it; returns the authority's file."""
    now = datetime.datetime.now(datetime.UTC)

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def build(subject, issuer, key, signer, *extensions):
        made = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )
        for extension, critical in extensions:
            made = made.add_extension(extension, critical=critical)
        return made.sign(signer, hashes.SHA256())

    root, leaf = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(root.public_key())
    own = build("Enclave CA", "Enclave CA", root, root, (x509.BasicConstraints(True, None), True), (identifier, False))
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = build("prometheus", "Enclave CA", leaf, root, (host, False))
    (folder / "ca.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(leaf.private_bytes(serialization.Encoding.PEM, kind, plain))
    return folder / "ca.pem"


@pytest.fixture
def guarded(tmp_path):
    """A Prometheus of its own web.config.file: TLS by a private authority, and a password."""
    authority = certificate(tmp_path)
    web = f"""
tls_server_config: {{cert_file: {tmp_path / "cert.pem"}, key_file: {tmp_path / "key.pem"}}}
basic_auth_users: {{reader: {HASHED}}}
"""
    with prometheus(tmp_path / "server", web=web) as server:
        assert server.url.startswith("https://")
        yield server.url, authority


def asked(access, password="right horse"):
    """Ask for the version; the class of what went wrong, or the answer."""
    with open_client(access, lambda _: password, lambda _: None) as client:
        try:
            return ask(client, "GET", "api/v1/status/buildinfo").body["status"]
        except httpx.HTTPError as error:
            return failure(error).kind, failure(error).message
        except SourceError as error:
            return error.kind, error.message


def test_that_tls_by_a_private_authority_and_a_password_open_the_door(guarded):
    url, authority = guarded
    secret = "keyring:watchfloor/p"
    assert asked(Access(url, ca_file=authority, user="reader", password=secret)) == "success"
    kind, text = asked(Access(url, ca_file=authority, user="reader", password=secret), "wrong horse")
    assert (kind, "401" in text) == ("authentication", True)
    kind, text = asked(Access(url, ca_file=authority))
    assert (kind, "401" in text) == ("authentication", True)
    kind, text = asked(Access(url, ca_file=authority, token="keyring:watchfloor/t"))
    assert (kind, "401" in text) == ("authentication", True)


def test_that_an_unknown_authority_and_a_wrong_name_are_not_trusted(guarded):
    url, authority = guarded
    kind, text = asked(Access(url))
    assert kind == "tls"
    assert "not trusted" in text
    kind, text = asked(Access(url.replace("127.0.0.1", "localhost"), ca_file=authority))
    assert kind == "tls"
    assert "localhost" in text
    kind, _ = asked(Access(url.replace("https", "http"), ca_file=authority))
    assert kind == "server"  # it answers 400: an http request to an https server


def test_that_a_plain_server_asked_by_tls_and_nobody_at_all_are_told_apart(tmp_path):
    with pages({}) as address:
        kind, _ = asked(Access(f"https://{address}"))
        assert kind == "tls"
        port = address.rsplit(":", 1)[1]
    kind, _ = asked(Access(f"https://127.0.0.1:{port}"))
    assert kind == "connection"


# --- from the scrape to another station ---------------------------------------------------------------------------


def command(*words):
    """Run one command as the terminal does: exit code, what it wrote, what it complained."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def enclave(tmp_path):
    """An enclave with a Prometheus, a collector with a key, and a console that trusts it."""
    start = int(time.time()) // 60 * 60 - 3540
    every = range(start, start + 3600, 15)
    samples = Samples()
    own = {"job": "vllm", "instance": "a:8000", "model_name": "llama", "finished_reason": "stop"}
    samples.add("vllm:request_success_total", own, [(at, (at - start) // 5) for at in every], "counter")
    samples.add("up", {"job": "vllm", "instance": "a:8000"}, [(at, 1) for at in every])
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("right horse\n")
    passphrase.chmod(0o600)
    here, there, keep = tmp_path / "collector", tmp_path / "console", ("--passphrase-file", passphrase)
    with prometheus(tmp_path / "server", samples) as server:
        endpoint = '[[endpoint]]\nid = "chat"\ntitle = "Chat"\nmatch = { vllm = { model_name = "llama" } }\n'
        source = f'[sources.main]\nkind = "prometheus"\nurl = "{server.url}"\nscrape_interval = "15s"\n'
        config = tmp_path / "c.toml"
        config.write_text(HEAD.format(step='"1m"') + endpoint + source, encoding="utf-8")
        for name in ("root", "k1"):
            words = ("keys", "--base-dir", here, "new", "--name", name, "--scheme", "ecdsa-sha2-nistp384", *keep)
            assert command(*words)[0] == 0
            assert command("keys", "--base-dir", here, "export", name, "--output", tmp_path / f"{name}.json")[0] == 0
        yield here, there, config, keep, start


def test_that_a_round_ends_as_numbers_on_another_station(enclave, tmp_path):
    here, there, config, keep, start = enclave
    draft = ("--root", tmp_path / "root.json", "--source", "alpha-collector", "--enclave", "alpha", "--max-level", "S")
    draft += ("--stream", "telemetry", "--profile", "cnsa1", "--key", tmp_path / "k1.json")
    code, out, err = command("trust", "--base-dir", here, "draft", tmp_path / "trust.json", *draft)
    assert code == 0, err
    print_of_roots = out.split("Fingerprint of the roots: ")[1].splitlines()[0]
    code, out, err = command("trust", "--base-dir", here, "sign", tmp_path / "trust.json", "--key", "root", *keep)
    assert code == 0, err
    assert command("init", "--base-dir", there, "--ceiling", "S")[0] == 0
    words = ("trust", "--base-dir", there, "init", tmp_path / "trust.json", "--fingerprint", print_of_roots)
    code, out, err = command(*words)
    assert code == 0, out + err

    collect = ("collect", "--base-dir", here, "--config", config, *keep)
    code, out, err = command(*collect, "--once")
    assert (code, err) == (0, "")
    first = out.splitlines()[-1]
    assert first.endswith("s_alpha-collector_telemetry_0000000001_e1")
    code, out, err = command(*collect, "--once")
    assert code == 0
    second = out.splitlines()[-1]
    code, out, err = command("import", "--base-dir", there, first, second)
    assert code == 0, out + err
    code, out, err = command(
        "series", "--base-dir", there, "--metric", "endpoint_requests", "--label", "endpoint=chat", "--json"
    )
    assert code == 0, err
    (one,) = json.loads(out)["data"]["series"]
    assert (one["enclave"], one["level"]) == ("alpha", "S")
    numbers = [value for _, value in one["points"]]
    # one request every 5 s; the very first step has no scrape before it and is unknown
    assert len(numbers) >= 55
    # The clock is real: where a minute has begun since the scrapes ended, the last step has not all of its own.
    assert set(numbers[:-1]) == {12.0}
    assert numbers[-1] <= 12.0
    assert start


def test_that_check_says_what_it_would_read_and_writes_nothing(enclave):
    here, _, config, keep, _ = enclave
    before = sorted(path.relative_to(here) for path in here.rglob("*"))
    code, out, err = command("collect", "--base-dir", here, "--config", config, *keep, "--check")
    assert (code, err) == (0, "")
    assert "chat: vllm gives endpoint_requests" in out
    assert "not exported" in out
    assert sorted(path.relative_to(here) for path in here.rglob("*")) == before


def test_that_check_and_once_report_a_source_that_cannot_be_read(enclave, caplog):
    here, _, config, keep, _ = enclave
    text = config.read_text()
    with pages({}) as address:
        gone = address
    config.write_text(text[: text.index("[sources")] + f'[sources.gone]\nkind = "prometheus"\nurl = "http://{gone}"\n')
    code, out, _ = command("collect", "--base-dir", here, "--config", config, *keep, "--check")
    assert (code, out.startswith("FAILED   gone: 127.0.0.1 cannot be reached")) == (3, True)
    code, out, err = command("collect", "--base-dir", here, "--config", config, *keep, "--once")
    assert code == 3
    assert "FAILED   gone" in err
    # it is cut all the same: that nothing could be read is news
    assert out.splitlines()[-1].endswith("0000000001_e1")
    assert caplog.records


def test_that_the_service_ends_cleanly_when_told_to(enclave):
    import signal
    import subprocess
    import sys

    here, _, config, keep, _ = enclave
    words = [sys.executable, "-m", "app", "collect", "--base-dir", here, "--config", config, *keep]
    service = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert service.stdout.readline().rstrip().endswith("0000000001_e1")
        code, _, err = command("collect", "--base-dir", here, "--config", config, *keep, "--once")
        assert (code, "Another collector is running" in err) == (3, True)
        service.send_signal(signal.SIGTERM)
        out, err = service.communicate(timeout=20)
    finally:
        service.kill()
        service.wait()
    assert (service.returncode, out, err) == (0, "", "")
