"""Which series are whose, and which recipe gives what."""

import numpy as np

from app.analysis.mapping import Raw
from app.analysis.plan import limited, make_plans, touches, unknown_recipes
from app.analysis.recipe import Count, Family, Gauge, Recipe
from app.model.catalogue import Catalogue, Enclave, Endpoint, Node
from app.model.marking import Level

MESH = Recipe("mesh", "endpoint", "x", ("service",), count=(Count("endpoint_requests", Family("mesh")),))
SERVER = Recipe(
    "server",
    "endpoint",
    "x",
    ("model",),
    count=(Count("endpoint_requests", Family("own")),),
    gauge=(Gauge("endpoint_queue_length", "q"),),
)
GPU = Recipe("gpu", "gpu", "x", ("host",), keep={"gpu": ("gpu", "part")}, gauge=(Gauge("gpu_power_watts", "p"),))
RECIPES = {"mesh": MESH, "server": SERVER, "gpu": GPU}


def catalogue(*endpoints, nodes=()):
    return Catalogue(Enclave("alpha", "Alpha", Level.S, 900.0), endpoints, nodes)


def endpoint(name, **other):
    return Endpoint("alpha", name, name, **other)


def plans(matches, *endpoints, node_matches=None, nodes=(), since=0.0):
    found = make_plans(catalogue(*endpoints, nodes=nodes), matches, node_matches or {}, RECIPES, since)
    return {plan.name: plan for plan in found}


def row(**labels):
    return Raw(labels, np.empty(0), np.empty(0))


def test_that_the_first_recipe_named_gives_a_metric_and_nobody_gives_it_twice():
    both = {"mesh": {"service": "chat"}, "server": {"model": "llama"}}
    found = plans({"chat": both}, endpoint("chat"))
    (mesh,), (server,) = found["mesh"].declared, found["server"].declared
    assert mesh.wanted == ("endpoint_requests",)
    assert server.wanted == ("endpoint_queue_length",)
    # what none of them gives is named once, by the first
    assert set(mesh.missing) == {
        "endpoint_up",
        "endpoint_errors",
        "endpoint_latency_seconds",
        "endpoint_saturation_ratio",
        "endpoint_replicas_ready",
        "endpoint_replicas_wanted",
    }
    assert server.missing == ()
    turned = plans({"chat": dict(reversed(both.items()))}, endpoint("chat"))
    assert turned["server"].declared[0].wanted == ("endpoint_requests", "endpoint_queue_length")
    assert turned["mesh"].declared[0].wanted == ()


def test_that_the_retired_are_read_no_more_from_their_date_on():
    matches = {"chat": {"mesh": {"service": "chat"}}}
    gone = endpoint("chat", retired_at=1000.0)
    assert plans(matches, gone, since=999.0)
    assert plans(matches, gone, since=1000.0) == {}
    node = Node("alpha", "g1", 8, retired_at=1000.0)
    assert plans({}, nodes=(node,), node_matches={"g1": {"gpu": {"host": "g1"}}}, since=1000.0) == {}


def test_that_series_go_to_whom_all_labels_fit_and_the_rest_to_nobody():
    matches = {"a": {"server": {"model": "x"}}, "b": {"server": {"model": "x", "site": "2"}}, "c": {"server": {}}}
    plan = plans(matches, endpoint("a"), endpoint("b"), endpoint("c"))["server"]
    found = plan.assign([row(model="x", site="1"), row(model="x", site="2"), row(model="y"), row()])
    by_endpoint = {dict(own)["endpoint"]: [one.labels for one in rows] for own, rows in found.items()}
    assert by_endpoint == {
        "a": [{"model": "x", "site": "1"}, {"model": "x", "site": "2"}],
        "b": [{"model": "x", "site": "2"}],
    }
    assert plan.labels() == ("model", "site")
    assert plan.shared() == {"model": ["x"]}


def test_that_an_entry_may_go_by_some_labels_only_and_leaves_out_who_lacks_them():
    matches = {"a": {"server": {"model": "x", "job": "j"}}, "b": {"server": {"model": "y"}}}
    plan = plans(matches, endpoint("a"), endpoint("b"))["server"]
    assert plan.shared(("job",)) == {"job": ["j"]}
    assert plan.shared(("pod",)) is None
    assert [dict(own)["endpoint"] for own in plan.assign([row(job="j")], ("job",))] == ["a"]
    assert limited({"a": "1"}, ("a", "b")) is None
    assert limited({}, ()) is None


def test_that_gpus_are_named_by_what_is_kept_and_tagged_by_whose_pod_holds_them():
    chat = endpoint("chat", model="llama-70b")
    plan = plans(
        {"chat": {"gpu": {"pod": "chat"}}},
        chat,
        endpoint("unnamed"),
        nodes=(Node("alpha", "g1", 8),),
        node_matches={"g1": {"gpu": {"host": "g1"}}},
    )["gpu"]
    rows = [row(host="g1", gpu="0", pod="chat"), row(host="g1", gpu="1", part="7"), row(host="g2", gpu="0")]
    assert sorted(plan.assign(rows)) == [
        (("enclave", "alpha"), ("gpu", "0"), ("model", "llama-70b"), ("node", "g1")),
        (("enclave", "alpha"), ("gpu", "1:7"), ("node", "g1")),
    ]
    assert plan.labels() == ("gpu", "host", "part", "pod")


def test_that_names_without_a_recipe_are_found():
    assert unknown_recipes([{"mesh": {}, "vlm": {}}, {"aaa": {}}], RECIPES) == ["aaa", "vlm"]


def test_that_a_match_touches_series_that_share_a_label_and_differ_in_none():
    assert touches({"job": "a", "model": "x"}, {"model": "x"})
    assert not touches({"job": "a", "model": "x"}, {"model": "y"})
    assert not touches({"job": "a"}, {"model": "x"})
