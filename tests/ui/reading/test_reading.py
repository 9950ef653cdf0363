"""What a screen reader is told of the console, and what the keyboard reaches: a real session under Xvfb with AT-SPI."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("display"),
    pytest.mark.timeout(480),  # the first test makes a demonstration and hears a whole session of the console
]

_NEEDED = ("xvfb-run", "dbus-run-session", "openbox", "xdotool", "xclip")
_SYSTEM_PYTHON = "/usr/bin/python3"


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=400, **more)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A demonstration, what `health --json` says of it, and what the session heard."""
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    has = subprocess.run([_SYSTEM_PYTHON, "-c", "import pyatspi"], check=False, capture_output=True, timeout=60)
    if missing or has.returncode:
        pytest.skip(f"needs {', '.join(missing) or 'pyatspi for the system Python'}")
    folder = tmp_path_factory.mktemp("session")
    base = str(folder / "demo")
    run(sys.executable, "-m", "app", "demo", "--base-dir", base, "--days", "2")
    health = json.loads(run(sys.executable, "-m", "app", "health", "--json", "--base-dir", base).stdout)["data"]
    out = folder / "heard.json"
    session = str(Path(__file__).parent / "session.py")
    # no unit of the person who runs this: a display and a bus of its own, both gone when it ends
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "QT_", "XDG_", "WATCHFLOOR_"))}
    run(
        "xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", "dbus-run-session", "--",
        _SYSTEM_PYTHON, session, sys.executable, base, str(out), env=outside,
    )  # fmt: skip
    return health, json.loads(out.read_text(encoding="utf-8"))


def table(page, name):
    found = [line for line in page if line["role"] == "table" and name in line["name"]]
    assert found, f"no table {name!r} is told of"
    return found[0]


def names(page):
    return [line["name"] for line in page]


def milliseconds(seconds):
    return f"{round(seconds * 1000):,} ms".replace(",", " ")


def state_of(deployment):
    state = deployment["last_known_state"]
    return f"last known {state}" if deployment["stale"] else state


def test_that_the_overview_tells_every_deployment_as_health_does(heard):
    health, told = heard
    cells = [cell for row in table(told["pages"]["Overview"], "Health of every endpoint")["cells"] for cell in row]
    places = {enclave["id"]: enclave["name"] for enclave in health["enclaves"]}
    for one in health["deployments"]:
        said = next(cell for cell in cells if cell.startswith(f"{one['title']}, {places[one['enclave']]}: "))
        assert state_of(one) in said.lower()
        p95 = one["metrics"]["endpoint_latency_seconds"]["value"]
        if p95 is not None and one["last_known_state"] != "maintenance":
            assert milliseconds(p95) in said
        for reason in one["reasons"]:
            assert reason["text"].replace("\u00a0", " ").lower() in said.lower()


def test_that_the_list_of_endpoints_tells_the_same_worst_first(heard):
    health, told = heard
    rows = table(told["pages"]["Endpoints"], "Endpoints")
    assert rows["heads"][0].startswith("Endpoint")
    assert len(rows["cells"]) == len(health["deployments"])
    first = [row[0] for row in rows["cells"][:2]]
    assert first == ["Endpoint: rag-gateway: critical", "Endpoint: speech-to-text: critical"]
    ready = next(row for row in rows["cells"] if "rag-gateway: critical" in row[0])
    one = next(d for d in health["deployments"] if d["title"] == "rag-gateway" and d["state"] == "critical")
    counts = [one["metrics"][f"endpoint_replicas_{which}"]["value"] for which in ("ready", "wanted")]
    assert f"Ready: {counts[0]:.0f} of {counts[1]:.0f}" in ready


def test_that_ages_markings_and_the_filter_are_told(heard):
    health, told = heard
    page = told["pages"]["Overview"]
    assert names(page)[2].startswith("Classification: TOP SECRET")
    assert names(page)[-1] == "Classification: TOP SECRET"
    shown = [line["name"] for line in page if line["role"] == "check box"]
    assert len(shown) == len(health["enclaves"])
    assert all(name.endswith("shown") for name in shown)
    assert any(name.startswith("Oldest data 3 h") for name in names(page))
    assert any(name.startswith("Clock: ") for name in names(page))


def test_that_everything_the_keyboard_stops_at_has_a_name_and_a_role(heard):
    _, told = heard
    for page, lines in {**told["pages"], "opened": told["walk"]["opened"]}.items():
        nameless = [line for line in lines if line["focusable"] and not line["name"]]
        assert not nameless, f"{page}: {nameless}"


def test_that_sync_tells_its_bundles(heard):
    _, told = heard
    rows = table(told["pages"]["Sync"], "Bundles")
    assert "Received" in rows["heads"]
    assert any("held" in cell.lower() or "not trusted" in cell.lower() for row in rows["cells"] for cell in row)


def test_that_the_fleet_of_gpus_is_told(heard):
    health, told = heard
    page = told["pages"]["GPU fleet"]
    cells = [cell for line in page if line["role"] == "table" for row in line.get("cells", []) for cell in row]
    assert any("fell off the bus" in cell or "XID 79" in cell for cell in cells)
    assert any(f"{health['gpus']['declared']}" in name for name in names(page))


# --- the walk, with keys alone ----------------------------------------------------------------------------------------


def test_that_the_worst_endpoint_opens_with_its_sentence_and_charts(heard):
    _, told = heard
    walk = told["walk"]
    assert walk["title"].startswith("rag-gateway")
    said = names(walk["opened"])
    assert any("One in 22 requests fails" in name and "Secret" in name for name in said)
    assert any(name.startswith("Latency, ") and "p95: least" in name for name in said)
    assert [line["name"] for line in walk["opened"] if line["focused"]][-1].startswith("Latency, ")


def test_that_the_range_widens_and_the_numbers_behind_the_chart_are_copied(heard):
    _, told = heard
    walk = told["walk"]
    assert "Time range: Last 7 days" in names(walk["widened"])
    rows = table(walk["table"], "latency")
    assert [head.split(" ")[0] for head in rows["heads"][:2]] == ["Time", "p50"] or "p95" in " ".join(rows["heads"])
    assert rows["cells"]
    lines = walk["clipboard"].splitlines()
    assert (lines[0], lines[-1]) == ("# SECRET", "# SECRET")
    assert len(lines) == len(rows["cells"]) + 3
    assert lines[1].count("\t") == len(rows["heads"]) - 1


def test_that_esc_leads_back_to_the_chart_and_then_to_the_list(heard):
    _, told = heard
    walk = told["walk"]
    assert [line["name"] for line in walk["closed"] if line["focused"]][-1].startswith("Latency, ")
    assert table(walk["back"], "Endpoints")["focused"]
