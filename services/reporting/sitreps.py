"""Which SitReps stand, followed in the log; their documents are fetched from it when somebody reads one.

Only the newest of each operation is held: a parent's cites what it counts (about 30 kB each).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, cast

from msgspec import Struct, field

from pamwal.contracts.claims import DUE_ID, MODES, NOT_YOURS, SIGNATURE_ID, Mode, modes_of
from pamwal.contracts.codec import Fact, decode_known
from pamwal.contracts.envelope import OFFICE, Decision
from pamwal.contracts.errors import HttpProblem, LogUnavailable
from pamwal.contracts.scheduling import SitRepForm
from pamwal.contracts.sitreps import SitRepDue, SitRepPublished, SitRepSigned
from pamwal.contracts.sitreps_shown import Signature, SitRepLine, SitRepList, SitRepShown
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.decided import NOT_SEEN
from pamwal.wire.log import Log, Record, TopicPartition
from services.reporting.settings import NAME

_DUE: Final = re.compile(DUE_ID + r"([a-z]+)-(.+)")
_SIGNATURE: Final = re.compile(SIGNATURE_ID + r"([0-9]{1,7})-.+")


def due_name(form: SitRepForm, at: str) -> str:
    """The id of the request for a SitRep that is due."""
    return f"{DUE_ID}{form}-{at}"


def signature_name(number: int, kid: str) -> str:
    """The id of the request by which this service signs a SitRep with a key."""
    return f"{SIGNATURE_ID}{number}-{kid}"


class Due(NamedTuple):
    """A SitRep that is due."""

    day: str | None
    """The day that it counts; None: that of its moment."""
    partition: int


class Standing(Struct, kw_only=True):
    """One SitRep: what its decision says of it, where that stands, and who has signed."""

    operation_id: str
    mode: Mode
    number: int
    line: SitRepLine
    post: str
    """The post in whose name it was asked for."""
    at: TopicPartition
    offset: int
    signatures: list[Signature] = field(default_factory=list)


class SitReps:
    """All SitReps, by what tokens of each mode asked for; neither ever shows anything of the other."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._of: Final[dict[Mode, dict[str, list[Standing]]]] = {mode: {} for mode in MODES}
        self.follower = Follower(log, [REPORTING_DECISIONS.name], self._fold)
        self._newest: dict[tuple[Mode, str], str] = {}
        """Mode and operation → the document of its newest one."""
        self.unsigned: dict[tuple[Mode, str, int], Standing] = {}
        """Those that this service never asked to sign, whatever its key was then."""
        self.due: dict[tuple[str, SitRepForm, str], Due] = {}
        """Operation, form and moment of those that are due and were not asked for."""

    def listed(self, operation_id: str, mode: Mode, zone: str) -> SitRepList:
        """The newest first; `zone` is the operation's.

        HttpProblem 503 until what stood in the log at the start is read.
        """
        self._require_level()
        standing = self._of[mode].get(operation_id, [])
        newest = {(each.line.form, each.line.day): each.number for each in standing}
        lines = [
            SitRepLine(
                number=each.number,
                kind=each.line.kind,
                form=each.line.form,
                at=each.line.at,
                day=each.line.day,
                published_at=each.line.published_at,
                sha256=each.line.sha256,
                signed_by=sorted({signature.kid for signature in each.signatures}),
                superseded=each.number < newest[each.line.form, each.line.day],
            )
            for each in reversed(standing)
        ]
        return SitRepList(operation_id=operation_id, sitreps=lines, zone=zone)

    def latest(self, operation_id: str, mode: Mode) -> SitRepLine | None:
        """The newest one, of whatever form; None where none stands. HttpProblem 503 as `listed`."""
        self._require_level()
        standing = self._of[mode].get(operation_id)
        return standing[-1].line if standing else None

    def newest(self, operation_id: str, mode: Mode) -> str | None:
        """The document of that one."""
        return self._newest.get((mode, operation_id))

    async def shown(self, operation_id: str, mode: Mode, number: int) -> SitRepShown:
        """One with its document. HttpProblem 404 if there is none, 503 as `listed`; LogError."""
        self._require_level()
        standing = self._of[mode].get(operation_id, [])
        found = _numbered(standing, number)
        if found is None:
            there = f"there are {len(standing)}" if standing else "none was published"
            raise HttpProblem(404, "unknown_sitrep", f"no SitRep {number} of {operation_id!r}; {there}")
        return await self.read(found)

    async def read(self, of: Standing) -> SitRepShown:
        """Its document out of the log. LogError."""
        record = await self._log.fetch(of.at, of.offset, "committed")
        fact = None if record is None or record.offset != of.offset else _published(record, of.number)
        if fact is None:
            raise LogUnavailable(f"{of.at}-{of.offset} does not give SitRep {of.number}")
        return SitRepShown(
            number=fact.number,
            sha256=fact.sha256,
            document=fact.document,
            signatures=list(of.signatures),
            decision=f"{of.at}-{of.offset}",
        )

    def _require_level(self) -> None:
        if not self.follower.level_once:
            raise not_folded()

    def _fold(self, at: TopicPartition, records: list[Record]) -> None:
        for record, decision in self.follower.decisions(records):
            self._asked(decision)
            for fact in decision.data.facts:
                if isinstance(fact, SitRepDue):
                    self.due[decision.operationid, fact.form, fact.at] = Due(fact.day, at.partition)
                elif isinstance(fact, SitRepPublished):
                    self._stands(fact, decision, at, record.offset)
                elif isinstance(fact, SitRepSigned):
                    self._signed(fact, decision)

    def _asked(self, decision: Decision[Fact]) -> None:
        """What this service asked for, whatever the answer, it asks for no more.

        A signature that was refused would be refused again, and one of an earlier key is good for ever. A
        request that is `not_yours` was somebody else's: these ids are reserved to this service. One that is
        parked as `not_seen` was not answered.
        """
        asked, reason = decision.data.request, decision.data.reason
        if asked is None or asked.id is None or (reason is not None and reason.code in {NOT_YOURS, NOT_SEEN}):
            return
        due = _DUE.fullmatch(asked.id) if asked.postid == OFFICE else None
        if due is not None:
            self.due.pop((decision.operationid, cast(SitRepForm, due[1]), due[2]), None)
        signature = _SIGNATURE.fullmatch(asked.id)
        if signature is not None and asked.source == f"/posts/{asked.postid}/devices/{NAME}":
            for mode in _modes(decision):
                self.unsigned.pop((mode, decision.operationid, int(signature[1])), None)

    def _stands(
        self, fact: SitRepPublished, decision: Decision[Fact], at: TopicPartition, offset: int
    ) -> None:
        asked = decision.data.request
        line = SitRepLine(
            number=fact.number,
            kind=fact.kind,
            form=fact.form,
            at=fact.at,
            day=fact.day,
            published_at=decision.data.knownat,
            sha256=fact.sha256,
            signed_by=[],
            superseded=False,
        )
        for mode in _modes(decision):
            standing = Standing(
                operation_id=decision.operationid,
                mode=mode,
                number=fact.number,
                line=line,
                post=(asked.postid if asked is not None else None) or "",
                at=at,
                offset=offset,
            )
            self._of[mode].setdefault(decision.operationid, []).append(standing)
            self._newest[mode, decision.operationid] = fact.document
            self.unsigned[mode, decision.operationid, fact.number] = standing

    def _signed(self, fact: SitRepSigned, decision: Decision[Fact]) -> None:
        for mode in _modes(decision):
            signed = _numbered(self._of[mode].get(decision.operationid, []), fact.number)
            if signed is not None:
                signed.signatures.append(Signature(kid=fact.kid, jws=fact.jws))


def _modes(decision: Decision[Fact]) -> tuple[Mode, ...]:
    asked = decision.data.request
    return modes_of(asked.mode if asked is not None else None)


def _numbered(standing: list[Standing], number: int) -> Standing | None:
    """The SitRep of that number: nearly always the one at that place, unless one before is not known here."""
    place = number - 1
    if 0 <= place < len(standing) and standing[place].number == number:
        return standing[place]
    return next((each for each in standing if each.number == number), None)


def _published(record: Record, number: int) -> SitRepPublished | None:
    facts = decode_known(record.value)[0].data.facts
    found = (each for each in facts if isinstance(each, SitRepPublished) and each.number == number)
    return next(found, None)
