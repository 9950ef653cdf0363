from app.clock import from_iso
from app.demo.fleet import sites
from app.demo.happenings import happenings, news
from app.model.time_range import TimeRange

NOW = from_iso("2026-11-12T14:32:00Z")


def told(enclave, start, end):
    site = next(s for s in sites() if s.enclave.id == enclave)
    return news(happenings(site, NOW), TimeRange(NOW - start, NOW - end))


def test_that_an_alert_is_open_until_a_bundle_knows_its_end():
    outage = 9 * 86400 + 97 * 60
    first = [e for e in told("enc-u1", outage, outage - 1800) if e.kind == "alert" and e.subject == "rag-gateway"]
    assert [e.end for e in first] == [None]
    later = [e for e in told("enc-u1", outage - 1800, outage - 7200) if e.key == first[0].key]
    assert [e.end for e in later] == [NOW - (outage - 52 * 60)]


def test_that_planned_work_tells_its_planned_end_at_once():
    work = [e for e in told("enc-s1", 2 * 3600, 41 * 60) if e.kind == "maintenance"]
    assert [(e.subject, e.end) for e in work] == [("chat-assist-70b", NOW + 88 * 60)]


def test_that_nothing_is_told_before_it_happened():
    told_before = [e for e in told("enc-s1", 86400, 4 * 3600) if e.kind in {"maintenance", "xid"}]
    assert {e.text for e in told_before} == {"Index rebuild"}  # of half a day ago; the move and the GPU come later


def test_that_every_event_has_a_key_of_its_own():
    for site in sites():
        events = happenings(site, NOW)
        assert len({(e.kind, e.key) for e in events}) == len(events)


def test_that_alerts_have_the_labels_that_a_real_server_gives_them():
    found = [e for s in sites() for e in happenings(s, NOW) if e.kind == "alert"]
    assert {frozenset(dict(e.labels)) for e in found} == {frozenset({"alertname", "severity", "enclave"})}
    named = {(e.subject, dict(e.labels)["alertname"], dict(e.labels)["severity"]) for e in found}
    assert ("rag-gateway", "EndpointDown", "critical") in named
    assert ("rag-gateway", "ReplicasMissing", "warning") in named
    assert all(dict(e.labels)["enclave"] == e.enclave for e in found)
