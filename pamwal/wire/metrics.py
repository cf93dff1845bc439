"""What deciders tell about themselves: one typed list of metric names, and who counts them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Final, Literal, Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metric(Struct, frozen=True):
    """One metric as Prometheus knows it; units last in the name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ("service", "partition")


DECISIONS: Final = Metric(
    "pamwal_decisions_total",
    "counter",
    "Decisions written, by outcome",
    ("service", "partition", "outcome"),
)
COMMIT_SECONDS: Final = Metric(
    "pamwal_decider_commit_seconds", "histogram", "From a judged batch to its commit", ("service",)
)
FOLD_SECONDS: Final = Metric(
    "pamwal_decider_fold_seconds", "histogram", "From the fence to the end of the fold", ("service",)
)
STARTED_OVER: Final = Metric(
    "pamwal_decider_started_over_total",
    "counter",
    "Times a partition was dropped and taken over again, by cause",
    ("service", "partition", "cause"),
)
HALTED: Final = Metric(
    "pamwal_decider_halted", "gauge", "1 while a partition is halted", ("service", "partition", "reason")
)
LAG: Final = Metric("pamwal_decider_lag_records", "gauge", "Requests that have no decision yet")
OWNED: Final = Metric(
    "pamwal_decider_owned_partitions", "gauge", "Partitions this process owns", ("service",)
)

JUDGED: Final = Metric("pamwal_decider_judged_total", "counter", "Operations judged without being asked")
CAUSED: Final = Metric("pamwal_decider_caused_total", "counter", "Decisions written that no request caused")
WATCH_LAG: Final = Metric(
    "pamwal_decider_watch_lag_records", "gauge", "Decisions of other contexts that are not folded yet"
)
QUARANTINED: Final = Metric(
    "pamwal_decider_quarantined_operations", "gauge", "Operations that cannot be judged and are set apart"
)

SNAPSHOT_LOAD_SECONDS: Final = Metric(
    "pamwal_snapshot_load_seconds", "histogram", "What taking up a snapshot took", ("service",)
)
SNAPSHOTS_IGNORED: Final = Metric(
    "pamwal_snapshots_ignored_total",
    "counter",
    "Snapshots that were not used, by reason",
    ("service", "partition", "reason"),
)

METRICS: Final = (
    DECISIONS, COMMIT_SECONDS, FOLD_SECONDS, STARTED_OVER, HALTED, LAG, OWNED, JUDGED, CAUSED, WATCH_LAG,
    QUARANTINED,
    SNAPSHOT_LOAD_SECONDS, SNAPSHOTS_IGNORED,
)  # fmt: skip


class Observer(Protocol):
    """Is told what happens to partitions; must not block and must not raise. Durations are in seconds."""

    def folded(self, partition: int, next_offset: int, seconds: float) -> None:
        """A partition was taken over."""
        ...

    def decided(self, partition: int, outcomes: Mapping[str, int], commit_s: float) -> None:
        """A batch was committed."""
        ...

    def started_over(self, partition: int, cause: str) -> None:
        """State and transactor were given up because of trouble; the cause is an exception's name."""
        ...

    def halted(self, partition: int, reason: str) -> None:
        """A partition stopped until somebody helps."""
        ...

    def freed(self, partition: int) -> None:
        """A partition is decided again, or owned no longer."""
        ...

    def lag(self, partition: int, records: int) -> None:
        """How many requests have no decision yet."""
        ...

    def judged(self, partition: int) -> None:
        """An operation was judged without being asked."""
        ...

    def caused(self, partition: int, decisions: int) -> None:
        """So many decisions that no request caused were committed."""
        ...

    def watch_lag(self, partition: int, records: int) -> None:
        """How many followed decisions are not folded yet."""
        ...

    def quarantined(self, partition: int, operations: int) -> None:
        """How many operations cannot be judged at present."""
        ...

    def snapshot_loaded(self, partition: int, seconds: float) -> None:
        """A snapshot was taken up."""
        ...

    def snapshot_ignored(self, partition: int, reason: str) -> None:
        """A snapshot was of no use."""
        ...

    def left(self, partition: int) -> None:
        """A partition was given up: what is known of its requests is no longer ours to say."""
        ...

    def owned(self, partitions: int) -> None:
        """How many partitions this process owns."""
        ...


class Unobserved:
    """Counts nothing."""

    def folded(self, partition: int, next_offset: int, seconds: float) -> None: ...
    def decided(self, partition: int, outcomes: Mapping[str, int], commit_s: float) -> None: ...
    def started_over(self, partition: int, cause: str) -> None: ...
    def halted(self, partition: int, reason: str) -> None: ...
    def freed(self, partition: int) -> None: ...
    def lag(self, partition: int, records: int) -> None: ...
    def judged(self, partition: int) -> None: ...
    def caused(self, partition: int, decisions: int) -> None: ...
    def watch_lag(self, partition: int, records: int) -> None: ...
    def quarantined(self, partition: int, operations: int) -> None: ...
    def snapshot_loaded(self, partition: int, seconds: float) -> None: ...
    def snapshot_ignored(self, partition: int, reason: str) -> None: ...
    def left(self, partition: int) -> None: ...
    def owned(self, partitions: int) -> None: ...


class PrometheusObserver:
    """Counts into a registry, under the names of `METRICS`."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        self._service = service
        self._decisions = Counter(DECISIONS.name, DECISIONS.help, DECISIONS.labels, registry=registry)
        self._commit = Histogram(
            COMMIT_SECONDS.name, COMMIT_SECONDS.help, COMMIT_SECONDS.labels, registry=registry
        ).labels(service)
        self._fold = Histogram(
            FOLD_SECONDS.name, FOLD_SECONDS.help, FOLD_SECONDS.labels, registry=registry
        ).labels(service)
        self._over = Counter(STARTED_OVER.name, STARTED_OVER.help, STARTED_OVER.labels, registry=registry)
        self._halted = Gauge(HALTED.name, HALTED.help, HALTED.labels, registry=registry)
        self._lag = Gauge(LAG.name, LAG.help, LAG.labels, registry=registry)
        self._owned = Gauge(OWNED.name, OWNED.help, OWNED.labels, registry=registry).labels(service)
        self._judged = Counter(JUDGED.name, JUDGED.help, JUDGED.labels, registry=registry)
        self._caused = Counter(CAUSED.name, CAUSED.help, CAUSED.labels, registry=registry)
        self._watch_lag = Gauge(WATCH_LAG.name, WATCH_LAG.help, WATCH_LAG.labels, registry=registry)
        self._quarantined = Gauge(QUARANTINED.name, QUARANTINED.help, QUARANTINED.labels, registry=registry)
        self._load = Histogram(
            SNAPSHOT_LOAD_SECONDS.name,
            SNAPSHOT_LOAD_SECONDS.help,
            SNAPSHOT_LOAD_SECONDS.labels,
            registry=registry,
        ).labels(service)
        self._ignored = Counter(
            SNAPSHOTS_IGNORED.name, SNAPSHOTS_IGNORED.help, SNAPSHOTS_IGNORED.labels, registry=registry
        )
        self._reasons: dict[int, str] = {}

    def folded(self, partition: int, next_offset: int, seconds: float) -> None:  # noqa: ARG002
        self._fold.observe(seconds)

    def decided(self, partition: int, outcomes: Mapping[str, int], commit_s: float) -> None:
        self._commit.observe(commit_s)
        for outcome, count in outcomes.items():
            self._decisions.labels(self._service, partition, outcome).inc(count)

    def started_over(self, partition: int, cause: str) -> None:
        self._over.labels(self._service, partition, cause).inc()

    def halted(self, partition: int, reason: str) -> None:
        self.freed(partition)
        self._reasons[partition] = reason
        self._halted.labels(self._service, partition, reason).set(1)

    def freed(self, partition: int) -> None:
        reason = self._reasons.pop(partition, None)
        if reason is not None:
            self._halted.labels(self._service, partition, reason).set(0)

    def lag(self, partition: int, records: int) -> None:
        self._lag.labels(self._service, partition).set(records)

    def judged(self, partition: int) -> None:
        self._judged.labels(self._service, partition).inc()

    def caused(self, partition: int, decisions: int) -> None:
        self._caused.labels(self._service, partition).inc(decisions)

    def watch_lag(self, partition: int, records: int) -> None:
        self._watch_lag.labels(self._service, partition).set(records)

    def quarantined(self, partition: int, operations: int) -> None:
        self._quarantined.labels(self._service, partition).set(operations)

    def snapshot_loaded(self, partition: int, seconds: float) -> None:  # noqa: ARG002
        self._load.observe(seconds)

    def snapshot_ignored(self, partition: int, reason: str) -> None:
        self._ignored.labels(self._service, partition, reason).inc()

    def left(self, partition: int) -> None:
        for gauge in (self._lag, self._watch_lag, self._quarantined):
            with contextlib.suppress(KeyError):
                gauge.remove(self._service, partition)

    def owned(self, partitions: int) -> None:
        self._owned.set(partitions)
