"""Bytes of request bodies that an edge holds: bounded for one caller, and for all callers together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.http import Message, Receive, Scope

HELD: Final = "pamwal.held_body"
"""Where an ASGI scope has the body of its request."""
RETRY_AFTER_S: Final = 2


class HeldBodies:
    """The bodies of all requests that are being received or answered."""

    def __init__(
        self, total_max: int, caller_max: int, on_change: Callable[[float], None] = lambda _: None
    ) -> None:
        """Limits in bytes. `on_change` is told how many are held."""
        self.total_max, self.caller_max, self._on_change = total_max, caller_max, on_change
        self.held = 0
        self.by_caller: dict[str, int] = {}

    def of(self, scope: Scope, receive: Receive) -> HeldBody:
        """What receives the body of one request; it counts until the end of its `with`."""
        body = scope[HELD] = HeldBody(self, receive)
        return body

    def add(self, key: str | None, size: int) -> None:
        """Counts bytes that came. HttpProblem 503 where all callers, 429 where this one holds too many."""
        if self.held + size > self.total_max:
            raise HttpProblem(
                503,
                "busy",
                f"this process holds {self.total_max:,} bytes of requests, and takes no more until some are"
                f" answered; send again in {RETRY_AFTER_S} s with the same id",
                headers=(("retry-after", str(RETRY_AFTER_S)),),
            )
        if key is not None:
            mine = self.by_caller.get(key, 0) + size
            if mine > self.caller_max:
                raise HttpProblem(
                    429,
                    "rate_limited",
                    f"over {self.caller_max:,} bytes are under way; finish some, then send with the same id",
                    headers=(("retry-after", "1"),),
                )
            self.by_caller[key] = mine
        self.held += size
        self._on_change(self.held)

    def remove(self, key: str | None, size: int) -> None:
        """Forgets bytes of a request that is over."""
        self.held -= size
        self._on_change(self.held)
        if key is not None:
            left = self.by_caller.get(key, 0) - size
            if left > 0:
                self.by_caller[key] = left
            else:
                self.by_caller.pop(key, None)


class HeldBody:
    """Receives one body."""

    __slots__ = ("_all", "_key", "_receive", "_size")

    def __init__(self, bodies: HeldBodies, receive: Receive) -> None:
        self._all, self._receive = bodies, receive
        self._key: str | None = None
        self._size = 0

    async def __call__(self) -> Message:
        """The next part. HttpProblem 429 or 503 where too much is held."""
        message = await self._receive()
        size = len(message.get("body", b""))
        if size:
            self._all.add(self._key, size)
            self._size += size
        return message

    def belongs_to(self, key: str) -> None:
        """Whose it is, once that is known; before the body is read."""
        self.release()
        self._key = key

    def release(self) -> None:
        """Nothing of what came is held any longer."""
        if self._size:
            self._all.remove(self._key, self._size)
            self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def belongs_to(scope: Scope, key: str) -> None:
    """Counts the body of a request for its caller."""
    body: HeldBody | None = scope.get(HELD)
    if body is not None:
        body.belongs_to(key)


def release(scope: Scope) -> None:
    """Nothing of what came of a request's body is held any longer, as once it is on the disk."""
    body: HeldBody | None = scope.get(HELD)
    if body is not None:
        body.release()
