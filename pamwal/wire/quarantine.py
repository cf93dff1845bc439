"""Operations that could not be judged, set apart so that the others of their partition go on. Pure.

Kept in memory only: a decision that was not made leaves nothing to make again in an audit, and a process that
starts judges every operation once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from pamwal.contracts.instants import from_ms, to_ms

RETRY_HEARD_MS: Final = 5_000
"""An operation of which something is decided is judged again this long after it failed, at the earliest."""
RETRY_IDLE_MS: Final = 300_000
"""An operation of which nothing is decided is judged again this long after it failed."""


class Failure(Struct, frozen=True):
    """Why an operation is not judged."""

    since: str
    """When it failed first."""
    at: str
    """When it failed last."""
    error: str
    until_restart: bool
    """The state was changed when it failed: only a process that starts judges it again."""


class Quarantine:
    """The operations of one partition that are not judged at present."""

    def __init__(self) -> None:
        self._failures: dict[str, Failure] = {}

    def fail(self, operation_id: str, now: str, error: str, *, until_restart: bool = False) -> Failure:
        """Sets an operation apart, or notes that it failed again."""
        known = self._failures.get(operation_id)
        since = now if known is None else known.since
        failure = self._failures[operation_id] = Failure(since, now, error, until_restart)
        return failure

    def release(self, operation_id: str) -> bool:
        """The operation was judged; whether it was set apart until now."""
        return self._failures.pop(operation_id, None) is not None

    def failure(self, operation_id: str) -> Failure | None:
        """Why an operation is set apart; None if it is not."""
        return self._failures.get(operation_id)

    def __iter__(self) -> Iterator[tuple[str, Failure]]:
        return iter(sorted(self._failures.items()))

    def __len__(self) -> int:
        return len(self._failures)


def retry_at(failure: Failure, *, heard: bool) -> str:
    """When to judge it again; `heard`: something of it was decided since."""
    return from_ms(to_ms(failure.at) + (RETRY_HEARD_MS if heard else RETRY_IDLE_MS))
