"""Making each decision again, beside the log: with the same state, at the same vector, at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, DecisionData
from pamwal.contracts.errors import Halted
from pamwal.wire.audit_request import NOT_DECIDED_AGAIN, PAST_RULES, decided_so, decides_the_same
from pamwal.wire.audit_stream import Stream
from pamwal.wire.book import Book, Strand
from pamwal.wire.causes import WatchingJudge
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.judge import CLOCK_REFUSED, IdRules, Judge
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.request_seal import UNSEALED, RequestSeals
from pamwal.wire.watched import Watched


class Again:
    """Decides one partition's requests again, and judges at each cause; forward only."""

    def __init__(
        self, core: Core[Any] | WatchingCore[Any, Any], book: Book, seals: RequestSeals | None = None
    ) -> None:
        """`book`: an empty one of the partition. Without `seals` what was parked for its seal stays so."""
        self._own = str(TopicPartition(book.decisions_topic, book.partition))
        self._own_next = 0
        self._streams: dict[TopicPartition, Stream] = {}
        self._broken = self._past_is_over = False
        self._unknown = frozenset({UNSEALED} if seals is None else ())
        """Reasons that cannot be found out here."""
        if isinstance(core, WatchingCore):
            strands = [
                Strand(book.cluster_id, topic, book.partition, book.partitions) for topic in core.follows
            ]
            self._watched: Watched[Any] | None = Watched(core, strands, partition_of)
            self._causes: WatchingJudge[Any, Any] | None = WatchingJudge(
                core, book, self._watched, partition_of, lambda: self._own_next
            )
            self._judge: Judge[Any] = self._causes
        else:
            self._watched, self._causes = None, None
            self._judge = Judge(core, book, partition_of)
        self._judge.seals = self._seals = seals

    async def open(self, log: Log) -> None:
        """Begins to read what the core follows, up to where it ends now."""
        for at in self._watched.next if self._watched else ():
            self._streams[at] = await Stream.open(log, at, "committed")

    async def close(self) -> None:
        """Frees what it reads."""
        for stream in self._streams.values():
            await stream.close()

    async def differs(
        self, record: Record, decision: Decision[Fact], request: Record | None
    ) -> list[tuple[str, str]]:
        """Code and sentence of all that is found when the stored decision is made again, and followed then.

        `request` only if it is there as it was decided.
        """
        found: list[tuple[str, str]] = []
        if self._broken:
            return found
        data = decision.data
        code = data.reason.code if data.reason else ""
        past = self._past_rules(data.decider_version, request)
        self._judge.simulated = code == CLOCK_REFUSED  # nothing else says which clock it was decided on
        now = None
        try:
            await self._see((data.seen if data.cause is None else data.cause.vector) or {})
            if data.cause is not None:
                now = self._judged_so(decision)
            elif request is not None and code not in NOT_DECIDED_AGAIN | self._unknown:
                now = decided_so(self._judge, request, decision, past)
            if now is not None:
                found.append(("redecided_differently", f"now it would be {now}{self._by_another(data)}"))
            self._judge.follow(decision, record)
        except Halted as error:
            self._broken = True
            found.append(("followed_broken", f"{error}; nothing from here on is made again"))
        except Exception as error:  # whatever the core raises is what was to be found out
            found.append(("core_failed", repr(error)))
        return found

    def _past_rules(self, version: str, request: Record | None) -> IdRules | None:
        """The rules of an earlier version, until a later one has decided: nobody may go back to them.

        They are over, too, from the first request on that has to be sealed: all versions that had such rules
        are older than seals. So in a log that has had seals from its beginning no decision is excused by
        the name of an old version.
        """
        past = PAST_RULES.get(version)
        sealed = request is not None and self._seals is not None and self._seals.demanded_of(request)
        self._past_is_over = self._past_is_over or past is None or sealed
        return None if self._past_is_over else past

    def _by_another(self, data: DecisionData[Fact]) -> str:
        """That another version of the code decided, which may well be why."""
        own = self._judge.core.version
        if data.decider_version == own:
            return ""
        return f": {data.decider_version} decided, this code is {own}; audit with the code that decided"

    def next(self, record: Record) -> Decision[Fact]:
        """The stored decision, if it is the one that must come next; else Halted. Nothing is taken in."""
        return self._judge.book.read(record)

    def pass_by(self, decision: Decision[Fact], record: Record) -> None:
        """Takes a stored decision in as it is, without making it again."""
        self._judge.follow(decision, record)

    async def see_as(self, decision: Decision[Fact]) -> None:
        """Folds what is followed as far as an answer had seen it. Halted if it does not hold together."""
        await self._see(decision.data.seen or {})

    def made_again(self, request: Record, decision: Decision[Fact]) -> Decision[Fact]:
        """What is decided of the stored request now, by all that was taken in; what the core raises, too."""
        return self._judge.propose(request, decision.data.knownat)[0]

    def heads(self) -> dict[str, str]:
        """Place, as text → chain head, hex, behind the last decision taken in, the own ones' among them."""
        followed = self._watched.heads() if self._watched is not None else {}
        return {**followed, self._own: self._judge.book.chain.hex()}

    def _judged_so(self, decision: Decision[Fact]) -> str | None:
        """What the core would say now, if that is something else."""
        cause = decision.data.cause
        if self._causes is None or cause is None:
            return "nothing: this core does not watch"
        name, vector = decision.operationid, self._causes.vector()
        again = self._causes.rejudge(name, cause.now, vector).decision
        if again is not None and not decides_the_same(again, decision):
            # before decisions without a request were parted, one had all the facts there were
            whole = self._causes.rejudge(name, cause.now, vector, whole=True).decision
            again = whole if whole is not None and decides_the_same(whole, decision) else again
        if again is None:
            return "nothing"
        if decides_the_same(again, decision):
            return None
        return ", ".join(type(fact).__name__ for fact in again.data.facts)

    async def _see(self, vector: Mapping[str, int]) -> None:
        """Folds what is followed exactly as far as a decision says."""
        self._own_next = vector.get(self._own, 0)
        for at, stream in self._streams.items():
            while (record := await stream.before(vector.get(str(at), 0))) is not None:
                if self._causes is not None:
                    self._causes.see(record)
