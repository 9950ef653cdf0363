"""Settings are read strictly, and every refusal says where and what."""

from pathlib import Path

import pytest

from app.collector_settings import load_collector
from app.errors import SettingsError
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, load_station, write_station

EXAMPLE = Path(__file__).parent.parent / "resources" / "examples" / "collector.toml"

SMALL = """\
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

[[endpoint]]
id = "chat"
title = "Chat"
match = { vllm = { model_name = "llama" } }

[[endpoint]]
id = "ocr"
title = "OCR"

[sources.main]
kind = "prometheus"
url = "http://127.0.0.1:9090"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "collector.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, old: str, new: str) -> SettingsError:
    assert old in SMALL
    with pytest.raises(SettingsError) as caught:
        load_collector(write(folder, SMALL.replace(old, new)))
    return caught.value


def test_that_a_station_is_read_back_as_it_was_written(tmp_path):
    paths = Paths.under(tmp_path)
    inbox = tmp_path / 'in "box"\\new'
    station = Station("ws-1", "Flöor № 1", Level.TS_SCI, Level.S, inbox, 90, demo=True)
    write_station(paths, station)
    assert load_station(paths) == station


def test_that_a_station_without_settings_is_told_how_to_start(tmp_path):
    base = tmp_path / "no station"
    with pytest.raises(SettingsError) as told:
        load_station(Paths.under(base))
    assert told.value.hint.endswith(f"set the station up: watchfloor init --ceiling S --base-dir '{base}'")


def test_that_a_station_in_a_file_is_told_so(tmp_path):
    base = tmp_path / "afile"
    base.write_text("")
    with pytest.raises(SettingsError, match=f"is no folder.*{base} is a file"):
        load_station(Paths.under(base))


def test_that_a_relative_inbox_lies_below_the_base_folder(tmp_path):
    paths = Paths.under(tmp_path)
    write_station(paths, Station("ws-1", "One", Level.S, inbox=Path("media")))
    assert load_station(paths).inbox == tmp_path / "media"


def test_that_a_station_that_could_not_be_read_back_is_not_written(tmp_path):
    paths = Paths.under(tmp_path)
    with pytest.raises(SettingsError, match="no identifier"):
        write_station(paths, Station("Not An Id", "One", Level.S))
    assert not paths.station_toml.exists()


def test_that_the_shipped_example_is_valid_and_says_what_it_seems_to_say():
    settings = load_collector(EXAMPLE)
    assert settings.catalogue.enclave.level is Level.S
    assert settings.catalogue.enclave.cadence == 900.0
    assert settings.stream.full_interval == 7 * 86400
    assert list(settings.matches["assist-chat"]) == ["istio", "vllm", "kube_state_metrics"]
    assert settings.node_matches["gpu-01"]["dcgm"] == {"Hostname": "gpu-01"}
    assert [source.kind for source in settings.sources] == ["prometheus"]


def test_that_a_small_file_gets_the_documented_defaults(tmp_path):
    settings = load_collector(write(tmp_path, SMALL))
    chat, _ = settings.catalogue.endpoints
    assert (chat.enclave, chat.id, chat.user_weight, chat.step) == ("alpha", "chat", 1.0, 60.0)
    assert settings.stream.full_every == 24
    assert settings.matches == {"chat": {"vllm": {"model_name": "llama"}}, "ocr": {}}
    assert settings.sources[0].table == {"url": "http://127.0.0.1:9090"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("cadence =", "cadense =", 5, "'cadence'"),
        ('stream = "telemetry"', 'steam = "telemetry"', 9, "'stream'"),
        ('title = "OCR"', 'titel = "OCR"', 20, "'title'"),
        ('[[endpoint]]\nid = "ocr"', '[[endpiont]]\nid = "ocr"', 18, "'endpoint'"),
    ],
)
def test_that_an_unknown_key_is_refused_with_its_line_and_the_nearest_name(tmp_path, old, new, line, words):
    error = refusal(tmp_path, old, new)
    assert f"collector.toml, line {line}:" in error.message
    assert "unknown key" in error.message
    assert words in error.hint


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('level = "S"', 'level = "SECRET"', 4, "'SECRET' is no classification level"),
        ('cadence = "15m"', 'cadence = "15 minutes"', 5, "no length of time"),
        ('cadence = "15m"', "cadence = -5", 5, "cannot be negative"),
        ('cadence = "15m"', "cadence = nan", 5, "no usable number"),
        ('keys = ["k1"]', 'keys = "k1"', 11, "expected a list, found text"),
        ('keys = ["k1"]', "keys = [1]", 11, "expected text, found a number"),
        ('keys = ["k1"]', "keys = []", 7, "at least one signing key"),
        ('profile = "cnsa1"', 'profile = "cnsa9"', 10, "'cnsa1', 'cnsa2'"),
        ('id = "ocr"', 'id = "chat"', 19, "declared twice"),
        ('id = "ocr"', 'id = "o c r"', 19, "no identifier"),
        ('title = "OCR"', "title = 5", 20, "expected text, found a number"),
        ('title = "OCR"', "", 18, "the key 'title' is missing"),
        ('kind = "prometheus"\n', "", 22, "the key 'kind' is missing"),
        ('{ vllm = { model_name = "llama" } }', '{ vllm = "llama" }', 16, "expected a table, found text"),
        ('{ vllm = { model_name = "llama" } }', "{ vllm = { model_name = 7 } }", 16, "expected text"),
        ('title = "Chat"', 'title = "Chat"\nexpected_replicas = 2.5', 16, "a whole number"),
        ('title = "Chat"', 'title = "Chat"\nexpected_replicas = true', 16, "found true or false"),
        ('title = "Chat"', 'title = "Chat"\nretired_at = 5', 16, "ISO 8601"),
        ('title = "Chat"', 'title = "Chat"\nretired_at = "soon"', 16, "retired_at"),
        ("[enclave]", "[enclave", 0, "no valid TOML"),
    ],
)
def test_that_a_wrong_value_is_refused_with_file_line_and_key(tmp_path, old, new, line, words):
    error = refusal(tmp_path, old, new)
    assert "collector.toml" in error.message
    assert not line or f"line {line}:" in error.message
    assert words in error.message


def test_that_a_retired_endpoint_carries_its_date(tmp_path):
    text = SMALL.replace('title = "OCR"', 'title = "OCR"\nretired_at = 2026-10-01T00:00:00Z')
    assert load_collector(write(tmp_path, text)).catalogue.endpoints[1].retired_at == 1790812800.0


def test_that_a_missing_file_and_one_that_is_not_text_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="does not exist"):
        load_collector(tmp_path / "none.toml")
    (tmp_path / "collector.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_collector(tmp_path / "collector.toml")
