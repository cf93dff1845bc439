"""The client against a scripted service: what it says again, what it follows, and what it believes."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import msgspec
import pytest

from pamwal.client.answers import Answer
from pamwal.client.backoff import Backoff
from pamwal.client.parts import BATCH_ROWS, parts_of
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.codec import TYPE_OF, decode_submission, encode
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import AccessDenied, HttpProblem, Unanswered
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.edge.settings import EdgeSettings
from pamwal.wire.audit import read_receipts

RECEIPT = "pamwal.field.requests.v1-3-17"
QUICK = Patience(deadline_s=5, backoff=Backoff(first_ms=1, most_ms=2))
CHECK_IN = Submission(
    id="0192-1",
    source="/posts/alak/devices/app",
    type=TYPE_OF[CheckIn],
    time="2024-10-03T00:15:00.000Z",
    channel="app",
    data=CheckIn(officer_id="KPG-0001", place="rally/batu-plat-1", method="gps"),
)

Turn = httpx.Response | Exception


class Script:
    """A service that answers by a list, one turn a request; `heard` is what reached it."""

    def __init__(self, *turns: Turn) -> None:
        self._turns: Iterator[Turn] = iter(turns)
        self.heard: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    def client(self, book: ReceiptBook | None = None, now: Callable[[], str] | None = None) -> ServiceClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return ServiceClient(
            http, "http://here/checkin/v1", "token-of-alak", patience=QUICK, receipts=book, now=now
        )


def accepted() -> httpx.Response:
    return httpx.Response(
        201, headers={"Pamwal-At": RECEIPT}, json={"outcome": "accepted", "facts": ["0192-1/0"]}
    )


def problem(status: int, code: str, *, kept: bool = True, **more: object) -> httpx.Response:
    return httpx.Response(
        status,
        headers={"Pamwal-At": RECEIPT} if kept else {},
        content=json.dumps({"status": status, "code": code, "detail": f"it is {code}", **more}).encode(),
    )


async def test_what_is_accepted_is_said_once_and_its_receipt_is_written_down(tmp_path: Path) -> None:
    script = Script(accepted())
    with ReceiptBook(tmp_path / "receipts") as book:
        answer = await script.client(book).submit("op-1", "/check-ins", CHECK_IN)
    assert (answer.meaning, answer.receipt, answer.facts) == ("accepted", RECEIPT, ["0192-1/0"])
    assert (tmp_path / "receipts").read_text() == f"{RECEIPT} {CHECK_IN.id}\n"
    [request] = script.heard
    assert request.url == "http://here/checkin/v1/operations/op-1/check-ins"
    assert request.headers["authorization"] == "Bearer token-of-alak"
    assert decode_submission(request.content) == CHECK_IN


@pytest.mark.parametrize(
    "trouble",
    [
        problem(503, "not_kept", kept=False),
        problem(429, "rate_limited", kept=False),
        httpx.Response(502, text="bad gateway"),
        problem(500, "internal", kept=False),
        httpx.Response(520, text="the gateway has numbers of its own"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("too slow"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=["503", "429", "502", "500", "520", "refused", "timeout", "cut"],
)
async def test_what_is_not_known_to_be_kept_is_said_again_with_the_same_id(trouble: Turn) -> None:
    script = Script(trouble, trouble, accepted())
    answer = await script.client().submit("op-1", "/check-ins", CHECK_IN)
    assert answer.meaning == "accepted"
    assert [decode_submission(request.content).id for request in script.heard] == [CHECK_IN.id] * 3


async def test_each_attempt_says_when_it_was_sent_and_the_rest_stays_as_it_was() -> None:
    moments = iter(["2024-10-03T00:16:00.000Z", "2024-10-03T00:17:00.000Z"])
    script = Script(httpx.ConnectError("refused"), accepted())
    await script.client(now=lambda: next(moments)).submit("op-1", "/check-ins", CHECK_IN)
    said = [decode_submission(request.content) for request in script.heard]
    assert [one.sentat for one in said] == ["2024-10-03T00:16:00.000Z", "2024-10-03T00:17:00.000Z"]
    assert {(one.id, one.time, one.data) for one in said} == {(CHECK_IN.id, CHECK_IN.time, CHECK_IN.data)}


async def test_a_refusal_is_an_answer_and_is_not_said_again() -> None:
    winner = {
        "deployment_id": "D-1",
        "officer_id": "KPG-0001",
        "place": "rally/oebobo-1",
        "starts_at": "2024-10-03T00:30:00.000Z",
        "ends_at": "2024-10-03T02:30:00.000Z",
        "postid": "oebobo",
    }
    script = Script(problem(409, "double_booked", outcome="refused", winner=winner))
    answer = await script.client().submit("op-1", "/deployments", CHECK_IN)
    assert (answer.meaning, answer.status, answer.code) == ("refused", 409, "double_booked")
    assert answer.winner is not None
    assert answer.winner.deployment_id == "D-1"


async def test_what_would_be_possible_instead_is_kept() -> None:
    reason = {"code": "order_required", "message": "D-1 cites no sprin", "possible": "send the sprin"}
    script = Script(problem(409, "order_required", outcome="refused", reason=reason))
    answer = await script.client().submit("op-1", "/deployments", CHECK_IN)
    assert (answer.code, answer.possible) == ("order_required", "send the sprin")


@pytest.mark.parametrize(
    ("turn", "meaning"),
    [
        (problem(422, "key_reused", outcome="refused"), "refused"),
        (problem(422, "parked", outcome="parked"), "parked"),
        (problem(403, "forbidden", kept=False), "turned_away"),
        (problem(422, "malformed", kept=False), "turned_away"),
        (httpx.Response(413, text="too much"), "turned_away"),
    ],
    ids=["key_reused", "parked", "forbidden", "malformed", "gateway"],
)
async def test_what_an_answer_means_follows_from_whether_it_was_kept(
    turn: httpx.Response, meaning: str
) -> None:
    script = Script(turn)
    answer = await script.client().submit("op-1", "/check-ins", CHECK_IN)
    assert (answer.meaning, len(script.heard)) == (meaning, 1)


async def test_an_undecided_request_is_followed_to_where_its_decision_will_be(tmp_path: Path) -> None:
    later = httpx.Response(
        202, headers={"Pamwal-At": RECEIPT, "location": f"/checkin/v1/requests/{RECEIPT}"}, json={}
    )
    script = Script(later, later, httpx.ConnectError("refused"), accepted())
    with ReceiptBook(tmp_path / "receipts") as book:
        answer = await script.client(book).submit("op-1", "/check-ins", CHECK_IN)
        assert [str(receipt) for receipt in book] == [RECEIPT]
    assert answer.meaning == "accepted"
    assert [request.method for request in script.heard] == ["POST", "GET", "GET", "GET"]
    assert script.heard[1].url == f"http://here/checkin/v1/requests/{RECEIPT}"


async def test_a_kept_request_that_nobody_decides_in_time_is_undecided() -> None:
    later = httpx.Response(202, headers={"Pamwal-At": RECEIPT, "location": "/x"}, json={})
    script = Script(*[later] * 10_000)
    answer = await script.client().submit("op-1", "/check-ins", CHECK_IN, deadline_s=1)
    assert (answer.meaning, answer.receipt) == ("undecided", RECEIPT)


async def test_who_is_never_answered_learns_that_it_may_be_said_again() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 10_000)
    with pytest.raises(Unanswered, match="with the same id"):
        await script.client().submit("op-1", "/check-ins", CHECK_IN, deadline_s=1)
    assert len(script.heard) > 1


def lines(*rows: object) -> httpx.Response:
    return httpx.Response(200, content="\n".join(map(json.dumps, rows)).encode())


async def test_a_batch_is_ndjson_and_answers_row_by_row(tmp_path: Path) -> None:
    script = Script(
        httpx.ConnectError("refused"),
        lines(
            {"row": 0, "status": 201, "outcome": "accepted", "receipt": RECEIPT},
            {
                "row": 1,
                "status": 409,
                "receipt": RECEIPT + "1",
                "reason": {"code": "stale", "message": "old"},
            },
            {"row": 2, "status": 422, "problem": {"code": "malformed", "detail": "no such place"}},
            {"row": 3, "status": 202, "receipt": RECEIPT + "2", "outcome": "pending"},
        ),
    )
    with ReceiptBook(tmp_path / "receipts") as book:
        answers = await script.client(book).batch("op-1", [CHECK_IN] * 4)
        assert len(book) == 3
    assert [answer.meaning for answer in answers] == ["accepted", "refused", "turned_away", "undecided"]
    assert [answer.code for answer in answers] == [None, "stale", "malformed", None]
    request = script.heard[-1]
    assert request.headers["content-type"] == "application/x-ndjson"
    assert [decode_submission(line) for line in request.content.split(b"\n")] == [CHECK_IN] * 4


async def test_rows_of_a_batch_that_are_not_known_to_be_kept_are_said_again() -> None:
    named = [msgspec.structs.replace(CHECK_IN, id=name) for name in "abc"]
    script = Script(
        lines({"row": 0, "status": 201}, {"row": 1, "status": 503}, {"row": 2, "status": 201}),
        lines(
            {"row": 0, "status": 409, "receipt": RECEIPT, "reason": {"code": "not_yours", "message": "no"}}
        ),
    )
    answers = await script.client().batch("op-1", named)
    assert [answer.status for answer in answers] == [201, 409, 201]
    assert decode_submission(script.heard[1].content).id == "b"


class Queue:
    """A service that takes rows as it is told to, by request; `heard` are the ids of each."""

    def __init__(self, *breaks_after: int | None) -> None:
        self._breaks_after = iter(breaks_after)
        self.heard: list[list[str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.heard.append([decode_submission(line).id for line in request.content.split(b"\n")])
        return httpx.Response(200, content=self._answer(len(self.heard[-1]), next(self._breaks_after, None)))

    async def _answer(self, rows: int, breaks_after: int | None) -> AsyncIterator[bytes]:
        for row in range(rows if breaks_after is None else breaks_after):
            yield json.dumps({"row": row, "status": 201, "outcome": "accepted"}).encode() + b"\n"
        if breaks_after is not None:
            yield b'{"row": 9'
            raise httpx.ReadTimeout("too slow")

    async def bring(self, count: int) -> list[Answer]:
        """A queue of so many rows, named by their numbers."""
        queue = [msgspec.structs.replace(CHECK_IN, id=f"q{number}") for number in range(count)]
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return await ServiceClient(http, "http://here/checkin/v1", "t", patience=QUICK).batch("op-1", queue)


async def test_a_long_queue_comes_home_in_parts_of_a_thousand_rows() -> None:
    service = Queue()
    answers = await service.bring(2 * BATCH_ROWS + 7)
    assert [len(ids) for ids in service.heard] == [BATCH_ROWS, BATCH_ROWS, 7]
    assert [each for ids in service.heard for each in ids] == [f"q{n}" for n in range(2 * BATCH_ROWS + 7)]
    assert [answer.meaning for answer in answers] == ["accepted"] * (2 * BATCH_ROWS + 7)


def test_large_rows_are_said_in_parts_that_an_edge_takes() -> None:
    highest = {f"/posts/oebobo/devices/{number}": number for number in range(20_000)}
    row = msgspec.structs.replace(CHECK_IN, type=TYPE_OF[Heartbeat], data=Heartbeat(highest=highest))
    parts = list(parts_of([row] * 30))
    assert [number for part in parts for number in part] == list(range(30))
    assert len(parts) > 1
    assert max(map(len, parts)) * (len(encode(row)) + 1) <= EdgeSettings().batch_bytes_max


async def test_of_an_answer_that_breaks_off_only_the_rows_it_did_not_tell_of_are_said_again() -> None:
    service = Queue(4, 0, 2)
    answers = await service.bring(7)
    assert service.heard == [[f"q{n}" for n in range(first, 7)] for first in (0, 4, 4, 6)]
    assert [answer.meaning for answer in answers] == ["accepted"] * 7


@pytest.mark.parametrize("status", [500, 503])
async def test_a_batch_none_of_whose_rows_is_kept_is_not_said_again_at_once(status: int) -> None:
    answers = iter([*[{"row": 0, "status": status, "code": "not_kept"}] * 3, {"row": 0, "status": 201}])
    heard_s: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        heard_s.append(time.monotonic())
        return lines(next(answers))

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    patience = Patience(deadline_s=60, backoff=Backoff(first_ms=40, most_ms=40))
    await ServiceClient(http, "http://here/checkin/v1", "t", patience=patience).batch("op-1", [CHECK_IN])
    waits_s = [later - earlier for earlier, later in pairwise(heard_s)]
    assert len(waits_s) == 3
    assert min(waits_s) > 0.019, "half of what the backoff says is waited for at least"


async def test_a_read_names_the_receipts_it_must_know_of_and_waits_for_them() -> None:
    script = Script(problem(503, "not_folded", kept=False), httpx.Response(200, json={"total": 3}))
    found = await script.client().read("/operations/op-1/situation", dict[str, int], at=[RECEIPT])
    assert found == {"total": 3}
    assert script.heard[0].headers["Pamwal-At"] == RECEIPT


async def test_a_read_that_is_not_made_there_is_not_asked_for_again() -> None:
    script = Script(problem(501, "not_installed"))
    with pytest.raises(HttpProblem, match="it is not_installed") as told:
        await script.client().exchange("GET", "/facts.parquet", deadline_s=60)
    assert (told.value.status, len(script.heard)) == (501, 1)


async def test_a_read_that_is_not_allowed_says_so_in_the_services_words() -> None:
    script = Script(problem(403, "wrong_role", kept=False), problem(404, "not_found", kept=False))
    client = script.client()
    with pytest.raises(AccessDenied, match="it is wrong_role"):
        await client.read("/x", dict)
    with pytest.raises(HttpProblem, match="it is not_found"):
        await client.read("/x", dict)


def test_a_receipt_book_goes_on_where_it_stopped_and_takes_only_receipts(tmp_path: Path) -> None:
    path = tmp_path / "receipts"
    for offset in (1, 2):
        with ReceiptBook(path) as book:
            book.note(f"pamwal.field.requests.v1-0-{offset}", f"id-{offset}")
            book.note(f"pamwal.field.requests.v1-0-{offset}", f"id-{offset}")
    assert [told.request_id for told in read_receipts(path)] == ["id-1", "id-2"]
    with ReceiptBook(path) as book, pytest.raises(Exception, match="is not a receipt"):
        book.note("soon", "id")
