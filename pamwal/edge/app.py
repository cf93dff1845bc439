"""The edge of one service, put together: hot ASGI handlers in front of FastAPI, and what runs behind them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from functools import partial

import structlog
from fastapi import FastAPI

from pamwal import __version__
from pamwal.contracts.errors import LogError, SettingsError
from pamwal.edge.access import declared_routes
from pamwal.edge.auth import Authority, Caller
from pamwal.edge.batch import Batch
from pamwal.edge.bodies import HeldBodies
from pamwal.edge.check import add_check_routes
from pamwal.edge.clock import Clock
from pamwal.edge.clock_watch import ClockWatch
from pamwal.edge.decode import contract_of
from pamwal.edge.docs import document
from pamwal.edge.erased import Erased
from pamwal.edge.firsts import SEARCHES_MAX, FirstDecisions
from pamwal.edge.front import Front, check_path
from pamwal.edge.gate import Gate
from pamwal.edge.health import Health, LogWatch
from pamwal.edge.http import Asgi
from pamwal.edge.intake import Intake
from pamwal.edge.issuer import shared_secret
from pamwal.edge.limits import OpenStreams, RateLimit, TurnedAway
from pamwal.edge.lookup import Lookup
from pamwal.edge.metrics import Metrics
from pamwal.edge.operators import operators_app
from pamwal.edge.pages import answer_problems, shared_routes
from pamwal.edge.personal import Personal
from pamwal.edge.reads import NothingFolded, Reader, TailFolded, read_access
from pamwal.edge.sender import Sender
from pamwal.edge.sessions import Sessions
from pamwal.edge.settings import EdgeSettings
from pamwal.edge.spec import EdgeSpec, Folded, Keep, RequestRoute, SetApart, StreamRoute, request_routes
from pamwal.edge.sse import Board
from pamwal.edge.submit import Submit
from pamwal.edge.tickets import UsedTickets
from pamwal.edge.waiting import Decisions
from pamwal.wire.finding import find_decision
from pamwal.wire.log import Log, Receipt, Record
from pamwal.wire.partitioning import partition_of
from pamwal.wire.request_seal import RequestSeals
from pamwal.wire.tail import Tail

__all__ = [
    "Authority",
    "Board",
    "Caller",
    "Clock",
    "Edge",
    "EdgeSettings",
    "EdgeSpec",
    "Folded",
    "Keep",
    "Reader",
    "RequestRoute",
    "SetApart",
    "StreamRoute",
    "build_edge",
    "read_access",
    "request_routes",
]
TAIL_RETRY_S = 1.0
_log = structlog.get_logger(__name__)


class Edge:
    """`app` is what uvicorn serves to clients, `operators` to operators at a port of their own.

    `start` and `stop` are called by the lifespan of `app`, or by a test.
    """

    def __init__(
        self, spec: EdgeSpec, log: Log, clock: Clock, authority: Authority, settings: EdgeSettings
    ) -> None:
        self.spec, self.log, self.clock, self.settings = spec, log, clock, settings
        self.metrics = Metrics()
        for each in spec.metrics:
            self.metrics.registry.register(each)
        self.health = Health(self.metrics, spec.shard)
        self.bodies = HeldBodies(
            settings.held_bytes_max, settings.underway_bytes_max, self.metrics.held_bytes.set
        )
        self.parameters: dict[str, frozenset[str]] = {}
        """Method and path of a read → its query parameters; see `read_access`."""
        self._turned = TurnedAway(self.metrics.turned_away)
        self.gate = Gate(
            authority,
            RateLimit(settings.requests_per_s, 2 * settings.requests_per_s),
            RateLimit(settings.rows_per_s, 2 * settings.rows_per_s),
            self._turned,
            spec.mode_of,
            spec.lost,
            within=spec.within,
            here=spec.here,
            hears_lost=spec.hears_lost,
        )
        topics = [topic for topic in (spec.requests_topic, spec.decisions_topic) if topic is not None]
        self.watch = LogWatch(log, topics)
        self.clock_watch = ClockWatch(clock, log, self._clock_allowed)
        self.sender = Sender(
            log,
            self.metrics,
            clock.proof,
            unacked_max=settings.unacked_max,
            topics=(topics[0], topics[1]) if len(topics) == 2 else None,
        )
        self.tail: Tail | None = None
        self.decisions: Decisions | None = None
        self.erased: Erased | None = None
        self._tailing: asyncio.Task[None] | None = None
        self._ending = False
        self.submit = self._build_submit()
        self.folded = spec.folded or self._own_fold()
        self._front = self._build_front()
        self.app: Asgi = self._front
        self.operators: Asgi = operators_app(self)
        self._add_checks()

    def _own_fold(self) -> Folded:
        if self.tail is None or self.spec.requests_topic is None:
            return NothingFolded()
        return TailFolded(self.tail, self.spec.requests_topic)

    def _build_submit(self) -> Submit | None:
        spec, settings = self.spec, self.settings
        if spec.requests_topic is None or spec.decisions_topic is None:
            return None

        async def find(receipt: Receipt) -> Record | None:
            return await find_decision(self.log, receipt)

        self.decisions = Decisions(spec.decisions_topic, find)
        self.tail = Tail(self.log, [spec.decisions_topic], self.decisions.on_records)
        personal, secret = None, shared_secret(settings.secret_path)
        if spec.set_apart is not None:
            self.erased = Erased(self.log)
            personal = Personal(secret, spec.set_apart, self.erased)
        return Submit(
            spec.service,
            spec.requests_topic,
            settings,
            gate=self.gate,
            intake=Intake(
                self.clock,
                personal,
                spec.examine,
                spec.advise,
                seal=partial(RequestSeals(secret, {}).sealed, spec.requests_topic),
                zone_of=spec.zone_of,
            ),
            sender=self.sender,
            decisions=self.decisions,
            caught_up=lambda: self.tail is not None and self.tail.caught_up,
            metrics=self.metrics,
            firsts=partial(FirstDecisions, self.decisions, self.log, asyncio.Semaphore(SEARCHES_MAX)),
        )

    def _build_front(self) -> Front:
        spec = self.spec
        for path in [route.path for route in spec.routes] + [stream.path for stream in spec.streams]:
            if not check_path(path):
                raise SettingsError(f"{path!r} is no path below an operation, such as '/check-ins'")
        by_type = {route.type: contract_of(route.type) for route in spec.routes}
        contracts = {route.path.removeprefix("/"): by_type[route.type] for route in spec.routes}
        api = self.api = FastAPI(
            title=f"Pamwal {spec.service}",
            version=__version__,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
        )
        api.state.edge = self
        answer_problems(api, spec.problem_page)
        lookup = Lookup(self.submit, self.log) if self.submit is not None else None
        routers = [shared_routes(self, api, lookup), *spec.reads]
        document(api, spec, by_type)
        for router in routers:
            api.include_router(router)
        if spec.judge is not None and self.submit is not None:
            add_check_routes(
                api.router,
                f"/{spec.service}/v1/operations/{{operation_id}}",
                spec.routes,
                by_type,
                intake=self.submit.intake,
                judge=spec.judge,
                bytes_max=self.settings.single_bytes_max,
            )
        self.routes = declared_routes([api.router, *routers])
        return Front(
            spec.service,
            api,
            gate=self.gate,
            bodies=self.bodies,
            open_streams=OpenStreams(self.settings.streams_per_caller_max),
            metrics=self.metrics,
            sessions=Sessions(
                self.gate.authority,
                self.settings.trusted_issuer,
                UsedTickets(self.log, self.sender) if self.submit is not None else None,
            ),
            submit=self.submit,
            batch=Batch(self.submit, by_type) if self.submit is not None else None,
            contracts=contracts,
            streams=spec.streams,
            entry_page=spec.entry_page,
            denied_page=spec.denied_page,
            on_start=self.start,
            on_stop=self.stop,
        )

    def _add_checks(self) -> None:
        self.health.add("log", lambda: self.watch.trouble)
        self.health.add("clock", self.clock.proof.trouble)
        self.health.add("running", lambda: "this process is stopping" if self._ending else None)
        if self.submit is not None:
            self.health.add("producer", self._producer_trouble)
            self.health.add("decisions", lambda: None if self.decisions is None else self.decisions.trouble)
            self.health.add("tail", lambda: None if self.tail is None else self.tail.trouble)
        if self.erased is not None:
            self.health.add("personal", self.erased.follower.trouble)
        for name, check in self.spec.checks.items():
            self.health.add(name, check)
        self.health.add_notice(self.sender.notice)
        for notice in self.spec.notices:
            self.health.add_notice(notice)
        for follower in self.spec.followers:
            self.health.add_notice(follower.notice)

    def _producer_trouble(self) -> str | None:
        """Stuck partitions alone are a notice, unless no partition of the requests is left."""
        stuck = sum(at.topic == self.spec.requests_topic for at in self.sender.stuck)
        all_stuck = stuck > 0 and stuck == self.watch.partitions
        return self.sender.trouble or (self.sender.notice() if all_stuck else None)

    async def start(self) -> None:
        """Starts producer, tail, probes and the service's `on_start`. Returns at once when Kafka is away."""
        if self.clock.simulated:
            self.gate.closed = "whether this cluster allows a simulated clock is not known yet"
        self.watch.start()
        self.clock_watch.start()
        if self.submit is not None:
            self.sender.start()
            self._tailing = asyncio.get_running_loop().create_task(self._start_tail())
        if self.erased is not None:
            await self.erased.follower.start()
        for hook in self.spec.on_start:
            await hook()

    def _clock_allowed(self, trouble: str | None) -> None:
        self.gate.closed = trouble

    async def _start_tail(self) -> None:
        while self.tail is not None:
            try:
                await self.tail.start()
            except LogError as error:
                _log.warning("tail not started", why=str(error))
                await asyncio.sleep(TAIL_RETRY_S)
            else:
                return

    def ending(self) -> None:
        """Called when the process is told to stop: not ready any more, and streams end."""
        self._ending = True
        self._front.close_streams()

    async def stop(self) -> None:
        """Finishes what was acknowledged and frees everything but the log."""
        self.ending()
        for hook in self.spec.on_stop:
            await hook()
        if self._tailing is not None:
            self._tailing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tailing
        if self.tail is not None:
            await self.tail.stop()
        if self.erased is not None:
            await self.erased.follower.stop()
        await self.sender.stop()
        await self.watch.stop()
        await self.clock_watch.stop()

    def turned_away(self) -> dict[tuple[str, str], dict[str, int]]:
        """(operation, post) → reason → how many requests never reached the log since this process started."""
        return self._turned.counts()

    def unknown(self, operation_id: str | None) -> Counter[str]:
        """Type → how many facts of an operation, or of all, reads leave out as not known here."""
        found = Counter[str]()
        for follower in self.spec.followers:
            found.update(follower.unknown if operation_id is None else follower.unknown_of(operation_id))
        return found

    def vector_text(self, operation_id: str | None) -> str:
        """The header `Pamwal-Vector`: `<decisions topic>-<partition>-<next offset>`, comma between.

        Of an operation, only the partition it lives in.
        """
        vector, partitions = self.folded.vector(), self.watch.partitions
        own = None
        if operation_id is not None and partitions is not None:
            own = partition_of(operation_id.encode(), partitions)
        places = sorted(at for at in vector if own is None or at.partition == own)
        return ",".join(str(Receipt(at.topic, at.partition, vector[at])) for at in places)


def build_edge(spec: EdgeSpec, log: Log, clock: Clock, authority: Authority, settings: EdgeSettings) -> Edge:
    """The edge of one service on one log. SettingsError for a route or a secret that cannot be used."""
    return Edge(spec, log, clock, authority, settings)
