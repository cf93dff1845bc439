"""A single-node Kafka on this machine.

    with running_kafka(state_folder()) as broker:
        print(broker.bootstrap_servers)

`async with` works as well. Who started a broker, and how, is in `<state>/kafka/broker.json`; its logs are in
`<state>/kafka/logs`, its data in `<state>/kafka/data`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import failures, kept, readiness
from pamwal.local.container import ContainerBroker
from pamwal.local.jars import prepare
from pamwal.local.java import JavaBroker
from pamwal.local.launch import Launch
from pamwal.local.record import BrokerRecord, only_one
from pamwal.local.sources import NO_KAFKA, ContainerKafka, GivenBroker, JavaKafka, MavenKafka
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity

READY_LIMIT_S = 60.0
GIVEN_LIMIT_S = 5.0


def running_kafka(
    state: Path,
    *,
    port: int | None = None,
    keep_warm: bool = False,
    settings: Mapping[str, str] | None = None,
    security: KafkaSecurity = PLAINTEXT,
) -> LocalKafka:
    """A Kafka for as long as the `with` or `async with` block runs.

    With `keep_warm` it goes on running afterwards, and the next one on the same folder uses it at once.
    `settings` are broker settings by Kafka's names; `security` is how a broker of PAMWAL_BOOTSTRAP_SERVERS is
    spoken to. Raises LocalKafkaError, whose text says what to do.
    """
    return LocalKafka(state, port=port, keep_warm=keep_warm, settings=settings, security=security)


class LocalKafka:
    """A single-node Kafka and the right to stop it.

    A broker of PAMWAL_BOOTSTRAP_SERVERS, or a kept one that was found running, is used and not stopped.
    What this object starts ends with it, even when this process is killed. Methods block; from a coroutine
    use `async with`, or `asyncio.to_thread`. One object is not for several threads at once.
    """

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        keep_warm: bool = False,
        settings: Mapping[str, str] | None = None,
        ready_limit_s: float = READY_LIMIT_S,
        security: KafkaSecurity = PLAINTEXT,
    ) -> None:
        """`security`: how to ask a broker of PAMWAL_BOOTSTRAP_SERVERS; what starts here speaks plaintext."""
        self._state = state.absolute()
        self._folder = self._state / "kafka"
        self._demanded_port = port
        self._keep_warm = keep_warm
        self._settings = dict(settings or {})
        self._ready_limit_s = ready_limit_s
        self._security = security
        self._port: int | None = None
        self._given: str | None = None
        self._broker: JavaBroker | ContainerBroker | None = None
        self._record: BrokerRecord | None = None

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` for clients, the same over restarts. Raises LocalKafkaError before the first start."""
        if self._given is not None:
            return self._given
        if self._port is None:
            raise LocalKafkaError("The local Kafka was not started yet.")
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The broker's process; None for a given broker, a container, or one that is stopped."""
        return self._record.pid if self._record is not None else None

    @property
    def data_dir(self) -> Path:
        """The folder of the broker's data (unused by a given broker, and by a container: it has a volume)."""
        return self._folder / "data"

    @property
    def log_file(self) -> Path | None:
        """What the broker printed; None for a given broker."""
        return Path(self._record.log_file) if self._record is not None else None

    @property
    def cluster_id(self) -> str:
        """The cluster's id. Raises LocalKafkaError if it was not started yet."""
        if self._record is not None:
            return self._record.cluster_id
        answer = readiness.ask(self.bootstrap_servers, GIVEN_LIMIT_S, self._security)
        if answer is None:
            raise LocalKafkaError(f"No Kafka answers at {self.bootstrap_servers}.")
        return answer.cluster_id

    @property
    def started_here(self) -> bool:
        """Whether this object started the broker and may therefore stop it."""
        return self._broker is not None

    def why_ended(self) -> str | None:
        """How a broker that this object started ended by itself; None while it runs or was never started."""
        if self._broker is None or self._record is None or (code := self._broker.exit_code()) is None:
            return None
        return failures.ended(Path(self._record.log_file), code)

    # -- start and stop ------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Make sure a broker answers, and return this object. Raises LocalKafkaError.

        After `stop` or `kill` it starts again at the same port on the same data.
        """
        if self._broker is not None and self._broker.exit_code() is None:
            return self
        self._leave_broker()
        source = prepare(self._state)
        if source is None or isinstance(source, MavenKafka):
            raise LocalKafkaError(NO_KAFKA)
        if isinstance(source, GivenBroker):
            self._use_given(source)
            return self
        try:
            with only_one(kept.lock_file(self._folder), kept.LOCK_LIMIT_S):
                self._use_kept_or_launch(source)
        except OSError as error:
            raise LocalKafkaError(failures.cannot_write(self._state, error)) from error
        return self

    def stop(self) -> None:
        """Stop in order what this object started, also if it was to be kept warm. Otherwise do nothing."""
        self._end(abruptly=False)

    def kill(self) -> None:
        """kill -9 of what this object started; its data stays as it is. `start` brings it back."""
        self._end(abruptly=True)

    def release(self) -> None:
        """What the end of a `with` block does: stop what this object started, unless it shall be kept."""
        if self._keep_warm and self._broker is not None:
            self._leave_broker()
        else:
            self.stop()

    def _end(self, *, abruptly: bool) -> None:
        if self._broker is None:
            return
        with only_one(kept.lock_file(self._folder), kept.LOCK_LIMIT_S):
            self._broker.end(abruptly=abruptly)
            kept.record_file(self._folder).unlink(missing_ok=True)
        self._broker = None
        self._record = None

    def _leave_broker(self) -> None:
        if self._broker is not None:
            if self._broker.exit_code() is not None:
                self._broker.end()
            self._broker.let_go()
        self._broker = None

    # -- the ways to a broker ------------------------------------------------------------------------------

    def _use_given(self, source: GivenBroker) -> None:
        if self._security is not PLAINTEXT:
            # Imported here: the client takes a fifth of a second to load, and a local broker needs none.
            from pamwal.wire.kafka_refusal import refuse_unaccepted

            refuse_unaccepted(source.bootstrap_servers, self._security)
        if readiness.ask(source.bootstrap_servers, GIVEN_LIMIT_S, self._security) is None:
            raise LocalKafkaError(
                f"No Kafka answers at {source.bootstrap_servers}, which PAMWAL_BOOTSTRAP_SERVERS names. "
                "Start it, or unset the variable to let one be started here."
            )
        self._given = source.bootstrap_servers

    def _use_kept_or_launch(self, source: JavaKafka | ContainerKafka) -> None:
        found = kept.clear(self._folder, also_kept=False)
        if isinstance(found, BrokerRecord):
            self._adopt(found)
            return
        launch = Launch(
            source=source,
            folder=self._folder,
            record_file=kept.record_file(self._folder),
            settings=self._settings,
            keep_warm=self._keep_warm,
            ready_limit_s=self._ready_limit_s,
        )
        self._broker, self._record = launch.at(self._demanded_port or self._port)
        self._port = self._record.port

    def _adopt(self, record: BrokerRecord) -> None:
        wanted = self._demanded_port or self._port
        if wanted not in {None, record.port}:
            raise LocalKafkaError(
                f"The kept Kafka of {self._state} listens at port {record.port}, not at {wanted}. "
                "Stop it with 'pamwal kafka stop', or ask for its port."
            )
        self._port, self._record = record.port, record

    # -- with and async with -------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    async def __aenter__(self) -> Self:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread cannot be cancelled: let it finish, then give back what it started.
            await asyncio.wait([starting])
            if starting.exception() is None:
                await asyncio.to_thread(self.release)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.release)
