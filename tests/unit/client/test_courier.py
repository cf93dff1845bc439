"""The courier against a scripted service: what it says again, what it sets aside, whom it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.client.backoff import Backoff
from pamwal.client.courier import Courier
from pamwal.client.homecoming import Road
from pamwal.client.queue import ReportQueue
from pamwal.client.receipts import ReceiptBook
from pamwal.client.sent import Sent
from pamwal.contracts.errors import AccessDenied, HttpProblem, QueueError
from tests.unit.client.test_queue import report

NOW = "2024-10-03T01:00:00.000Z"
DEADLINE_S = 60
Turn = httpx.Response | Exception


class Edge:
    """Takes every row, unless its next turn says otherwise; `said` is every row that reached it."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns)
        self.said: list[dict[str, Any]] = []
        self.posts: list[list[str]] = []
        self.asked: list[str] = []
        self.beats: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.answer_of: Callable[[str], dict[str, Any]] = lambda _name: {"status": 201, "outcome": "accepted"}
        self.fails_at: Callable[[list[str]], int | None] = lambda _ids: None
        self.decided: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if request.url.path.endswith("/heartbeats"):
            self.beats.append(msgspec.json.decode(request.content))
            return httpx.Response(201)
        if request.method == "GET":
            self.asked.append(request.url.path)
            return self.decided[request.url.path.rpartition("/")[2]]
        rows = [msgspec.json.decode(line) for line in request.content.splitlines()]
        ids = [row["id"] for row in rows]
        self.posts.append(ids)
        if self.turns:
            turn = self.turns.pop(0)
            if isinstance(turn, Exception):
                raise turn
            return turn
        self.said += rows
        if (status := self.fails_at(ids)) is not None:
            return httpx.Response(status, json={"status": status, "code": "it_failed"})
        return httpx.Response(
            200, content=b"".join(self.line(number, name) for number, name in enumerate(ids))
        )

    def line(self, number: int, name: str) -> bytes:
        answer = {
            "row": number,
            "id": name,
            "receipt": f"pamwal.field.requests.v1-0-{number}",
            **self.answer_of(name),
        }
        return msgspec.json.encode({key: value for key, value in answer.items() if value is not None}) + b"\n"


def courier(
    edge: Edge,
    queue: ReportQueue,
    token: Callable[[], str] = lambda: "t",
    receipts: ReceiptBook | None = None,
    progress: Callable[[int], None] = lambda _home: None,
) -> Courier:
    http = httpx.AsyncClient(transport=httpx.MockTransport(edge))
    road = Road(http, lambda service: f"http://here/{service}/v1", lambda: NOW)
    backoff = Backoff(first_ms=1, most_ms=4)
    return Courier(queue, road, token, backoff=backoff, receipts=receipts, progress=progress)


@pytest.fixture
def queue(tmp_path: Path) -> Any:
    with ReportQueue(tmp_path / "q") as opened:
        yield opened


async def send(edge: Edge, queue: ReportQueue, **more: Any) -> Sent:
    return await courier(edge, queue, **more).send(within_s=DEADLINE_S)


async def test_reports_go_home_in_order_numbered_and_stamped_and_their_receipts_are_written_down(
    queue: ReportQueue, tmp_path: Path
) -> None:
    edge = Edge()
    queue.add("op-1", *(report(f"r{number}") for number in range(5)))
    with ReceiptBook(tmp_path / "receipts") as book:
        assert await send(edge, queue, receipts=book) == Sent(accepted=5)
        assert len(book) == 5
    assert [(row["id"], row["sourceseq"], row["sentat"]) for row in edge.said] == [
        (f"r{number}", number + 1, NOW) for number in range(5)
    ]
    assert queue.empty
    assert await send(edge, queue) == Sent()
    assert len(edge.said) == 5, "what is answered is not said again"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(503, headers={"retry-after": "0"}),
        httpx.Response(429),
        httpx.Response(502, content=b"<html>a gateway</html>"),
        httpx.ConnectError("nobody there"),
        httpx.ReadTimeout("no answer"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(200, content=b"<html>hotel, please log in</html>"),
        httpx.Response(200, content=b""),
    ],
)
async def test_after_trouble_the_same_is_said_with_the_same_ids(queue: ReportQueue, trouble: Turn) -> None:
    edge = Edge(trouble, trouble, trouble)
    queue.add("op-1", report("a"), report("b"))
    assert await send(edge, queue) == Sent(accepted=2)
    assert edge.posts == [["a", "b"]] * 4


async def test_of_an_answer_that_breaks_off_the_whole_lines_count(queue: ReportQueue) -> None:
    edge = Edge()
    edge.turns.append(
        httpx.Response(200, content=edge.line(0, "a") + edge.line(1, "b") + edge.line(2, "c")[:-9])
    )
    queue.add("op-1", *map(report, "abcd"))
    assert await send(edge, queue) == Sent(accepted=4)
    assert edge.posts == [["a", "b", "c", "d"], ["c", "d"]]


async def test_a_row_that_is_not_known_to_be_kept_is_said_again_alone(queue: ReportQueue) -> None:
    edge, first = Edge(), ["b"]
    edge.answer_of = lambda name: (
        {"status": 503, "code": "not_kept", "receipt": None}
        if name in first and not first.clear()
        else {"status": 201}
    )
    queue.add("op-1", *map(report, "abc"))
    assert await send(edge, queue) == Sent(accepted=3)
    assert edge.posts == [["a", "b", "c"], ["b"]]


async def test_what_is_decided_against_is_kept_with_its_reason_and_never_said_again(
    queue: ReportQueue,
) -> None:
    edge = Edge()
    answers: dict[str, dict[str, Any]] = {
        "a": {"status": 409, "reason": {"code": "not_yours", "message": "of another post"}},
        "b": {"status": 422, "reason": {"code": "key_reused", "message": "said before"}},
        "c": {"status": 422, "code": "parked", "detail": "nobody could decide this"},
        "d": {"status": 422, "code": "malformed", "detail": "no such channel", "receipt": None},
        "e": {"status": 413, "code": "too_large", "detail": "over a MiB", "receipt": None},
    }
    edge.answer_of = lambda name: answers.get(name, {"status": 201})
    queue.add("op-1", *map(report, "abcdef"))
    assert await send(edge, queue) == Sent(accepted=1, refused=2, parked=1, turned_away=2)
    found = {each.id: (each.state, each.answer and each.answer.code) for each in queue.of()}
    assert found == {
        "a": ("answered", "not_yours"),
        "b": ("answered", "key_reused"),
        "c": ("answered", "parked"),
        "d": ("set_aside", "malformed"),
        "e": ("set_aside", "too_large"),
        "f": ("answered", None),
    }
    await send(edge, queue)
    assert len(edge.posts) == 1
    assert queue.again("a", "d") == 2
    await send(edge, queue)
    assert edge.posts[1] == ["a", "d"]


async def test_a_refused_token_keeps_the_queue_until_another_comes(queue: ReportQueue) -> None:
    edge = Edge(httpx.Response(401, json={"code": "expired_token", "detail": "the token expired"}))
    queue.add("op-1", *map(report, "abc"))
    tokens = ["old"]
    messenger = courier(edge, queue, lambda: tokens[0])
    with pytest.raises(AccessDenied, match="the token expired"):
        await messenger.send(within_s=DEADLINE_S)
    with pytest.raises(AccessDenied, match="keeps everything"):
        await messenger.send(within_s=DEADLINE_S)
    assert edge.tokens == ["old"], "a refused token is not shown again"
    assert queue.counts() == {"waiting": 3}
    tokens[0] = "new"
    assert await messenger.send(within_s=DEADLINE_S) == Sent(accepted=3)
    assert edge.tokens == ["old", "new"]


async def test_an_operation_the_token_is_not_for_does_not_hold_up_another(queue: ReportQueue) -> None:
    edge = Edge(httpx.Response(403, json={"code": "wrong_operation", "detail": "bound to op-2"}))
    queue.add("op-1", report("a"))
    queue.add("op-2", report("b"))
    with pytest.raises(AccessDenied):
        await send(edge, queue)
    assert edge.posts == [["a"], ["b"]]
    assert [each.id for each in queue.of("waiting")] == ["a"]


async def test_a_report_an_edge_fails_at_is_set_aside_and_the_others_come_home(queue: ReportQueue) -> None:
    edge = Edge()
    edge.fails_at = lambda ids: 500 if "r13" in ids else None
    queue.add("op-1", *(report(f"r{number}") for number in range(40)))
    assert await send(edge, queue) == Sent(accepted=39, turned_away=1)
    [poison] = queue.of("set_aside")
    assert (poison.id, poison.answer and poison.answer.code) == ("r13", "poison")


async def test_an_edge_that_fails_at_everything_makes_nobody_give_up(queue: ReportQueue) -> None:
    edge, broken = Edge(), [True]
    edge.fails_at = lambda _ids: 500 if broken[0] else None
    queue.add("op-1", *map(report, "abc"))
    sending = asyncio.create_task(send(edge, queue))
    async with asyncio.timeout(DEADLINE_S):
        while len(edge.posts) < 60:
            await asyncio.sleep(0.001)
        assert queue.counts() == {"waiting": 3}
        broken[0] = False
        assert await sending == Sent(accepted=3)


async def test_less_is_said_at_once_where_a_gateway_takes_less(queue: ReportQueue) -> None:
    edge = Edge()
    edge.fails_at = lambda ids: 413 if len(ids) > 5 else None
    queue.add("op-1", *(report(f"r{number}") for number in range(20)))
    assert await send(edge, queue) == Sent(accepted=20)


async def test_less_is_said_at_once_over_a_line_that_keeps_breaking(queue: ReportQueue) -> None:
    edge = Edge(*[httpx.WriteError("reset")] * 4)
    queue.add("op-1", *(report(f"r{number}") for number in range(400)))
    assert await send(edge, queue) == Sent(accepted=400)
    assert [len(ids) for ids in edge.posts[:5]] == [400, 200, 100, 50, 25]


async def test_what_is_kept_and_not_decided_is_asked_for_and_not_said_twice(queue: ReportQueue) -> None:
    edge = Edge()
    edge.answer_of = lambda _name: {"status": 202, "outcome": "pending"}
    edge.decided = {
        "pamwal.field.requests.v1-0-0": httpx.Response(201, json={"outcome": "accepted"}),
        "pamwal.field.requests.v1-0-1": httpx.Response(
            409,
            json={"reason": {"code": "stale", "message": "old"}, "receipt": "pamwal.field.requests.v1-0-1"},
        ),
        "pamwal.field.requests.v1-0-2": httpx.Response(202),
    }
    queue.add("op-1", *map(report, "abc"))
    assert await courier(edge, queue).send(within_s=0.2) == Sent(accepted=1, refused=1, undecided=1)
    assert edge.posts == [["a", "b", "c"]]
    assert edge.asked[0] == "/checkin/v1/requests/pamwal.field.requests.v1-0-0"
    edge.decided["pamwal.field.requests.v1-0-2"] = httpx.Response(404)
    edge.answer_of = lambda _name: {"status": 201}
    assert await send(edge, queue) == Sent(accepted=1), "nobody knows its receipt: it is said again"
    assert edge.posts[1:] == [["c"]]


async def test_an_address_that_is_none_of_ours_is_said_and_keeps_the_queue(queue: ReportQueue) -> None:
    edge = Edge(httpx.Response(404, json={"code": "not_found", "detail": "no such page"}))
    queue.add("op-1", report("a"))
    with pytest.raises(HttpProblem, match="no such page"):
        await send(edge, queue)
    assert queue.counts() == {"waiting": 1}


async def test_a_watch_sends_what_is_added_waits_for_a_token_and_tells_how_the_post_is(
    queue: ReportQueue,
) -> None:
    edge = Edge(httpx.Response(401))
    tokens = ["old"]
    queue.add("op-1", report("a"))
    watching = asyncio.create_task(
        courier(edge, queue, lambda: tokens[0]).watch(idle_s=0.001, heartbeat_s=0.005)
    )
    async with asyncio.timeout(DEADLINE_S):
        while not edge.posts:
            await asyncio.sleep(0.001)
        tokens[0] = "new"
        while not queue.empty:
            await asyncio.sleep(0.001)
        queue.add("op-1", report("b"))
        while not (
            queue.empty and edge.beats and edge.beats[-1]["data"] == {"highest": {"/posts/alak/devices/1": 2}}
        ):
            await asyncio.sleep(0.001)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    with queue.sending():
        pass


async def test_where_the_answers_cannot_be_written_it_ends_and_nothing_is_lost(queue: ReportQueue) -> None:
    edge = Edge()
    queue.add("op-1", *(report(f"r{number}") for number in range(300)))
    edge.answer_of = lambda _name: {"status": 409, "reason": {"code": "stale", "message": "x" * 2_000}}
    pages = queue._file.rows("PRAGMA page_count")[0][0]
    queue._file.rows(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(QueueError, match="the disk is full"):
        await send(edge, queue)
    assert queue.counts() == {"waiting": 300}
    queue._file.rows("PRAGMA max_page_count=100000")
    assert await send(edge, queue) == Sent(refused=300)
