"""S3 of the domain over a real Kafka: a post is dark while its officers check in, and comes home.

Five posts, 151 officers, all due from 13:30 to 16:30. Posko Maulafa is dark from 13:10 to 14:40; 23 of its 54
officers check in meanwhile, before 14:00, into its queue. The services are started three times, each time
later on the simulated clock: what they know then is what the log holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx
import pytest
from msgspec.structs import replace

from pamwal.client.answers import Answer
from pamwal.client.identifiers import new_id
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import ServiceClient
from pamwal.contracts.claims import Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.contracts.instants import from_ms
from pamwal.contracts.ledger import Ledger
from pamwal.contracts.posts_shown import PostRow
from pamwal.contracts.reporting import Situation
from pamwal.contracts.routes import ROUTES
from pamwal.demo.day import POSTS, DayOfficer, local_ms, officers, rallies
from pamwal.demo.planning import planning
from pamwal.demo.player import OPEN
from pamwal.demo.truth import Truth
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import Issuer
from pamwal.local.kafka import LocalKafka
from pamwal.stack.stack import SERVICES, Part, Stack
from pamwal.wire.audit import audit, read_receipts
from pamwal.wire.kafka import KafkaLog

pytestmark = pytest.mark.kafka

T = TypeVar("T")
OPERATION = "latihan-s3"
MAULAFA = "maulafa"
PHONES = f"/posts/{MAULAFA}/devices/phones"
REPORTING = [part for part in SERVICES if part.service == "reporting"]
HEARD_BEFORE = 31
"""Of Maulafa's 54; the other 23 stand in its queue."""


def day_of_s3() -> Truth:
    """The venues and officers of 3 October, all due from 13:30 to 16:30."""
    held = [replace(each, starts_ms=local_ms("13:30"), ends_ms=local_ms("16:30")) for each in rallies()]
    return Truth(rallies=held, officers=officers(held), arrivals=[], absent=[])


class Center:
    """The services from one start to the next, and whoever speaks to them."""

    def __init__(self, stack: Stack, state: Path, http: httpx.AsyncClient, book: ReceiptBook) -> None:
        self._stack, self._issuer, self._http, self._book = stack, Issuer(state / "issuer"), http, book
        self._clock = Clock.parse(stack.clock)

    def client(self, service: str, role: Role, post: str | None = None) -> ServiceClient:
        """A service as one token holder sees it."""
        token = self._issuer.issue(
            role=role, operation=OPERATION, mode="exercise", subject=f"{role}@{post}", post=post
        )
        api = self._stack.plan(service).api
        return ServiceClient(self._http, api, token, receipts=self._book, now=self._clock.now)

    async def plan(self, day: Truth) -> None:
        """The whole plan, made the evening before."""
        said_ms = local_ms("20:00") - 24 * 3_600_000
        for wave in planning(day, said_ms, Random(3)):
            for saying in wave:
                client = self.client("scheduler", "admin" if saying.path == OPEN else "ops_head")
                answer = await client.submit(OPERATION, saying.path, saying.submission)
                assert answer.meaning == "accepted", answer.detail

    async def queue(self, post: str, said: Sequence[Submission[Any]]) -> list[Answer]:
        """A post's queue, in one batch."""
        answers = await self.client("checkin", "command_post", post).batch(OPERATION, said)
        assert {each.meaning for each in answers} == {"accepted"}
        return answers

    async def beat(self, post: str, *, highest: dict[str, int] | None = None, waiting: int = 0) -> Answer:
        """A post's heartbeat, now."""
        beat = Heartbeat(highest=highest or {}, queue_length=waiting)
        said = submission(post, beat, self._clock.now(), source=f"/posts/{post}/devices/desk")
        answer = await self.client("checkin", "command_post", post).submit(
            OPERATION, ROUTES[said.type].path, said
        )
        assert answer.meaning == "accepted", answer.detail
        return answer

    async def situation(self, after: Answer, clock: str, known: str | None = None) -> Situation:
        """The picture at a wall clock, with all that is known up to an answer, or was at a wall clock."""
        query = f"situation?at={from_ms(local_ms(clock))}"
        query += "" if known is None else f"&known={from_ms(local_ms(known))}"
        return await self._read(query, Situation, after)

    async def ledger(self, after: Answer) -> Ledger:
        """Every request and what became of it."""
        return await self._read("ledger", Ledger, after)

    async def _read(self, what: str, shape: type[T], after: Answer) -> T:
        reader = self.client("reporting", "ops_head")
        return await reader.read(f"/operations/{OPERATION}/{what}", shape, at=[after.receipt or ""])


def submission(
    post: str, data: RequestData, time: str, *, source: str, number: int | None = None
) -> Submission[Any]:
    """One thing a post's device says."""
    return Submission(
        id=new_id(), source=source, type=TYPE_OF[type(data)], time=time, channel="app", data=data,
        sourceseq=number,
    )  # fmt: skip


def check_ins(post: str, own: list[DayOfficer], first_ms: int, first_number: int) -> list[Submission[Any]]:
    """A check-in each at the ordered place, ten seconds apart, numbered on."""
    return [
        submission(
            post,
            CheckIn(officer_id=officer.officer_id, place=officer.rally.place, method="manual"),
            from_ms(first_ms + number * 10_000),
            source=f"/posts/{post}/devices/phones",
            number=first_number + number,
        )
        for number, officer in enumerate(own)
    ]


def counts(situation: Situation) -> dict[str, int]:
    """What S3 speaks of."""
    total = situation.total
    return {
        name: getattr(total, name)
        for name in ("ordered", "present", "on_time", "late", "unknown", "absent", "reported_late")
    }


def maulafa(situation: Situation) -> PostRow:
    """Its row."""
    return next(row for row in situation.posts.rows if row.post_id == MAULAFA)


@pytest.fixture
def book(tmp_path: Path) -> Any:
    with ReceiptBook(tmp_path / "receipts.txt") as found:
        yield found


async def test_a_dark_post_makes_its_officers_unknown_and_its_queue_makes_them_present(
    state: Path, own_kafka: LocalKafka, book: ReceiptBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)

    @asynccontextmanager
    async def center(clock: str, parts: Sequence[Part] = SERVICES) -> AsyncIterator[Center]:
        started = Clock.parse(f"2024-10-03T{clock}:00+08:00x1").text()
        async with Stack(state, parts, exercise=True, clock=started) as stack, httpx.AsyncClient() as http:
            yield Center(stack, state, http, book)

    day = day_of_s3()
    of_post = {
        post.post_id: [each for each in day.officers if each.rally.post == post.post_id] for post in POSTS
    }
    assert {post: len(own) for post, own in of_post.items()} == {
        "alak": 11, "oebobo": 21, "maulafa": 54, "kota-lama": 11, "kelapa-lima": 54,
    }  # fmt: skip
    queued = check_ins(MAULAFA, of_post[MAULAFA][HEARD_BEFORE:], local_ms("13:12"), HEARD_BEFORE + 1)
    assert len(queued) == 23

    # 13:05. Everybody but one officer of Oebobo and Maulafa's last 23 is there, and every post is heard.
    async with center("13:05") as now:
        await now.plan(day)
        for post, own in of_post.items():
            here = own[:HEARD_BEFORE] if post == MAULAFA else own[1:] if post == "oebobo" else own
            await now.queue(post, check_ins(post, here, local_ms("12:50"), 1))
            heard = await now.beat(post)
        found = await now.situation(heard, "13:09")
        assert (found.total.present, found.total.awaited, found.posts.heard) == (127, 24, 5)

    # 14:03. Maulafa was not heard since: who should be there is unknown, not absent. One is absent elsewhere.
    async with center("14:03") as now:
        for post in of_post.keys() - {MAULAFA}:
            heard = await now.beat(post)
        found = await now.situation(heard, "14:05")
        assert counts(found) == {
            "ordered": 151, "present": 127, "on_time": 127, "late": 0, "unknown": 23, "absent": 1,
            "reported_late": 0,
        }  # fmt: skip
        assert (found.posts.heard, found.posts.total, maulafa(found).silent) == (4, 5, True)
        strengths = {row.code: row.strength for row in found.kecamatan}
        assert (strengths["53.71.02"].unknown, strengths["53.71.04"].absent) == (23, 1)
        before = await now.ledger(heard)
        assert before.total.balanced

    # 14:41. It comes home, the newer half first: the gap shows at once, and heals at once.
    async with center("14:41") as now:
        for post in of_post.keys() - {MAULAFA}:
            await now.beat(post)
        halves = queued[12:], queued[:12]
        [*_, heard] = await now.queue(MAULAFA, halves[0])
        row = maulafa(await now.situation(heard, "14:42"))
        assert [(gap.first, gap.last) for source in row.sources for gap in source.gaps] == [(32, 43)]
        gapped = await now.ledger(heard)
        assert [source.missing for source in gapped.sources if source.source == PHONES] == [12]
        [*_, heard] = await now.queue(MAULAFA, halves[1])
        row = maulafa(await now.situation(heard, "14:42"))
        assert [gap for source in row.sources for gap in source.gaps] == []
        assert (row.missing, row.silent) == (0, False)

        # It is not sure that all got through, and says its whole queue again. Nobody counts twice.
        await now.queue(MAULAFA, queued)
        heard = await now.beat(MAULAFA, highest={PHONES: 54})
        for clock in ("14:05", "14:42"):
            found = await now.situation(heard, clock)
            assert counts(found) == {
                "ordered": 151, "present": 150, "on_time": 150, "late": 0, "unknown": 0, "absent": 1,
                "reported_late": 23,
            }, clock  # fmt: skip
        assert (maulafa(found).missing, maulafa(found).queue_length, found.posts.missing) == (0, 0, 0)

        ledger = await now.ledger(heard)
        phones = {
            source.post_id: (balance.received, balance.accepted, balance.repeat, source.said)
            for source in ledger.sources
            if source.source.endswith("/phones") and (balance := source.balance)
        }
        assert phones == {
            "alak": (11, 11, 0, 11), "oebobo": (20, 20, 0, 20), "maulafa": (77, 54, 23, 54),
            "kota-lama": (11, 11, 0, 11), "kelapa-lima": (54, 54, 0, 54),
        }  # fmt: skip
        assert ledger.total.balanced
        assert ledger.total.received - before.total.received == 4 + 23 + 23 + 1
        assert (ledger.total.refused, ledger.total.parked, ledger.total.pending) == (0, 0, 0)

    # 15:01, after a start of reporting alone. What was known at 14:05 of 14:05 is still what was seen then.
    async with center("15:01", REPORTING) as now:
        then = await now.situation(heard, "14:05", known="14:05")
        assert counts(then) == {
            "ordered": 151, "present": 127, "on_time": 127, "late": 0, "unknown": 23, "absent": 1,
            "reported_late": 0,
        }  # fmt: skip
        assert then.knowledge is not None
        assert (then.knowledge.posts, then.knowledge.settled) == ("4 of 5 posts heard within 15 min", True)
        since = await now.situation(heard, "14:05", known="15:00")
        assert counts(since) == {
            "ordered": 151, "present": 150, "on_time": 150, "late": 0, "unknown": 0, "absent": 1,
            "reported_late": 23,
        }  # fmt: skip
        assert since.total.present - then.total.present == 23

    log = KafkaLog(own_kafka.bootstrap_servers)
    try:
        proof = await audit(log, receipts=read_receipts(book.path))
    finally:
        await log.close()
    assert proof.findings == ()
    answered = proof.decisions - proof.caused
    assert proof.requests == answered == proof.receipts == ledger.total.received
    assert proof.caused > 0  # the silence of a post, and who was missed
