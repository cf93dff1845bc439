"""How much may be uploaded, and which files are removed again because no incident cites them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from pamwal.contracts.errors import HttpProblem
from services.checkin.attachments.stores import Store
from services.checkin.settings import UploadQuota

DAY_S: Final = 24 * 3600.0
CALLERS_MAX: Final = 20_000
AGAIN_AFTER_S: Final = 60.0
"""After the start, and where the decisions are not read yet or the store does not answer."""
Cited = Callable[[str, str], bool]
"""`(operation_id, sha256)`: whether an incident cites the file, by all decisions there are.

HttpProblem 503 while these are not read to their end.
"""
Knows = Callable[[str], bool]
"""Whether the log has decided anything of an operation.

Of one that it does not know, as where a process was started on another log, no file is removed.
"""
_log = structlog.get_logger(__name__)


class _Kept(NamedTuple):
    size: int
    at_s: float


class Quotas:
    """Counts uploads of callers and operations, and removes files that stay uncited for the grace period.

    A caller's day is counted by each process for itself, from its start. What an operation has uncited is
    counted from the store, once an hour, and from the uploads since.
    """

    def __init__(
        self,
        store: Store,
        cited: Cited,
        quota: UploadQuota,
        now_s: Callable[[], float] = time.time,
        *,
        knows: Knows,
    ) -> None:
        self.quota, self.now_s = quota, now_s
        self._store, self._cited, self._knows = store, cited, knows
        self._callers: dict[str, deque[_Kept]] = {}
        self._uncited: dict[str, dict[str, _Kept]] = {}
        self._collecting: asyncio.Task[None] | None = None

    def require_room(self, operation_id: str, caller: str, size: int) -> None:
        """HttpProblem 429 where a file of that size is beyond the caller's day or the operation's room."""
        quota, day = self.quota, self._day(caller)
        if sum(each.size for each in day) + size > quota.caller_day_bytes:
            wait_s = int(day[0].at_s + DAY_S - self.now_s()) + 1 if day else int(DAY_S)
            raise HttpProblem(
                429,
                "upload_quota",
                f"a token uploads at most {quota.caller_day_bytes:,} bytes in 24 hours; keep the file, and"
                f" send it again in {wait_s / 3600:.1f} h",
                headers=(("retry-after", str(wait_s)),),
            )
        if self._fits(operation_id, size):
            return
        found = self._uncited.get(operation_id, {})
        for sha256 in [each for each in found if self._cited(operation_id, each)]:
            del found[sha256]
        if not self._fits(operation_id, size):
            raise HttpProblem(
                429,
                "upload_quota",
                f"operation {operation_id} has {len(found):,} files that no incident cites, and may have"
                f" {quota.uncited_files:,} or {quota.uncited_bytes:,} bytes; attach those that were sent to"
                " their incidents first",
                headers=(("retry-after", "3600"),),
            )

    def uploaded(self, operation_id: str, caller: str, sha256: str, size: int) -> None:
        """Counts a file that the store had not got before."""
        kept = _Kept(size, self.now_s())
        self._day(caller).append(kept)
        self._uncited.setdefault(operation_id, {})[sha256] = kept

    async def collect(self) -> int:
        """Removes what nobody cited within the grace period; how many files. HttpProblem 503."""
        before_s = self.now_s() - self.quota.grace_s
        uncited: dict[str, dict[str, _Kept]] = {}
        removed = 0
        async for file in self._store.files():
            if self._cited(file.operation_id, file.sha256):
                continue
            if file.at_s >= before_s or not self._knows(file.operation_id):
                uncited.setdefault(file.operation_id, {})[file.sha256] = _Kept(file.size, file.at_s)
            elif await self._store.remove(file.operation_id, file.sha256, before_s=before_s):
                removed += 1
        self._uncited = uncited
        if removed:
            _log.info("attachments removed that no incident cites", files=removed)
        return removed

    async def start(self) -> None:
        """Collects from now on, once an hour."""
        self._collecting = asyncio.get_running_loop().create_task(self._collect(), name="attachments")

    async def stop(self) -> None:
        """Collects no more."""
        if self._collecting is not None:
            self._collecting.cancel()
            await asyncio.wait({self._collecting})

    async def _collect(self) -> None:
        every_s = self.quota.collect_every_s
        wait_s = min(AGAIN_AFTER_S, every_s)
        while True:
            await asyncio.sleep(wait_s)
            try:
                await self.collect()
                wait_s = every_s
            except HttpProblem as error:
                _log.warning("attachments are not looked through", why=str(error))
                wait_s = min(AGAIN_AFTER_S, every_s)
            except Exception:
                _log.exception("attachments are not looked through")

    def _fits(self, operation_id: str, size: int) -> bool:
        found = self._uncited.get(operation_id, {})
        held = sum(each.size for each in found.values())
        return len(found) < self.quota.uncited_files and held + size <= self.quota.uncited_bytes

    def _day(self, caller: str) -> deque[_Kept]:
        after_s = self.now_s() - DAY_S
        found = self._callers.get(caller)
        if found is None:
            while len(self._callers) >= CALLERS_MAX:
                del self._callers[next(iter(self._callers))]
            found = self._callers[caller] = deque()
        while found and found[0].at_s <= after_s:
            found.popleft()
        return found
