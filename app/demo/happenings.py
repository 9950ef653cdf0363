"""What happened in the demonstration, as events: releases, alerts, planned work, GPU errors, blind collectors."""

from collections.abc import Iterator
from dataclasses import replace

from app.demo import story
from app.demo.fleet import Service, Site
from app.model.event import Event
from app.model.time_range import TimeRange


def happenings(site: Site, now: float) -> list[Event]:
    """Every event of one enclave, by start, as somebody would tell it who knows the whole story."""
    found = [*_releases(site, now), *_alerts(site, now), *_works(site, now), *_xids(site, now), *_blind(site, now)]
    return sorted(found, key=lambda event: (event.start, event.kind, event.key))


def news(events: list[Event], window: TimeRange) -> list[Event]:
    """What a bundle with this window tells: events that began or ended in it, as they were known at its end.

    Planned work carries its planned end from the beginning; everything else is open until it is over.
    """
    told = []
    for event in events:
        if event.start >= window.end or not (event.start >= window.start or _ends_in(event, window)):
            continue
        planned = event.kind == "maintenance"
        over = event.end is not None and event.end < window.end
        told.append(event if planned or over else replace(event, end=None))
    return told


def _ends_in(event: Event, window: TimeRange) -> bool:
    return event.end is not None and window.start <= event.end < window.end


def _event(
    site: Site, now: float, kind: str, key: str, subject: str, start: float, end: float | None, text: str, **labels: str
) -> Event:
    over = None if end is None else now - end
    return Event(site.enclave.id, kind, key, subject, now - start, over, text, tuple(sorted(labels.items())))


def _releases(site: Site, now: float) -> Iterator[Event]:
    for service in site.services:
        name = service.endpoint.id
        steps = zip(service.versions, service.versions[1:], strict=False)
        for number, ((before, _), (version, since)) in enumerate(steps):
            text = f"{version} takes over all traffic from {before}"
            yield _event(site, now, "deployment", f"{name}/{number}", name, since, since, text, version=version)
    for canary in story.CANARIES:
        if canary.enclave == site.enclave.id:
            text = f"{canary.version} canary takes {canary.share:.0%} of the traffic".replace("%", " %")
            key, since = f"{canary.endpoint}/{canary.version}", canary.start
            yield _event(site, now, "deployment", key, canary.endpoint, since, since, text, version=canary.version)


def _alerts(site: Site, now: float) -> Iterator[Event]:
    services = {service.endpoint.id: service for service in site.services}
    for number, trouble in enumerate(story.TROUBLES):
        if trouble.enclave != site.enclave.id:
            continue
        text, name = _complaint(trouble, services[trouble.endpoint])
        critical = trouble.up == 0.0 or (trouble.errors or 0.0) > 0.01
        labels = {"alertname": name, "severity": "critical" if critical else "warning", "enclave": trouble.enclave}
        # An alert fires a little after what it is about.
        start = trouble.start - min(trouble.rise / 2.0, 600.0) - 120.0
        end = trouble.end or None
        key = f"{trouble.endpoint}/{number}"
        yield _event(site, now, "alert", key, trouble.endpoint, start, end, text, **labels)


def _complaint(trouble: story.Trouble, service: Service) -> tuple[str, str]:
    """What an alert says, and its name."""
    if trouble.up == 0.0:
        return "The endpoint does not answer", "EndpointDown"
    if trouble.errors is not None and trouble.errors > 0.01:
        return "Error rate above 1 %", "ErrorRateHigh"
    if trouble.p95 is not None:
        return f"p95 above {service.objective * 1000:.0f} ms", "LatencyHigh"
    if trouble.wanted is not None:
        return f"{trouble.ready:.0f} of {trouble.wanted:.0f} replicas ready", "ReplicasMissing"
    return "Error rate above its habit", "ErrorRateUnusual"


def _works(site: Site, now: float) -> Iterator[Event]:
    for number, work in enumerate(story.MAINTENANCES):
        if work.enclave == site.enclave.id:
            yield _event(
                site, now, "maintenance", f"{work.endpoint}/{number}", work.endpoint, work.start, work.until, work.text
            )


def _xids(site: Site, now: float) -> Iterator[Event]:
    for trouble in story.GPU_TROUBLES:
        if trouble.enclave == site.enclave.id and trouble.xid:
            key, since = f"{trouble.node}/{trouble.gpu}/{trouble.xid}", trouble.start
            labels = {"gpu": str(trouble.gpu), "xid": str(trouble.xid)}
            yield _event(site, now, "xid", key, trouble.node, since, since, trouble.text, **labels)


def _blind(site: Site, now: float) -> Iterator[Event]:
    for number, silence in enumerate(story.SILENCES):
        if silence.enclave == site.enclave.id:
            subject = silence.node or site.source
            text = "The node does not answer any more" if silence.node else "The collector could read nothing"
            yield _event(
                site, now, "collection", f"{subject}/{number}", subject, silence.start, silence.end or None, text
            )
