"""Every metric a decider counts is in one list, and is counted under that name."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from pamwal.wire.metrics import METRICS, PrometheusObserver, Unobserved


def counted(registry: CollectorRegistry) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    }


def test_what_happens_to_a_partition_is_counted_under_the_listed_names() -> None:
    registry = CollectorRegistry()
    observer = PrometheusObserver("checkin", registry)
    observer.owned(3)
    observer.folded(1, 10, 0.5)
    observer.decided(1, {"accepted": 4, "repeat": 1}, 0.01)
    observer.decided(1, {"accepted": 1}, 0.01)
    observer.lag(1, 7)
    observer.judged(1)
    observer.caused(1, 2)
    observer.watch_lag(1, 5)
    observer.quarantined(1, 6)
    observer.started_over(1, "Fenced")
    observer.halted(1, "core_failed")
    found = counted(registry)
    partition = [("partition", "1"), ("service", "checkin")]
    accepted = [("outcome", "accepted"), *partition]
    assert found[f"pamwal_decisions_total{accepted}"] == 5
    assert found[f"pamwal_decider_lag_records{partition}"] == 7
    assert found[f"pamwal_decider_started_over_total{[('cause', 'Fenced'), *partition]}"] == 1
    assert found[f"pamwal_decider_judged_total{partition}"] == 1
    assert found[f"pamwal_decider_caused_total{partition}"] == 2
    assert found[f"pamwal_decider_watch_lag_records{partition}"] == 5
    assert found[f"pamwal_decider_quarantined_operations{partition}"] == 6
    halted = f"pamwal_decider_halted{[*partition[:1], ('reason', 'core_failed'), *partition[1:]]}"
    assert found[halted] == 1
    observer.freed(1)
    assert counted(registry)[halted] == 0
    observer.left(1)
    observer.left(2)
    assert f"pamwal_decider_lag_records{partition}" not in counted(registry)
    assert f"pamwal_decider_watch_lag_records{partition}" not in counted(registry)
    assert f"pamwal_decider_quarantined_operations{partition}" not in counted(registry)
    listed = {metric.name.removesuffix("_total") for metric in METRICS}
    assert {family.name for family in registry.collect()} == listed


def test_who_does_not_count_is_asked_the_same() -> None:
    wanted = {name for name in dir(PrometheusObserver) if not name.startswith("_")}
    assert wanted == {name for name in dir(Unobserved) if not name.startswith("_")}
