"""Launches a broker on a state folder and waits until it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError, PortTaken
from pamwal.local import failures, readiness
from pamwal.local.container import ContainerBroker, container_name
from pamwal.local.java import JavaBroker
from pamwal.local.record import BrokerRecord, this_process
from pamwal.local.sources import ContainerKafka, JavaKafka

DEFAULT_PORT = 19092
LOGS_KEPT = 20
ATTEMPTS = 3

Broker = JavaBroker | ContainerBroker


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything a start needs to know; `folder` is the state folder's `kafka`."""

    source: JavaKafka | ContainerKafka
    folder: Path
    record_file: Path
    settings: Mapping[str, str]
    keep_warm: bool
    ready_limit_s: float

    def at(self, port: int | None) -> tuple[Broker, BrokerRecord]:
        """Start at this port, or at the default or a free one. Raises LocalKafkaError."""
        for attempt in range(1, ATTEMPTS + 1):
            log_file = failures.new_log_file(self.folder / "logs", LOGS_KEPT)
            try:
                return self._once(choose_port(port, default=attempt == 1), log_file)
            except LocalKafkaError as error:
                # Another program may take the port in the seconds between choosing it and listening there.
                taken = isinstance(error, PortTaken) or failures.port_was_taken(log_file)
                if attempt == ATTEMPTS or not taken:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _once(self, port: int, log_file: Path) -> tuple[Broker, BrokerRecord]:
        broker: Broker = (
            JavaBroker(self.source, self.folder, log_file)
            if isinstance(self.source, JavaKafka)
            else ContainerBroker(self.source, self.folder, log_file)
        )
        cluster_id = broker.prepare(port, readiness.free_port(), self.settings)
        try:
            broker.launch(guarded=not self.keep_warm)
            # Written before it is ready: a starter that dies meanwhile leaves no riddle.
            record = self._record_of(broker, port, cluster_id, log_file)
            record.write(self.record_file)
            self._wait_until_ready(broker, record)
        except BaseException:
            broker.end()
            self.record_file.unlink(missing_ok=True)
            raise
        return broker, record

    def _wait_until_ready(self, broker: Broker, record: BrokerRecord) -> None:
        answer = readiness.wait_until_ready(
            record.port, self.ready_limit_s, ended=lambda: broker.exit_code() is not None
        )
        if answer is not None and answer.cluster_id == record.cluster_id:
            return
        kind = LocalKafkaError if answer is None else PortTaken
        raise kind(
            failures.not_ready(
                Path(record.log_file),
                record.port,
                exit_code=broker.exit_code(),
                limit_s=self.ready_limit_s,
                other_cluster=answer is not None,
            )
        )

    def _record_of(self, broker: Broker, port: int, cluster_id: str, log_file: Path) -> BrokerRecord:
        starter, command = this_process()
        process = broker.identity if isinstance(broker, JavaBroker) else None
        return BrokerRecord(
            pid=process.pid if process is not None else None,
            started=process.started if process is not None else None,
            container=[self.source.engine, container_name(self.folder)]
            if isinstance(self.source, ContainerKafka)
            else None,
            port=port,
            cluster_id=cluster_id,
            kept=self.keep_warm,
            starter_pid=starter.pid,
            starter_started=starter.started,
            starter_command=command,
            log_file=str(log_file),
        )


def choose_port(wanted: int | None, *, default: bool = True) -> int:
    """Return the wanted port, or if none is wanted the default port or, if that is taken, a free one.

    With `default=False` the default port is not considered. Raises LocalKafkaError if `wanted` is taken.
    """
    if wanted is None:
        usable = default and readiness.can_listen(DEFAULT_PORT)
        return DEFAULT_PORT if usable else readiness.free_port()
    if not readiness.can_listen(wanted):
        raise LocalKafkaError(
            f"Port {wanted} on this machine is in use by another program, so the local Kafka cannot listen "
            "there. Stop that program, or ask for another port."
        )
    return wanted
