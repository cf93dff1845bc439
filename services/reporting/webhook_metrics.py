"""What Prometheus is told of webhooks: what each sink took, failed at and refused, and what still waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LABELS = ("sink",)


class SinkCounts(NamedTuple):
    """Of one sink, since this process began; `waiting` and `oldest_s` as it is now."""

    sink: str
    sent: int
    failed: int
    """Tries that came to nothing."""
    refused: int
    """Alerts that it would not take, and that are set aside."""
    dropped: int
    """Alerts that were too old for a sink that never took any of their operation."""
    waiting: int
    oldest_s: float
    """Since when the oldest of them was decided; 0 if none waits."""


class SinkMetrics(Collector):
    """Counts are asked for when they are scraped."""

    def __init__(self, counts: Iterable[Callable[[], SinkCounts]]) -> None:
        self._counts = tuple(counts)

    def collect(self) -> Iterable[Metric]:
        """The six families, a sample for each sink."""
        sent = CounterMetricFamily("pamwal_webhook_sent", "Alerts' facts that a webhook took", labels=LABELS)
        failed = CounterMetricFamily(
            "pamwal_webhook_failed", "Tries to tell a webhook that came to nothing", labels=LABELS
        )
        refused = CounterMetricFamily(
            "pamwal_webhook_refused", "Alerts' facts that a webhook would not take, set aside", labels=LABELS
        )
        dropped = CounterMetricFamily(
            "pamwal_webhook_dropped",
            "Alerts' facts that were too old to be sent",
            labels=LABELS,
        )
        waiting = GaugeMetricFamily(
            "pamwal_webhook_waiting", "Alerts' facts that a webhook was not told yet", labels=LABELS
        )
        oldest = GaugeMetricFamily(
            "pamwal_webhook_oldest_seconds", "Age of the oldest of these", labels=LABELS
        )
        for counted in self._counts:
            of = counted()
            sent.add_metric([of.sink], of.sent)
            failed.add_metric([of.sink], of.failed)
            refused.add_metric([of.sink], of.refused)
            dropped.add_metric([of.sink], of.dropped)
            waiting.add_metric([of.sink], of.waiting)
            oldest.add_metric([of.sink], of.oldest_s)
        return (sent, failed, refused, dropped, waiting, oldest)
