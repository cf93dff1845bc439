"""Requests as the edges write them: real contracts and claims; a known mix of accept, repeat and refuse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import (
    CHANNEL_HEADER,
    CONTENT_TYPE,
    CONTENT_TYPE_HEADER,
    POST_HEADER,
    Request,
    RequestData,
)
from pamwal.contracts.field import CheckIn, CheckOut, Heartbeat
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    Post,
    RegisterOfficers,
    TaskForce,
)
from pamwal.edge.issuer import shared_secret
from pamwal.edge.settings import EdgeSettings
from pamwal.wire.log import Outgoing
from pamwal.wire.request_seal import RequestSeals

MORNING_MS: Final = to_ms("2024-10-03T00:00:00.000Z")
HOUR_MS: Final = 3_600_000
POSTS: Final = ("alak", "kelapa-lima", "maulafa", "oebobo", "kota-raja")
LATE_MS: Final = 600_000
ROSTER_ROWS: Final = 500
RALLY_DEPLOYMENTS: Final = 2000
_HEAD: Final = (CONTENT_TYPE_HEADER, CONTENT_TYPE.encode())


class Said(NamedTuple):
    """What one post says once; saying it again makes a repeat."""

    id: str
    type: str
    post: str
    claims: str
    data: RequestData
    seq: int
    late_ms: int = 0


class Speaker(Protocol):
    """What one service is asked. `number` counts the requests of an operation, so that ids are unique."""

    def opens(self, operation_id: str, expected: int) -> Iterator[Said]:
        """What has to be said first, if about `expected` requests follow."""
        ...

    def accepted(self, operation_id: str, number: int) -> Said:
        """A request that will be accepted."""
        ...

    def refused(self, operation_id: str, number: int) -> Said:
        """A request that will be refused."""
        ...


class Field:
    """Check-ins (80 %), check-outs and heartbeats; refused where a post speaks with another post's token."""

    def opens(self, operation_id: str, expected: int) -> Iterator[Said]:  # noqa: ARG002
        """Nothing: an observation needs no plan."""
        return iter(())

    def accepted(self, operation_id: str, number: int) -> Said:
        post = POSTS[number % len(POSTS)]
        kind, data = self._seen(number) if number % 20 else ("heartbeat", Heartbeat(queue_length=number % 7))
        own = claims(operation_id, post)
        return Said(f"r{number}", f"pamwal.field.{kind}.v1", post, own, data, _numbered(number))

    def refused(self, operation_id: str, number: int) -> Said:
        post = POSTS[number % len(POSTS)]
        kind, data = self._seen(number)
        foreign = claims(operation_id, POSTS[(number + 1) % len(POSTS)])
        return Said(f"r{number}", f"pamwal.field.{kind}.v1", post, foreign, data, _numbered(number))

    def _seen(self, number: int) -> tuple[str, CheckIn | CheckOut]:
        officer, place = f"O{number // 3 % 4000:05d}", f"site/gate-{number // 3 % 40}"
        if number % 6 == 5:
            return "check_out", CheckOut(officer_id=officer, place=place, method="manual")
        point = Point(latitude=-10.1652 - number % 97 / 10_000, longitude=123.5968)
        return "check_in", CheckIn(officer_id=officer, place=place, method="gps", position=point)


class Plan:
    """Orders of one deployment each; refused as `double_booked` where the officer is bound already."""

    def __init__(self) -> None:
        self._officers: dict[str, int] = {}
        self._rallies: dict[str, int] = {}

    def opens(self, operation_id: str, expected: int) -> Iterator[Said]:
        """The operation, its rallies, and so many officers that each is ordered once a day for a month."""
        admin = Claims(role="admin", operation="*", mode="exercise").to_text()
        posts = [Post(post_id=post, name=post) for post in POSTS]
        opening = OpenOperation(
            name="Benchmark",
            mode="exercise",
            zone="Asia/Makassar",
            region="53.71",
            starts_on="2024-10-01",
            ends_on="2024-11-30",
            posts=posts,
            task_forces=[TaskForce(satgas_id="satgas-1", name="Satgas")],
        )
        yield Said("open", "pamwal.scheduling.open_operation.v1", POSTS[0], admin, opening, 1)
        head = Claims(role="ops_head", operation=operation_id, mode="exercise").to_text()
        self._rallies[operation_id] = rallies = expected // RALLY_DEPLOYMENTS + 3
        for number in range(rallies):
            yield Said(
                f"rally-{number}",
                "pamwal.scheduling.plan_rally.v1",
                POSTS[0],
                head,
                _rally(number),
                2 + number,
            )
        self._officers[operation_id] = officers = expected // 25 + 2
        for first in range(0, officers, ROSTER_ROWS):
            entries = [
                OfficerEntry(
                    officer_id=f"O{n:05d}",
                    rank="Bripka",
                    unit="Sabhara",
                    satgas="satgas-1",
                    home_post=POSTS[n % len(POSTS)],
                )
                for n in range(first, min(first + ROSTER_ROWS, officers))
            ]
            yield Said(
                f"roster-{first}",
                "pamwal.scheduling.register_officers.v1",
                POSTS[0],
                admin,
                RegisterOfficers(officers=entries),
                2 + first,
            )

    def accepted(self, operation_id: str, number: int) -> Said:
        officers = self._officers[operation_id]
        return self._order(operation_id, number, number % officers, number // officers)

    def refused(self, operation_id: str, number: int) -> Said:
        return self._order(operation_id, number, 0, 0)

    def _order(self, operation_id: str, number: int, officer: int, day: int) -> Said:
        post = POSTS[number % len(POSTS)]
        starts_ms = MORNING_MS + day * 24 * HOUR_MS
        order = Order(
            deployment_id=f"d{number}",
            officer_id=f"O{officer:05d}",
            place=f"rally/rally-{number % self._rallies[operation_id]}",
            role="guard",
            starts_at=from_ms(starts_ms),
            ends_at=from_ms(starts_ms + 8 * HOUR_MS),
        )
        return Said(
            f"r{number}",
            "pamwal.scheduling.order_deployments.v1",
            post,
            claims(operation_id, post),
            OrderDeployments(sprin="SPRIN/112/X/2024", orders=[order]),
            _numbered(number) + 10_000,
        )


def _numbered(number: int) -> int:
    """Posts take turns, and each numbers what it says 1, 2, 3 …, as devices do."""
    return number // len(POSTS) + 1


def _rally(number: int) -> PlanRally:
    venue = Venue(
        venue_id=f"venue-{number}",
        name="Lapangan",
        kelurahan="53.71.02.1001",
        point=Point(latitude=-10.1652 - number / 10_000, longitude=123.5968),
    )
    return PlanRally(
        rally_id=f"rally-{number}",
        kind="limited_meeting",
        pairs=["walikota/3"],
        venue=venue,
        starts_at=from_ms(MORNING_MS + number * HOUR_MS),
        ends_at=from_ms(MORNING_MS + (number + 2) * HOUR_MS),
        required={"guard": 20},
    )


class Mix(NamedTuple):
    """Shares of all requests: what is said twice, what is refused, and what arrives ten minutes late."""

    repeat: float = 0.2
    refuse: float = 0.1
    late: float = 0.0


def requests(
    speaker: Speaker, count: int, operations: int, mix: Mix | None = None, *, seed: int = 3
) -> Iterator[Outgoing]:
    """`count` records of a requests topic; operations take turns.

    A repeat says word for word what the same post said a moment before.
    """
    mix, chance = mix or Mix(), random.Random(seed)
    names = [f"bench-{number:03d}" for number in range(operations)]
    expected = round(count / operations * (1 - mix.repeat - mix.refuse))
    made = 0
    for name in names:
        for said in speaker.opens(name, expected):
            yield record_of(name, said, made)
            made += 1
    latest: dict[str, list[Said]] = {name: [] for name in names}
    numbers = dict.fromkeys(names, 0)
    while made < count:
        name = names[made % operations]
        roll, before = chance.random(), latest[name]
        if roll < mix.repeat and before:
            said = before[chance.randrange(len(before))]
        else:
            number = numbers[name]
            numbers[name] += 1
            refuse = roll > 1 - mix.refuse and number > 0
            said = speaker.refused(name, number) if refuse else speaker.accepted(name, number)
            if chance.random() < mix.late:
                said = said._replace(late_ms=LATE_MS)
            if not refuse:
                before.append(said)
                del before[:-32]
        yield record_of(name, said, made)
        made += 1


def record_of(operation_id: str, said: Said, at: int) -> Outgoing:
    """The record that an edge makes of it, `at` milliseconds after the first."""
    recorded_ms = MORNING_MS + HOUR_MS + at
    request: Request[Any] = Request(
        specversion="1.0",
        id=said.id,
        source=f"/posts/{said.post}/devices/1",
        type=said.type,
        time=from_ms(MORNING_MS + said.seq * 250 * len(POSTS) - said.late_ms),
        channel="app",
        data=said.data,
        sentat=from_ms(recorded_ms - 80),
        sourceseq=said.seq,
        operationid=operation_id,
        postid=said.post,
        recordedat=from_ms(recorded_ms),
        actor=f"operator of {said.post}",
        claims=said.claims,
        traceparent=f"00-{at:032x}-{at + 1:016x}-00",
        datacontenttype="application/json",
    )
    headers = (_HEAD, (POST_HEADER, said.post.encode()), (CHANNEL_HEADER, b"app"))
    return Outgoing(operation_id.encode(), encode(request), headers)


def claims(operation_id: str, post: str) -> str:
    """What a command post's token allows, as an edge writes it."""
    return Claims(role="command_post", operation=operation_id, mode="exercise", post=post).to_text()


def sealing(state: Path, topic: str) -> Callable[[Outgoing], Outgoing]:
    """Seals requests to a topic as the edges on that state folder do."""
    secret = shared_secret(EdgeSettings(state=state).secret_path)
    return partial(RequestSeals(secret, {}).sealed, topic)
