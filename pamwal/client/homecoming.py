"""How a queue's reports go over HTTP: many in one POST, questions by receipt, heartbeats."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import httpx
from msgspec import Struct

from pamwal.client.answers import Answer, answer_of, say_again
from pamwal.client.bearer import bearer_of
from pamwal.client.identifiers import new_id
from pamwal.client.queue import Queued
from pamwal.client.responses import problem_in
from pamwal.client.service import AT, JSON, NDJSON
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import Submission
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.routes import ROUTES

READ_S: Final = 15.0
"""So long an edge may say nothing in the middle of an answer: longer than it waits for Kafka."""
HEARTBEAT: Final = TYPE_OF[Heartbeat]
UNKNOWN_RECEIPT: Final = frozenset({403, 404})


class Road(Struct, frozen=True):
    """Where the services are and when it is. `url_of` gives a root such as `http://127.0.0.1:8102/checkin/v1`."""

    http: httpx.AsyncClient
    url_of: Callable[[str], str]
    now: Callable[[], str]

    @contextlib.asynccontextmanager
    async def post(self, rows: Sequence[Queued], token: str) -> AsyncIterator[httpx.Response]:
        """Says reports of one operation and service; what each is answered is a line of the response."""
        first, sent_at = rows[0], self.now().encode()
        async with self.http.stream(
            "POST",
            f"{self.url_of(first.service)}/operations/{first.operation_id}/batch",
            content=b"\n".join(b'%b,"sentat":"%b"}' % (each.body[:-1], sent_at) for each in rows),
            headers={**_bearer(token), **NDJSON},
            timeout=READ_S,
        ) as response:
            yield response

    async def ask(self, queued: Queued, token: str) -> Answer | None:
        """What became of a report that is kept: `undecided` still, or None where its receipt is not known.

        AccessDenied 401; httpx.RequestError.
        """
        receipt = None if queued.answer is None else queued.answer.receipt
        response = await self.http.get(
            f"{self.url_of(queued.service)}/requests/{receipt}", headers=_bearer(token), timeout=READ_S
        )
        if response.status_code == 401:
            raise problem_in(response)
        if response.status_code in UNKNOWN_RECEIPT:
            return None
        if say_again(response.status_code):
            return queued.answer
        return answer_of(response.status_code, response.content, response.headers.get(AT) or receipt)

    async def beat(self, operation_id: str, post: str, data: Heartbeat, token: str) -> bool:
        """Says a heartbeat once, if this token may; whether it was heard."""
        bearer, now = bearer_of(token), self.now()
        if not bearer.beats_for(post):
            return False
        speaks = f"/posts/{post}" if bearer.device is None else f"/posts/{post}/devices/{bearer.device}"
        said = Submission(
            id=new_id(),
            source=f"{speaks}/queue",
            type=HEARTBEAT,
            time=now,
            channel="api",
            data=data,
            sentat=now,
        )
        url = f"{self.url_of('checkin')}/operations/{operation_id}{ROUTES[HEARTBEAT].path}"
        try:
            response = await self.http.post(
                url, content=encode(said), headers={**_bearer(token), **JSON}, timeout=READ_S
            )
        except httpx.RequestError:
            return False
        return response.status_code < 300


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
