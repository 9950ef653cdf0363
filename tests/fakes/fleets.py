"""Made-up enclaves, endpoints and their samples, one a minute, for small stores."""

import numpy as np

from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOW = 1_790_000_040.0  # a whole minute

U1 = Enclave("enc-u1", "Unclassified", Level.U, cadence=900.0, grace=300.0)
S1 = Enclave("enc-s1", "Secret", Level.S, cadence=3600.0, grace=600.0)
T1 = Enclave("enc-t1", "Top Secret", Level.TS, cadence=7200.0)

WELL = {
    "endpoint_up": 1.0,
    "endpoint_requests": 600.0,
    "endpoint_errors": 0.0,
    "endpoint_latency_seconds": 0.5,
    "endpoint_queue_length": 2.0,
    "endpoint_saturation_ratio": 0.4,
    "endpoint_replicas_ready": 4.0,
    "endpoint_replicas_wanted": 4.0,
}


def endpoint(enclave, name, **other):
    return Endpoint(enclave.id, name, name, **other)


def node(enclave, name, gpus=2):
    return Node(enclave.id, name, gpus, "H100-80G")


def catalogue(enclave, *things, as_of=NOW):
    return Catalogue(
        enclave,
        tuple(one for one in things if isinstance(one, Endpoint)),
        tuple(one for one in things if isinstance(one, Node)),
        as_of,
    )


def minutes(end, hours):
    """Every whole minute of the hours before `end`, without `end` itself."""
    return end - MINUTE * np.arange(round(hours * 60), 0, -1, dtype=np.float64)


def series(metric, labels, time, value, group="prometheus/mesh/one"):
    """One series; `value` is a number for all times or an array."""
    return Series(SeriesKey.of(metric, labels), time, np.broadcast_to(np.float64(value), time.shape).copy(), group)


def serving(enclave, name, end, hours=26.0, labels=None, **changed):
    """The series of one endpoint that is well but for what is `changed`; None leaves a metric out.

    A value may be an array of one value per minute, of which the newest are taken.
    """
    time = minutes(end, hours)
    own = {"enclave": enclave.id, "endpoint": name} | (labels or {})
    found = []
    for metric, value in (WELL | changed).items():
        if value is None:
            continue
        column = np.full(time.size, np.float64(value)) if np.ndim(value) == 0 else np.asarray(value)[-time.size :]
        more = {"quantile": "0.95"} if metric.startswith("endpoint_latency") else {}
        found.append(series(metric, own | more, time, column, f"prometheus/mesh/{name}"))
    return found


def last(value, minutes_ago, before, hours=26.0):
    """`before` for all minutes but the last `minutes_ago`, which are `value`."""
    row = np.full(round(hours * 60), float(before))
    row[row.size - minutes_ago :] = value
    return row
