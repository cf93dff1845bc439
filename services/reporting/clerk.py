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
NOT_KEPT_MAX_S: Final = 40.0
"""What the log did not take is sent again after this at the latest."""
_log = structlog.get_logger(__name__)


class Said(NamedTuple):
    """When something was asked for, by the loop's clock, and how long to wait for the answer."""

    at_s: float = float("-inf")
    wait_s: float = 0.0

    def again(self, now_s: float, most_s: float | None = None) -> Said:
        """It is asked for now, and again after `most_s` at the latest."""
        most_s = AGAIN_MAX_S if most_s is None else most_s
        return Said(now_s, min(most_s, max(AGAIN_S, 2 * self.wait_s)))


class Errand(NamedTuple):
    """One thing to ask for."""

    operation_id: str
    partition: int
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
        self._failed: dict[tuple[str, str], str] = {}
        """Operation and request id → why it could not be asked for at the last try."""
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

    def notice(self) -> str | None:
        """Which SitReps cannot be signed or published now, and why, in a sentence; None if there are none.

        The process stays ready: it signs those of other partitions, and another process could do no more.
        """
        if not self._failed:
            return None
        (operation_id, request_id), why = next(iter(self._failed.items()))
        return (
            f"SitReps that cannot be signed or published now: {len(self._failed)}, among them {request_id} "
            f"of {operation_id} ({why}). They are tried again by themselves"
        )

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self._sitreps.follower.level_once and self._requests.trouble() is None:
                await self._ask_all()

    async def _ask_all(self) -> None:
        """Asks for what is due to be asked for.

        Of each partition up to the first that fails: one that does not answer takes seconds.
        """
        clock = asyncio.get_running_loop().time
        errands = {(each.operation_id, each.request_id): each for each in self._errands()}
        self._asked = {name: said for name, said in self._asked.items() if name in errands}
        self._failed = {name: why for name, why in self._failed.items() if name in errands}
        failed: set[int] = set()
        for name, errand in errands.items():
            said = self._asked.get(name, Said())
            waits = errand.partition in failed or clock() < said.at_s + said.wait_s
            if waits or not self._may(errand.mode):
                continue
            try:
                await self._ask(errand)
            except LogError as error:
                failed.add(errand.partition)
                self._failed[name] = str(error)
                self._asked[name] = said.again(clock(), NOT_KEPT_MAX_S)
                _log.warning(
                    "a SitRep is signed or published later",
                    operation=errand.operation_id, request=errand.request_id, why=str(error),
                )  # fmt: skip
            else:
                self._failed.pop(name, None)
                self._asked[name] = said.again(clock())

    def _errands(self) -> Iterator[Errand]:
        may_sign = self._keys is None or self._keys.trouble() is None
        for standing in self._sitreps.unsigned.values() if may_sign else ():
            if self._is_here(standing.operation_id):
                yield self._to_sign(standing)
        for (operation_id, form, at), due in self._sitreps.due.items():
            if not self._is_here(operation_id):
                continue
            with contextlib.suppress(HttpProblem):  # its picture is not read yet: later
                mode = self._mode_of(operation_id)
                if mode is not None:
                    cited = self._citing.children(operation_id, mode) or None
                    data = PublishSitRep(form=form, at=at, day=due.day, children=cited)
                    yield Errand(
                        operation_id, due.partition, due_name(form, at), mode, OFFICE, at, _ready(data)
                    )

    def _to_sign(self, of: Standing) -> Errand:
        async def seal() -> RequestData:
            shown = await self._sitreps.read(of)
            jws = self.issuer.seal(shown.document.encode())
            return SignSitRep(number=of.number, sha256=of.line.sha256, kid=self.issuer.kid, jws=jws)

        name = signature_name(of.number, self.issuer.kid)
        return Errand(of.operation_id, of.at.partition, name, of.mode, of.post, of.line.published_at, seal)

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
