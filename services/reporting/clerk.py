"""What an edge asks for by itself: the signature of what was published, and the SitReps that are due.

It signs with the key it has anyway; the decider has none and needs none (decision 15). Each request is named
by what it is about, so that edges beside each other, or one that died after asking, say the same thing twice
and it counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NamedTuple

import structlog

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import OFFICE, RequestData
from pamwal.contracts.errors import HttpProblem, LogError
from pamwal.contracts.sitreps import PublishSitRep, SignSitRep
from pamwal.edge.app import Clock
from pamwal.edge.intake import Seal, without_seal
from pamwal.edge.issuer import Issuer
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.spec import ModeOf
from pamwal.wire.log import Log
from services.reporting.citing import Citing
from services.reporting.own_requests import OwnRequests
from services.reporting.sitreps import SitReps, Standing, due_name, signature_name

LOOK_S: Final = 0.2
AGAIN_S: Final = 5.0
AGAIN_MAX_S: Final = 320.0
"""So long the log may take to show an answer before it is asked again: twice as long each time, to this."""
_log = structlog.get_logger(__name__)


class Said(NamedTuple):
    """When something was asked for, by the loop's clock, and how long to wait for the answer."""

    at_s: float = float("-inf")
    wait_s: float = 0.0

    def again(self, now_s: float) -> Said:
        """It is asked for now."""
        return Said(now_s, min(AGAIN_MAX_S, max(AGAIN_S, 2 * self.wait_s)))


class Errand(NamedTuple):
    """One thing to ask for."""

    operation_id: str
    request_id: str
    mode: Mode
    post: str
    time: str
    data: Callable[[], Awaitable[RequestData]]


class Clerk:
    """Asks in the background, once the log is read and the keys compared, while the clock is proven."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        issuer: Issuer,
        sitreps: SitReps,
        citing: Citing,
        mode_of: ModeOf,
        *,
        is_here: Callable[[str], bool] = lambda _: True,
        seal: Seal = without_seal,
        keys: KeyRegistry | None = None,
    ) -> None:
        """`is_here`: whether it asks for an operation; for those of another shard that one's clerk does.

        `keys`: those of the log; it neither signs nor asks before they are known to be this process's.
        """
        self._clock, self._sitreps, self._mode_of = clock, sitreps, mode_of
        self._is_here = is_here
        self._citing = citing
        self.issuer = issuer
        self._keys = keys
        self._requests = OwnRequests(log, clock, seal, keys)
        self._asked: dict[tuple[str, str], Said] = {}
        """Operation and request id → when it was last asked for."""
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins; returns at once."""
        self._asking = asyncio.get_running_loop().create_task(self._run(), name="clerk")

    async def stop(self) -> None:
        """Asks no longer."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        await self._requests.close()

    def trouble(self) -> str | None:
        """Why nothing is signed or published by itself any more, or None: a check of `/readyz`."""
        asking = self._asking
        if asking is None or not asking.done() or asking.cancelled():
            return None
        return f"nothing is signed any more: {asking.exception()!r}"

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._sitreps.follower.level_once or self._requests.trouble() is not None:
                continue
            try:
                await self._ask_all()
            except LogError as error:
                _log.warning("SitReps are signed and published later", why=str(error))

    async def _ask_all(self) -> None:
        now_s = asyncio.get_running_loop().time()
        errands = {(each.operation_id, each.request_id): each for each in self._errands()}
        self._asked = {name: said for name, said in self._asked.items() if name in errands}
        for name, errand in errands.items():
            said = self._asked.get(name, Said())
            if now_s >= said.at_s + said.wait_s and self._may(errand.mode):
                await self._ask(errand)
                self._asked[name] = said.again(now_s)

    def _errands(self) -> Iterator[Errand]:
        may_sign = self._keys is None or self._keys.trouble() is None
        for standing in self._sitreps.unsigned.values() if may_sign else ():
            if self._is_here(standing.operation_id):
                yield self._to_sign(standing)
        for (operation_id, form, at), day in self._sitreps.due.items():
            if not self._is_here(operation_id):
                continue
            with contextlib.suppress(HttpProblem):  # its picture is not read yet: later
                mode = self._mode_of(operation_id)
                if mode is not None:
                    cited = self._citing.children(operation_id, mode) or None
                    data = PublishSitRep(form=form, at=at, day=day, children=cited)
                    yield Errand(operation_id, due_name(form, at), mode, OFFICE, at, _ready(data))

    def _to_sign(self, of: Standing) -> Errand:
        async def seal() -> RequestData:
            shown = await self._sitreps.read(of)
            jws = self.issuer.seal(shown.document.encode())
            return SignSitRep(number=of.number, sha256=of.line.sha256, kid=self.issuer.kid, jws=jws)

        name = signature_name(of.number, self.issuer.kid)
        return Errand(of.operation_id, name, of.mode, of.post, of.line.published_at, seal)

    def _may(self, mode: Mode) -> bool:
        """A simulated clock says nothing in a real operation."""
        return mode == "exercise" or not self._clock.simulated

    async def _ask(self, errand: Errand) -> None:
        data = await errand.data()
        await self._requests.send(
            errand.operation_id, errand.mode, errand.request_id, data, time=errand.time, post=errand.post
        )


def _ready(data: RequestData) -> Callable[[], Awaitable[RequestData]]:
    async def made() -> RequestData:
        return data

    return made
