"""Every metric of an edge: one typed list, one registry a process, bound once so that counting is cheap."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """One line of the list."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


ANSWERS = Metric("pamwal_edge_answers_total", "counter", "Answers to single requests", ("status",))
ROWS = Metric("pamwal_edge_rows_total", "counter", "Answers to rows of batches", ("status",))
TURNED_AWAY = Metric(
    "pamwal_edge_turned_away_total",
    "counter",
    "Requests that never reached the log",
    ("operation", "post", "reason"),
)
ACK_SECONDS = Metric("pamwal_edge_ack_seconds", "histogram", "From sending a record to its acknowledgement")
DECISION_SECONDS = Metric(
    "pamwal_edge_decision_seconds", "histogram", "From the acknowledgement to the decision"
)
UNACKED = Metric("pamwal_edge_unacked", "gauge", "Records sent and not yet acknowledged")
WAITING = Metric("pamwal_edge_waiting", "gauge", "Requests that wait for their decision")
PRODUCERS = Metric("pamwal_edge_producers_dropped_total", "counter", "Producers dropped after trouble")
STREAMS = Metric("pamwal_edge_streams", "gauge", "Open streams of server-sent events")
HELD_BYTES = Metric(
    "pamwal_edge_held_bytes", "gauge", "Bytes of bodies of requests that are not answered yet"
)
CONNECTIONS = Metric("pamwal_edge_connections", "gauge", "Open connections")
CONNECTIONS_CLOSED = Metric(
    "pamwal_edge_connections_closed_total",
    "counter",
    "Connections that were refused or closed because a limit was exceeded",
    ("reason",),
)
UNKNOWN_FACTS = Metric(
    "pamwal_edge_unknown_facts", "gauge", "Facts left out of reads, by a type not known here", ("type",)
)
READY = Metric("pamwal_edge_ready", "gauge", "1 if every check of /readyz passes", ("check",))

METRICS: Final = (
    ANSWERS,
    ROWS,
    TURNED_AWAY,
    ACK_SECONDS,
    DECISION_SECONDS,
    UNACKED,
    WAITING,
    PRODUCERS,
    STREAMS,
    HELD_BYTES,
    CONNECTIONS,
    CONNECTIONS_CLOSED,
    UNKNOWN_FACTS,
    READY,
)


class Metrics:
    """The list, living, in a registry of its own: two edges in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            m: Counter(m.name.removesuffix("_total"), m.help, m.labels, registry=self.registry)
            for m in METRICS
            if m.kind == "counter"
        }
        self._gauges = {
            m: Gauge(m.name, m.help, m.labels, registry=self.registry) for m in METRICS if m.kind == "gauge"
        }
        self._histograms = {
            m: Histogram(m.name, m.help, m.labels, buckets=SECONDS_BUCKETS, registry=self.registry)
            for m in METRICS
            if m.kind == "histogram"
        }
        self.ack_seconds = self._histograms[ACK_SECONDS]
        self.decision_seconds = self._histograms[DECISION_SECONDS]
        self.unacked, self.waiting = self._gauges[UNACKED], self._gauges[WAITING]
        self.streams, self.producers = self._gauges[STREAMS], self._counters[PRODUCERS]
        self.unknown_facts = self._gauges[UNKNOWN_FACTS]
        self.ready, self.connections = self._gauges[READY], self._gauges[CONNECTIONS]
        self.held_bytes = self._gauges[HELD_BYTES]
        self._answers: dict[int, Counter] = {}
        self._rows: dict[int, Counter] = {}

    def answered(self, status: int) -> None:
        """One answer to a single request."""
        counter = self._answers.get(status)
        if counter is None:
            counter = self._answers[status] = self._counters[ANSWERS].labels(str(status))
        counter.inc()

    def row_answered(self, status: int) -> None:
        """One answer to a row of a batch."""
        counter = self._rows.get(status)
        if counter is None:
            counter = self._rows[status] = self._counters[ROWS].labels(str(status))
        counter.inc()

    def turned_away(self, operation: str, post: str, reason: str) -> None:
        """One request that never reached the log."""
        self._counters[TURNED_AWAY].labels(operation, post, reason).inc()

    def connection_closed(self, reason: str) -> None:
        """One connection that exceeded a limit, named by `reason`."""
        self._counters[CONNECTIONS_CLOSED].labels(reason).inc()

    def text(self) -> bytes:
        """The exposition that `/metrics` of the operators' port answers with."""
        return generate_latest(self.registry)
