"""Of several words on one event the newest bundle's counts, and none is lost on its way."""

import math

from app.model.event import Event
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.store import intake
from app.store.events import events, events_after
from tests.store.test_samples import record


def tell(store, seq, *told, **changes):
    with store.writer() as writer:
        number = intake.begin(writer, record(seq, **changes))
        intake.stage_events(writer, number, told)
        intake.publish(writer, number)
    return number


def alert(key, start, end, text=""):
    return Event("enc-u1", "alert", key, "rag", start, end, text, (("severity", "page"),))


def test_that_the_higher_sequence_speaks_whatever_the_order_of_import(store):
    tell(store, 2, alert("a", 0.0, 60.0, "over"))
    tell(store, 1, alert("a", 0.0, None, "firing"))
    with store.reader() as reader:
        assert [event.text for event, _ in events(reader)] == ["over"]


def test_that_an_event_which_ended_before_the_span_is_left_out_even_if_it_was_open_once(store):
    tell(store, 1, alert("a", 0.0, None))
    tell(store, 2, alert("a", 0.0, 60.0))
    with store.reader() as reader:
        assert events(reader, TimeRange(100.0, 200.0)) == []
        assert len(events(reader, TimeRange(60.0, 200.0))) == 1
        assert len(events(reader, TimeRange(100.0, 200.0), known_at=1.5)) == 1


def test_that_a_ceiling_hides_events(store):
    tell(store, 1, alert("a", 0.0, None), level=Level.TS)
    with store.reader(Level.S) as reader:
        assert events(reader) == []


def test_that_a_late_word_on_an_old_event_travels(store):
    tell(store, 1, alert("old", 0.0, None))
    marker = tell(store, 2)
    tell(store, 3, alert("old", 0.0, 30.0))
    tell(store, 4, alert("new", 900.0, None))
    with store.reader() as reader:
        assert [(e.key, e.end) for e in events_after(reader, marker)] == [("old", 30.0), ("new", None)]


def test_that_kinds_and_enclave_narrow_the_answer(store):
    tell(store, 1, alert("a", 0.0, None), Event("enc-u1", "maintenance", "m", "rag", 5.0, None, ""))
    with store.reader() as reader:
        assert [e.kind for e, _ in events(reader, kinds=["maintenance"])] == ["maintenance"]
        assert events(reader, enclave="enc-s1") == []
        assert events(reader, TimeRange(-math.inf, 5.0))[0][0].kind == "alert"
