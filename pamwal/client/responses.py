"""What an HTTP response of a service says, beside the answer in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from pamwal.client.answers import answer_of
from pamwal.contracts.errors import AccessDenied, HttpProblem


async def lines_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Lines as they arrive. httpx's own would also break at characters that may stand inside JSON."""
    left = b""
    async for part in response.aiter_bytes():
        *whole, left = (left + part).split(b"\n")
        for line in whole:
            if line:
                yield line
    if left:
        yield left


def retry_after_ms(response: httpx.Response) -> float:
    """How long it asks to be left alone, 0 if it does not say."""
    text = response.headers.get("retry-after", "")
    return float(text) * 1000 if text.isdecimal() else 0.0


def problem_in(response: httpx.Response) -> AccessDenied | HttpProblem:
    """What a service said instead of an answer."""
    answer = answer_of(response.status_code, response.content, None)
    sentence = answer.detail or f"HTTP {response.status_code} from {response.url.path}"
    if response.status_code in {401, 403}:
        return AccessDenied(sentence, status=response.status_code, code=answer.code or "forbidden")
    return HttpProblem(response.status_code, answer.code or "unexpected", sentence)
