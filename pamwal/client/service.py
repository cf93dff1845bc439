"""Says one thing until it is answered, with the same id all the while; and reads, and batches."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct

from pamwal.client.answers import Answer, Checked, answer_of, say_again
from pamwal.client.backoff import Backoff
from pamwal.client.bearer import bearer_of
from pamwal.client.parts import parts_of
from pamwal.client.receipts import ReceiptBook
from pamwal.client.responses import answer_in_row, problem_in, retry_after_ms, rows_in
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import Unanswered, Unreachable
from pamwal.contracts.routes import checked_at

T = TypeVar("T")
AT = "Pamwal-At"
JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson", "accept": "application/x-ndjson"}
NEVER = 501
"""What is read is not made there, however often it is asked for."""


class Patience(Struct, frozen=True, kw_only=True):
    """How long one thing is said again (`deadline_s`) and one attempt is waited for (`attempt_s`).

    `refused_s` is how long it is said again where nobody listens; a queue waits for its service as long as
    for anything else, a person at a terminal wants to know at once.
    `row_ms` is what each row of a batch adds to an attempt.
    """

    deadline_s: float = 60.0
    attempt_s: float = 10.0
    refused_s: float = math.inf
    row_ms: float = 10.0
    backoff: Backoff = Backoff()


class ServiceClient:
    """One service as one holder of a token sees it.

    `url` is the service's root such as `http://127.0.0.1:8102/checkin/v1`. `now` stamps `sentat` at each
    attempt, so that an edge can measure this clock. The httpx client is the caller's to close.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        token: str,
        *,
        receipts: ReceiptBook | None = None,
        now: Callable[[], str] | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._http, self._url = http, url.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}"}
        self.bearer = bearer_of(token)
        self._receipts, self._now = receipts, now
        self._patience, self._chance = patience, chance
        self._refused: str | None = None
        """Why the last attempt reached nobody; None: it did."""

    async def submit(
        self, operation_id: str, path: str, submission: Submission[Any], *, deadline_s: float | None = None
    ) -> Answer:
        """Says it, and again with the same id while it is not known to be kept, until it is decided.

        `path` is the route below the operation, such as `/check-ins`. A refusal is an answer. When the
        deadline passes while it is kept and undecided, the answer means `undecided`; when it was never
        known to be kept: Unanswered.
        """
        url = f"{self._url}/operations/{operation_id}{path}"

        def body() -> bytes:
            return encode(self._stamped(submission))

        patience_s = self._patience.deadline_s if deadline_s is None else deadline_s
        what = f"{submission.type} {submission.id}"
        async with _within(patience_s, what, self._unreachable):
            response = await self._until_kept("POST", url, body, JSON)
        self._note(response.headers.get(AT), submission.id)
        return await self._decided(response, patience_s)

    async def batch(
        self, operation_id: str, submissions: Sequence[Submission[Any]], *, deadline_s: float | None = None
    ) -> list[Answer]:
        """Brings a queue home as NDJSON, up to a thousand rows at a time; one answer a row, in their order.

        Rows that are not known to be kept are said again, with their own ids; a row that is kept and not
        decided yet is `undecided`. Unanswered when the deadline of such a part passes; those before are kept.
        HttpProblem if all of a request is turned away.
        """
        url = f"{self._url}/operations/{operation_id}/batch"
        answers: dict[int, Answer] = {}
        patience_s = self._patience.deadline_s if deadline_s is None else deadline_s
        for part in parts_of(submissions):
            async with _within(patience_s, f"rows {min(part)} to {max(part)} of a batch"):
                await self._bring_home(url, part, answers)
        return [answers[number] for number in range(len(submissions))]

    async def _bring_home(
        self, url: str, part: Mapping[int, Submission[Any]], answers: dict[int, Answer]
    ) -> None:
        for wait_ms in self._patience.backoff.waits_ms(self._chance):
            left = {number: said for number, said in part.items() if number not in answers}
            least_ms = await self._say_rows(url, left, answers)
            if part.keys() <= answers.keys():
                return
            await asyncio.sleep(max(wait_ms, least_ms) / 1000)

    async def _say_rows(
        self, url: str, rows: Mapping[int, Submission[Any]], answers: dict[int, Answer]
    ) -> float:
        """One attempt. Of an answer that breaks off its whole lines count. Milliseconds to wait at least."""
        numbers = list(rows)
        try:
            async with self._http.stream(
                "POST",
                url,
                content=b"\n".join(encode(self._stamped(each)) for each in rows.values()),
                headers={**self._headers, **NDJSON},
                timeout=self._patience.attempt_s + len(rows) * self._patience.row_ms / 1000,
            ) as response:
                if say_again(response.status_code):
                    return retry_after_ms(response)
                if response.status_code >= 300:
                    await response.aread()
                    raise problem_in(response)
                async for part in rows_in(response):
                    for row in part:
                        if not say_again(row.status) and row.row < len(numbers):
                            number = numbers[row.row]
                            self._note(row.receipt, rows[number].id)
                            answers[number] = answer_in_row(row)
        except httpx.TransportError:
            pass
        return 0.0

    async def read(
        self,
        path: str,
        shape: type[T],
        *,
        ask: Struct | None = None,
        params: Mapping[str, str] | None = None,
        at: Sequence[str] = (),
        deadline_s: float | None = None,
    ) -> T:
        """What stands at `path` below the service's root, as `shape`.

        With `ask` it is a question that is POSTed and changes nothing. `at` are receipts that the answer must
        know of. AccessDenied, HttpProblem with what the service said, or Unanswered.
        """
        response = await self.exchange(
            "GET" if ask is None else "POST",
            path,
            content=None if ask is None else msgspec.json.encode(ask),
            headers={} if ask is None else JSON,
            params=params,
            at=at,
            deadline_s=deadline_s,
        )
        return msgspec.json.decode(response.content, type=shape)

    async def check(self, operation_id: str, path: str, submission: Submission[Any]) -> Checked:
        """What `submit` would be answered now; nothing is written. Errors as `read` has them."""
        response = await self.exchange(
            "POST",
            f"/operations/{operation_id}{checked_at(path)}",
            content=encode(self._stamped(submission)),
            headers=JSON,
        )
        return msgspec.json.decode(response.content, type=Checked)

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        params: Mapping[str, str] | None = None,
        at: Sequence[str] = (),
        deadline_s: float | None = None,
        attempt_s: float | None = None,
        busy_is_an_answer: bool = False,
    ) -> httpx.Response:
        """A whole answer below the service's root, said again until there is one; for files and questions.

        AccessDenied, HttpProblem with what the service said, Unreachable or Unanswered. Where a 429 is for a
        person to wait for, it is an answer.
        """
        patience_s = self._patience.deadline_s if deadline_s is None else deadline_s
        asked = {**headers, AT: ",".join(at)} if at else headers
        body = None if content is None else lambda: content
        final = {NEVER, 429} if busy_is_an_answer else {NEVER}
        async with _within(patience_s, path, self._unreachable):
            response = await self._until_kept(
                method, self._url + path, body, asked, params, attempt_s, final=final
            )
        if response.status_code >= 300:
            raise problem_in(response)
        return response

    async def _until_kept(
        self,
        method: str,
        url: str,
        body: Callable[[], bytes] | None,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        attempt_s: float | None = None,
        *,
        final: Collection[int] = (),
    ) -> httpx.Response:
        """The first answer that is not 'say it again', or of a `final` status.

        The caller's deadline ends it, or Unreachable.
        """
        begun_s = time.monotonic()
        for wait_ms in self._patience.backoff.waits_ms(self._chance):
            least_ms = 0.0
            try:
                response = await self._http.request(
                    method,
                    url,
                    content=body() if body else None,
                    headers={**self._headers, **headers},
                    params=params,
                    timeout=attempt_s or self._patience.attempt_s,
                )
            except httpx.ConnectError as error:
                self._refused = str(error) or type(error).__name__
                if time.monotonic() - begun_s >= self._patience.refused_s:
                    raise Unreachable(self._unreachable() or str(error)) from error
            except httpx.TransportError:
                self._refused = None
            else:
                self._refused = None
                if not say_again(response.status_code) or response.status_code in final:
                    return response
                least_ms = retry_after_ms(response)
            await asyncio.sleep(max(wait_ms, least_ms) / 1000)
        raise AssertionError("waits never end")

    async def _decided(self, response: httpx.Response, patience_s: float) -> Answer:
        """The answer; a 202 is followed to where its decision will be."""
        receipt = response.headers.get(AT)
        location = response.headers.get("location")
        if response.status_code != 202 or location is None:
            return answer_of(response.status_code, response.content, receipt)
        try:
            async with asyncio.timeout(patience_s):
                for wait_ms in self._patience.backoff.waits_ms(self._chance):
                    await asyncio.sleep(max(wait_ms, retry_after_ms(response)) / 1000)
                    response = await self._until_kept("GET", str(response.url.join(location)), None, {})
                    if response.status_code != 202:
                        break
        except (TimeoutError, Unreachable):
            return Answer(meaning="undecided", status=202, receipt=receipt)
        return answer_of(response.status_code, response.content, receipt)

    def _unreachable(self) -> str | None:
        """What to do if the last attempt reached nobody; None if it did."""
        if self._refused is None:
            return None
        origin = httpx.URL(self._url).copy_with(raw_path=b"/")
        return (
            f"nobody listens at {origin} ({self._refused}), so nothing was kept; start the services with "
            "'pamwal up', or give the address where they are, and say it again later with the same id"
        )

    def _stamped(self, submission: Submission[Any]) -> Submission[Any]:
        return msgspec.structs.replace(submission, sentat=self._now()) if self._now else submission

    def _note(self, receipt: str | None, request_id: str) -> None:
        if receipt is not None and self._receipts is not None:
            self._receipts.note(receipt, request_id)


@contextlib.asynccontextmanager
async def _within(
    limit_s: float, what: str, unreachable: Callable[[], str | None] = lambda: None
) -> AsyncIterator[None]:
    """A deadline whose passing is Unanswered, or Unreachable where that says why."""
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as late:
        if (why := unreachable()) is not None:
            raise Unreachable(f"{what}: {why}") from late
        raise Unanswered(
            f"{what}: no answer within {limit_s:g} s; say it again later with the same id"
        ) from late
    except Unreachable as error:
        raise Unreachable(f"{what}: {error}") from error
