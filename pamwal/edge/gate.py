"""Who may pass: token, operation and rate, asked in one place by hot handlers, batches, reads and streams."""

from __future__ import annotations

import re
from typing import Final

from pamwal.contracts.envelope import IDENTIFIER
from pamwal.contracts.errors import AccessDenied, ContractError, HttpProblem, PamwalError, TooLarge
from pamwal.edge.auth import Authority, Caller
from pamwal.edge.limits import RateLimit, TurnedAway
from pamwal.edge.spec import Here, Lost, ModeOf, Within

OPERATION: Final = re.compile(rf"^{IDENTIFIER}\Z")


class Gate:
    """Admits callers; counts the requests it, or anything behind it, turns away."""

    def __init__(
        self,
        authority: Authority,
        requests: RateLimit,
        rows: RateLimit,
        turned: TurnedAway,
        mode_of: ModeOf | None = None,
        lost: Lost | None = None,
        *,
        within: Within | None = None,
        here: Here | None = None,
        hears_lost: bool = False,
    ) -> None:
        """`hears_lost`: what a revoked device says is taken all the same."""
        self.authority, self.turned, self.rows = authority, turned, rows
        self.closed: str | None = None
        """Why nobody is admitted now: a simulated clock that this cluster has not allowed."""
        self._requests, self._mode_of, self._lost = requests, mode_of, lost
        self._within, self._here, self._hears_lost = within, here, hears_lost

    async def admit(
        self, headers: dict[bytes, bytes], method: str, operation_id: str | None, *, cost: float = 1.0
    ) -> Caller:
        """Who reads, if bound to the operation or one above it, and within its limit.

        `cost`: as how many requests it counts. AccessDenied; HttpProblem.
        """
        caller = await self.identify(headers, method)
        self.allow(caller, operation_id, reading=True, cost=cost)
        self.refuse_lost(caller)
        return caller

    def refuse_lost(self, caller: Caller) -> None:
        """AccessDenied 401 for a device that was revoked. HttpProblem 503 while that is not known here."""
        device = caller.claims.device
        if device is not None and self._lost is not None and self._lost(caller.claims):
            raise AccessDenied(
                f"device {device} was revoked: it is let in no more; ask the post for a code for a new one",
                status=401,
                code="device_revoked",
            )

    def require_open(self) -> None:
        """HttpProblem 503 while this edge's clock is not allowed."""
        if self.closed is not None:
            raise HttpProblem(503, "clock_refused", self.closed, headers=(("retry-after", "5"),))

    async def identify(self, headers: dict[bytes, bytes], method: str) -> Caller:
        """Who calls. AccessDenied 401; HttpProblem 503 while this edge's clock is not allowed."""
        self.require_open()
        return await self.authority.caller(headers, method)

    def allow(
        self, caller: Caller, operation_id: str | None, *, reading: bool = False, cost: float = 1.0
    ) -> None:
        """Who knocks too often, or where he may not. AccessDenied 401, 403; HttpProblem 404, 429, 503.

        Misdirected 421 first of all: whether he may, the process that holds the operation says.
        `reading`: nothing is asked for but to read. `cost`: as how many requests it counts.
        """
        if operation_id is not None and self._here is not None and OPERATION.match(operation_id):
            self._here(operation_id)
        if operation_id is not None:
            self._require_bound(caller, operation_id, reading=reading)
            if OPERATION.match(operation_id) is None:
                raise HttpProblem(404, "not_found", f"{operation_id[:100]!r} cannot name an operation")
        self._requests.take(caller.limit_key, cost)
        if operation_id is not None:
            self.require(caller, operation_id, reading=reading)
        if not self._hears_lost:
            self.refuse_lost(caller)

    def charge(self, caller: Caller, cost: float) -> None:
        """Counts `cost` more requests: what some reads cost is known once their body was read."""
        self._requests.charge(caller.limit_key, cost)

    def knock(self, key: str) -> None:
        """Who knocks too often without a token, told apart by `key`. HttpProblem 429."""
        self._requests.take(key)

    def require(self, caller: Caller, operation_id: str, *, reading: bool = False) -> None:
        """AccessDenied 403 for another operation or an operation of another mode.

        HttpProblem 503 while its mode is not known here.
        """
        self._require_bound(caller, operation_id, reading=reading)
        mode = self._mode_of(operation_id) if self._mode_of is not None else None
        if mode is not None and mode != caller.claims.mode:
            raise AccessDenied(
                f"operation {operation_id} is of mode {mode}, this token of mode {caller.claims.mode};"
                f" ask with a token of mode {mode}",
                code="wrong_mode",
            )

    def _require_bound(self, caller: Caller, operation_id: str, *, reading: bool) -> None:
        own = caller.claims.operation in (operation_id, "*")
        if own or not (reading and self._within is not None and self._within(caller.claims, operation_id)):
            caller.require_operation(operation_id)

    def turn_away(
        self,
        error: PamwalError,
        caller: Caller | None,
        operation_id: str,
        post: str | None = None,
        rows: int = 1,
    ) -> None:
        """Counts requests that `error` keeps out of the log. Trouble with the log is not the sender's."""
        match error:
            case HttpProblem(status=503):
                return
            case AccessDenied() | HttpProblem() | ContractError():
                reason = error.code
            case TooLarge():
                reason = "too_large"
            case _:
                return
        if caller is None:
            self.turned.count(None, None, reason, rows)
            return
        own = caller.claims.operation in (operation_id, "*")
        operation = operation_id if own else caller.claims.operation
        self.turned.count(operation, caller.claims.post or post, reason, rows)
