"""How one process of a service is put together: role, settings, log, clock, edge, decider, signals.

A service says what is its own in `app.py` and starts in `__main__.py`:

    SCHEDULER = Service(name="scheduler", port=8101, edge=edge_spec, worker=decider_worker)
    sys.exit(main(SCHEDULER))

`--role all` runs edge and decider in one process, `edge` and `decider` run one of them; each serves
`/healthz` and `/readyz` on its port, and both with reasons and `/metrics` on a port for operators.
`--role snapshots` makes what snapshots are due, and ends.
At SIGTERM or SIGINT the edge takes no new connections and finishes what is running, then the decider ends its
transaction and leaves its group; all of it shares one deadline and is over within 5 s, also while Kafka does
not answer. A second signal ends the process at once.

Nothing is admitted or decided before the keys of the process are known to be those of its log.

Exit codes: 0 ended by a signal, 1 edge or decider broke, 2 settings, keys or Kafka users that cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple, Protocol, get_args

import structlog
import uvloop
from msgspec import Struct
from prometheus_client import CollectorRegistry

from pamwal.contracts.errors import ClockError, LogError, LogRefused, PamwalError, SettingsError
from pamwal.contracts.kafka_users import SNAPSHOTS
from pamwal.contracts.topics import REQUESTS_OF
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, EdgeSpec, build_edge
from pamwal.edge.clock import allow_clock, system_ms
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.listeners import Listeners, listen
from pamwal.edge.logs import configure_logging
from pamwal.edge.serve import allow_connections, serve
from pamwal.ending import Stop, end_for_sure, stop_on_signals
from pamwal.kafka_settings import bootstrap_servers, users_of
from pamwal.places import known_places
from pamwal.snapshots.keeper import Keeper
from pamwal.snapshots.process import SnapshotWatch, make_snapshots
from pamwal.snapshots.settings import SnapshotSettings
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_refusal import refuse_unaccepted
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.log import Log

Role = Literal["all", "edge", "decider", "snapshots"]
OF: Final = ("all", "edge", "decider")
AFTER_EDGE_S: Final = 1.4
AFTER_WORKER_S: Final = 0.4
"""What has to be left of that when the edge, or the decider, is cut short."""
WORKER_RETRY_S: Final = 1.0
AGREE_WITHIN_S: Final = 3.0
"""So long a process waits for the log, to compare its keys, before it begins to serve all the same."""
COLLECT_AFTER: Final = (20_000, 20, 20)
"""When Python looks for reference cycles; its own (700, 10, 10) looks through everything several times a
second while requests come, and each of them waits for it: 99 of 100 answers within 48 ms, with this 13."""
_log = structlog.get_logger(__name__)


class Process(NamedTuple):
    """What the parts of a service stand on in one process."""

    log: Log
    clock: Clock
    settings: EdgeSettings
    bootstrap_servers: str
    snapshots: SnapshotSettings | None = None
    """None: none are made or read."""
    security: KafkaSecurity = PLAINTEXT
    """How `log` speaks to Kafka, and as which user."""
    keys: KeyRegistry | None = None
    """The keys that the log records; None: those of `settings` alone, compared with nobody's."""


class Worker(Protocol):
    """A decider shell, such as the one on Faust."""

    async def start(self) -> None:
        """Joins the group. LogError if the log is not there: it is started again a second later."""
        ...

    async def stop(self) -> None:
        """Finishes the running transaction and leaves the group."""
        ...

    def trouble(self) -> str | None:
        """Why it is not ready, e.g. a halted partition; or None."""
        ...

    async def broke(self) -> BaseException:
        """Returns what ended it, if it ends without being asked to. Never returns otherwise."""
        ...


class Service(Struct, frozen=True, kw_only=True):
    """What differs from one service to another."""

    name: str
    port: int
    """The default; `PAMWAL_PORT` wins."""
    edge: Callable[[Process], EdgeSpec]
    worker: Callable[[Process, CollectorRegistry], Worker] | None = None
    """Makes the decider; its metrics go into the registry. None: the service decides nothing."""
    keepers: Callable[[SnapshotSettings, Role], Sequence[Keeper]] = lambda *_: ()
    """What keeps the snapshots of the folds that a process of a role has."""


def main(
    service: Service, arguments: Sequence[str] | None = None, *, system: Callable[[], int] = system_ms
) -> int:
    """Runs the process `python -m services.<name>` until a signal; returns its exit code.

    `system`: the system clock, in ms since 1970.
    """
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    parser.add_argument("--role", choices=get_args(Role), default="all", help="which parts run here")
    parser.add_argument("--of", choices=OF, default="all", help="whose snapshots the role snapshots makes")
    asked = parser.parse_args(arguments)
    role: Role = asked.role
    if role == "decider" and service.worker is None:
        return _complain(f"the {service.name} service has no decider yet; run it with --role edge")
    configure_logging(service.name)
    try:
        settings = EdgeSettings.from_environment(service.port)
        known_places()
        clock = Clock.parse(os.environ.get("PAMWAL_CLOCK", "system"), system)
        servers = bootstrap_servers(settings.state)
        snapshots = SnapshotSettings.from_environment(settings.state, os.environ)
        if role == "snapshots":
            if snapshots is None:
                return _complain("snapshots are off here: PAMWAL_SNAPSHOTS says so")
            user = KafkaSecurity.from_environment(SNAPSHOTS)
            refuse_unaccepted(servers, user)
            return make_snapshots(service.keepers(snapshots, asked.of), servers, snapshots, user)
        own, deciding = users_of(service.name, role, decides=service.worker is not None)
        refuse_unaccepted(servers, *((own,) if deciding is own else (own, deciding)))
        listeners = listen(settings)
        allow_connections()
        gc.freeze()  # the modules are here to stay: no need to look through them
        gc.set_threshold(*COLLECT_AFTER)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            log = KafkaLog(servers, own)
            keys = KeyRegistry(
                log, settings, requests_topic=REQUESTS_OF[service.name].name, signs=role != "decider"
            )
            process = Process(log, clock, settings, servers, snapshots, own, keys)
            decider = process
            if deciding is not own:
                decider = process._replace(log=KafkaLog(servers, deciding), security=deciding)
            return runner.run(_agree_and_run(keys, partial(_run, service, role, listeners, process, decider)))
    except (SettingsError, ClockError, LogRefused) as error:
        return _complain(str(error))


def put_together(
    service: Service, role: Role, process: Process, decider: Process | None = None
) -> tuple[Edge, Worker | None]:
    """The edge, bare for a decider alone, and the worker if this role has one.

    `decider`: what the worker stands on, where that is not `process`.
    """
    spec = EdgeSpec(service=service.name) if role == "decider" else service.edge(process)
    authority = Authority.from_settings(process.settings, process.clock, process.keys)
    edge = build_edge(spec, process.log, process.clock, authority, process.settings)
    if process.keys is not None:
        edge.health.add("keys", process.keys.trouble)
        edge.sender.require = process.keys.require  # a device enrols without a token
    if role == "edge" or service.worker is None:
        return edge, None
    worker = service.worker(decider or process, edge.metrics.registry)
    edge.health.add("decider", worker.trouble)
    return edge, worker


async def _agree_and_run(keys: KeyRegistry, run: Callable[[Stop], Awaitable[int]]) -> int:
    """Compares the keys, first and meanwhile. SettingsError as soon as they are not those of the log.

    While the log does not answer it runs, but admits nobody: it is alive, and not ready.
    """
    stop = stop_on_signals()
    keeping_up = asyncio.create_task(keys.keep_up(), name="keys")
    keeping_up.add_done_callback(lambda _: stop.set())
    waiting = [asyncio.create_task(each.wait()) for each in (keys.agreed, stop)]
    await asyncio.wait(waiting, timeout=AGREE_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stop.is_set() else await run(stop)
    for each in waiting:
        each.cancel()
    if keeping_up.done():
        raise keeping_up.result()
    keeping_up.cancel()
    return code


async def _run(
    service: Service,
    role: Role,
    listeners: Listeners,
    process: Process,
    decider: Process,
    stop: Stop,
) -> int:
    clock, keys = process.clock, process.keys
    edge, worker = put_together(service, role, process, decider)
    leave, watching = asyncio.Event(), _watch_snapshots(service, role, process, edge)

    async def allowed() -> None:
        if keys is not None:
            keys.require()
        await allow_clock(clock, decider.log)

    deciding = asyncio.create_task(_decide(worker, allowed, leave, stop)) if worker is not None else None
    _log.info("starting", role=role, **listeners.addresses(), clock=clock.text())
    broke = False
    try:
        await _serve(edge, stop, listeners)
    finally:
        broke = not stop.is_set()
        stop.set()
        leave.set()
        if deciding is not None:
            broke = await deciding or broke
        if watching is not None:
            await watching.stop()
        closing = [asyncio.create_task(each.close()) for each in {process.log, decider.log}]
        await asyncio.wait(closing, timeout=stop.left_s())
    _log.info("ended", broke=broke)
    end_for_sure(1 if broke else 0, stop.left_s())
    return 1 if broke else 0


def _watch_snapshots(service: Service, role: Role, process: Process, edge: Edge) -> SnapshotWatch | None:
    """Has snapshots made while this process runs; None where they are off, or it has no fold to keep."""
    settings = process.snapshots
    keepers = () if settings is None else service.keepers(settings, role)
    if settings is None or not keepers:
        return None
    watching = SnapshotWatch((service.name, role), keepers, process.log, settings, edge.metrics.registry)
    watching.start()
    return watching


async def _serve(edge: Edge, stop: Stop, listeners: Listeners) -> None:
    """Serves until told to end; then it is cut short in time for the decider to end, too."""
    serving = asyncio.create_task(
        serve(edge, stop=stop, listener=listeners.clients, operators=listeners.operators)
    )
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not serving.done():
        await asyncio.wait([serving], timeout=stop.left_s(AFTER_EDGE_S))
    if not serving.done():
        _log.warning("the edge was cut short")
        serving.cancel()
        return
    await serving


async def _decide(
    worker: Worker, allowed: Callable[[], Awaitable[None]], leave: asyncio.Event, stop: Stop
) -> bool:
    """Runs the decider until `leave`; true if it broke, which ends the whole process, loudly.

    Nothing is decided before the clock it runs on is allowed.
    """
    left = asyncio.create_task(leave.wait())
    broke: asyncio.Task[BaseException] | None = None
    try:
        while not left.done() and not await _started(worker, allowed):
            await asyncio.wait([left], timeout=WORKER_RETRY_S)
        if left.done():
            return False
        broke = asyncio.create_task(worker.broke())
        await asyncio.wait([left, broke], return_when=asyncio.FIRST_COMPLETED)
        if broke.done():
            _log.error("the decider broke", why=repr(broke.exception() or broke.result()))
            stop.set()
        return broke.done()
    finally:
        for task in (left, broke):
            if task is not None:
                task.cancel()
        try:
            await asyncio.wait_for(worker.stop(), stop.left_s(AFTER_WORKER_S))
        except (TimeoutError, PamwalError) as error:
            _log.warning("the decider was cut short; its transaction aborts", why=repr(error))


async def _started(worker: Worker, allowed: Callable[[], Awaitable[None]]) -> bool:
    try:
        await allowed()
        await worker.start()
    except (LogError, ClockError) as error:
        _log.warning("decider not started", why=str(error))
        return False
    return True


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the first thing a person at a terminal has to read
    return 2
