"""Promises, requests and people for tests of registers."""

from app.model.objective import Exclusion, Indicator, Method, Objective, Selector, Window
from app.model.register import AddExclusion, Author

NOW = 1_790_000_000.0
ANNA = Author("station-04", "anna (1000)")
BORIS = Author("station-04", "boris (1001)")

REQUESTS = Indicator("ratio", bad=Selector("endpoint_errors"), total=Selector("endpoint_requests"))


def promise(name="rag-availability", **other):
    """A promise of 99.9 % over 30 days."""
    told = {
        "title": "Answers", "service": "rag-gateway", "enclave_glob": "*", "endpoint_glob": "rag-gateway",
        "indicator": REQUESTS, "target": 0.999, "method": Method.OCCURRENCES,
        "window": Window("rolling", seconds=30 * 86400.0),
    } | other  # fmt: skip
    return Objective(name, **told)


def exclusion(name, **other):
    """Two hours of planned work."""
    told = {
        "objective_glob": "*", "enclave_glob": "enc-s1", "endpoint_glob": "rag-gateway",
        "start": NOW - 7200.0, "end": NOW, "rule": "", "zone": "UTC", "kind": "planned", "treatment": "exclude",
        "reason": "Storage failover test", "reference": "CR-2231", "requested_by": "",
    } | other  # fmt: skip
    return Exclusion(name, **told)


def asked(name, **other):
    """The command that asks for it."""
    return AddExclusion(exclusion(name, **other), "planned work")


SLO = """apiVersion: openslo/v1
kind: SLO
metadata:
  name: rag-availability
  displayName: Answers
spec:
  service: rag-gateway
  indicator:
    spec:
      ratioMetric:
        bad:
          metricSource:
            type: watchfloor
            spec: {metric: endpoint_errors, endpoint: rag-gateway}
        total:
          metricSource:
            type: watchfloor
            spec: {metric: endpoint_requests, endpoint: rag-gateway}
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
"""
"""One promise as OpenSLO: its target stands on line 24, its name on line 4."""
