"""What the repeats of one batch repeat: many first decisions found together instead of one by one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from pamwal.contracts.errors import LogError
from pamwal.edge.answers import Decided, read_decided
from pamwal.edge.waiting import Decisions
from pamwal.wire.finding import DecisionSearch
from pamwal.wire.log import Log, Receipt

SEARCH_S: Final = 4.0
"""How long one batch may search the log; what is not found by then stays pending, and its receipt answers."""
SEARCHES_MAX: Final = 4
"""Batches that search the log at once in this process; each has a reader of its own."""
_log = structlog.get_logger(__name__)


class FirstDecisions:
    """For one batch; `close` frees its reader. `turns` bounds how many of them read at once."""

    def __init__(
        self, decisions: Decisions, log: Log, turns: asyncio.Semaphore, *, within_s: float = SEARCH_S
    ) -> None:
        self._decisions, self._turns = decisions, turns
        self._search = DecisionSearch(log)
        self._left_s = within_s

    async def of(self, decided: Sequence[tuple[Decided, Receipt]]) -> list[Decided | None]:
        """For each decision the one it repeats, or itself if it is no repeat; None if not found in time."""
        firsts = [self._known(each, receipt) for each, receipt in decided]
        sought = {first for first in firsts if isinstance(first, Receipt)}
        found = await self._found(sought) if sought else {}
        return [found.get(first) if isinstance(first, Receipt) else first for first in firsts]

    async def close(self) -> None:
        """Frees what it opened."""
        await self._search.close()

    def _known(self, decided: Decided, receipt: Receipt) -> Decided | Receipt:
        """The first decision if it need not be searched for, else the receipt of its request."""
        of = decided.data.of
        if decided.data.outcome != "repeat" or of is None:
            return decided
        first = receipt._replace(offset=of.offset)
        return self._decisions.recent(first) or first

    async def _found(self, sought: set[Receipt]) -> dict[Receipt, Decided]:
        """Only what an answer needs is kept of each record: a decision may be 8 MiB long."""
        found: dict[Receipt, Decided] = {}
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(self._left_s), self._turns:
                async for receipt, record in self._search.find(sought):
                    found[receipt] = read_decided(record.value)
        except (TimeoutError, LogError, msgspec.DecodeError) as error:
            _log.warning("first decisions not found", missing=len(sought) - len(found), why=repr(error))
        self._left_s = max(0.0, self._left_s - (time.monotonic() - began_s))
        return found
