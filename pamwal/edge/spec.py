"""What a service tells the shared edge: which requests it takes, what it reads, which streams it offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from fastapi import APIRouter
from msgspec import Struct
from prometheus_client.registry import Collector

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.routes import ROUTES, Roles
from pamwal.contracts.unknown_facts import UnknownFacts
from pamwal.edge.auth import Caller
from pamwal.edge.decode import Posted
from pamwal.edge.http import Reply
from pamwal.edge.sessions import OpenedLink
from pamwal.edge.sse import Board
from pamwal.wire.log import Receipt, TopicPartition

Keep = Callable[[PersonalWords], PersonalRef]
"""Keeps words about a person apart and returns the reference that goes into the log."""
SetApart = Callable[[Any, Keep], Any]
"""`(data, keep) -> data` without words about persons; a reference the sender set must not survive it."""
Examine = Callable[[Posted[Any], str, Claims], None]
"""`(posted, operation_id, claims)`: HttpProblem if what is known here keeps a request out of the log."""
Advise = Callable[[Request[Any]], list[Reason]]
"""What an answer tells a sender beside the decision, by all that is known here now; it stands in no log."""
ZoneOf = Callable[[str], str | None]
"""The zone of an operation, None while its opening is not known here."""
Lost = Callable[[Claims], bool]
"""Whether the device these claims are of was revoked.

HttpProblem 503 `not_folded` while that is not known here.
"""
Within = Callable[[Claims, str], bool]
"""Whether a token reads an operation that is not its own, because it lies below that.

HttpProblem 503 `not_folded` while that is not known here.
"""
Here = Callable[[str], None]
"""operation_id: Misdirected where another process is to be asked, HttpProblem 503 while that is not known."""
Check = Callable[[], str | None]
"""Why a process is not ready, or None."""
ModeOf = Callable[[str], Mode | None]
"""operation_id → whether it was opened as real or as an exercise; None for one that nobody opened.

HttpProblem 503 `not_folded` while that is not known here.
"""


ProblemPage = Callable[[Exception], Reply | None]
"""What a browser is shown in place of a problem document; None where there is no such page."""
DeniedPage = Callable[[AccessDenied], Reply]
EntryPage = Callable[[OpenedLink], Reply]
"""What a browser is shown whose one-time link does not let it in: used, expired, or of another mode."""


class RequestRoute(Struct, frozen=True, kw_only=True):
    """`POST /{service}/v1/operations/{operation_id}{path}` takes one contract type."""

    path: str
    """From the first slash, e.g. `/check-ins` or `/rallies:move`."""
    type: str
    """A key of `codec.REQUEST_TYPES`."""
    roles: Roles
    """Deciders hold requests to it, see `pamwal.contracts.rights`; here it is only described."""
    summary: str


def request_routes(service: str) -> tuple[RequestRoute, ...]:
    """Every request that a service takes, from the table that clients use as well."""
    return tuple(
        RequestRoute(path=route.path, type=name, roles=route.roles, summary=route.summary)
        for name, route in ROUTES.items()
        if route.service == service
    )


class StreamRoute(Struct, frozen=True, kw_only=True):
    """`GET /{service}/v1/operations/{operation_id}{path}` is a stream of server-sent events."""

    path: str
    roles: Roles
    summary: str
    board_of: Callable[[str, Caller], Board]
    """(operation_id, caller) → the board this caller may follow. AccessDenied or HttpProblem if none."""


class Folded(Protocol):
    """How far the state behind a service's reads has come. The edge's own tail is the default."""

    def vector(self) -> Mapping[TopicPartition, int]:
        """Decisions topic and partition → offset behind the last folded record."""
        ...

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once the decision of that request is folded; False if that does not happen in time."""
        ...


class EdgeSpec(Struct, frozen=True, kw_only=True):
    """Everything that differs between the edges of two services."""

    service: str
    """`scheduler`, `checkin` or `reporting`; first part of every path."""
    requests_topic: str | None = None
    """None: this service takes no requests."""
    decisions_topic: str | None = None
    routes: tuple[RequestRoute, ...] = ()
    reads: tuple[APIRouter, ...] = ()
    """Routers of all that the table of commands does not have, each route with its roles (`access`); routes
    about one operation call it `operation_id` and depend on `reads.read_access`."""
    streams: tuple[StreamRoute, ...] = ()
    judge: Callable[[Request[Any]], Verdict[Any]] | None = None
    """The verdict on a request as everything stands here now; then each route can be checked beforehand."""
    set_apart: SetApart | None = None
    examine: Examine | None = None
    advise: Advise | None = None
    zone_of: ZoneOf | None = None
    """Answers repeat times on the operation's clock. None: they do not."""
    lost: Lost | None = None
    """None: nothing is known here of devices."""
    hears_lost: bool = False
    """What a revoked device says is taken, to be kept and marked; it reads nothing all the same."""
    entry_page: EntryPage | None = None
    """The page of a one-time link, whose form posts the ticket to `/enter`. None: no link leads here."""
    denied_page: DeniedPage | None = None
    """None: a browser is answered with the problem, as everybody is."""
    problem_page: ProblemPage | None = None
    """None: likewise."""
    here: Here | None = None
    """None: this process can be asked of every operation."""
    shard: str | None = None
    """Which part of all operations can be asked for here, such as `2/4`; None: all of them."""
    mode_of: ModeOf | None = None
    """None: tokens of both modes are let through."""
    within: Within | None = None
    """None: a token reads its own operation only."""
    folded: Folded | None = None
    checks: Mapping[str, Check] = {}
    """Further reasons not to be ready, by name, e.g. halted partitions of a decider in this process."""
    notices: tuple[Check, ...] = ()
    """Sentences for operators about what does not work while the process is ready."""
    followers: tuple[UnknownFacts, ...] = ()
    """What the reads are folded from; readers are told of facts that these do not know."""
    metrics: tuple[Collector, ...] = ()
    """What `/metrics` tells beside what every edge tells."""
    on_start: tuple[Callable[[], Awaitable[None]], ...] = ()
    on_stop: tuple[Callable[[], Awaitable[None]], ...] = ()
