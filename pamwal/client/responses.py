"""What an HTTP response of a service says, beside the answer in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx
import msgspec

from pamwal.client.answers import Answer, RowAnswer, answer_from, answer_of
from pamwal.contracts.errors import AccessDenied, HttpProblem

RETRY_AFTER_MS_MAX: Final = 300_000.0
_row: Final = msgspec.json.Decoder(RowAnswer)


async def rows_in(response: httpx.Response) -> AsyncIterator[list[RowAnswer]]:
    """The whole lines of each part that arrives, until the answer is cut or a line is none of ours."""
    left = b""
    try:
        async for part in response.aiter_bytes():
            *whole, left = (left + part).split(b"\n")
            rows = [_row.decode(line) for line in whole if line]
            if rows:
                yield rows
        if left:
            yield [_row.decode(left)]
    except (httpx.RequestError, msgspec.DecodeError, UnicodeDecodeError):
        return


def answer_in_row(row: RowAnswer) -> Answer:
    """What a row's answer means."""
    return answer_from(row.status, row.problem or row, row.receipt)


def retry_after_ms(response: httpx.Response) -> float:
    """How long it asks to be left alone, at most 5 minutes; 0 if it does not say."""
    text = response.headers.get("retry-after", "")
    return min(float(text) * 1000, RETRY_AFTER_MS_MAX) if text.isdecimal() else 0.0


def problem_in(response: httpx.Response) -> AccessDenied | HttpProblem:
    """What a service said instead of an answer."""
    answer = answer_of(response.status_code, response.content, None)
    sentence = answer.detail or f"HTTP {response.status_code} from {response.url.path}"
    if response.status_code in {401, 403}:
        return AccessDenied(sentence, status=response.status_code, code=answer.code or "forbidden")
    return HttpProblem(response.status_code, answer.code or "unexpected", sentence)
