"""Erasing a person: the words that the log refers to, the files of incidents, and the PIN.

The log itself stays as it is, for it holds references and digests alone. What belongs to a person is found in
the log at each erasure: decisions say what is about him, requests what he said and which words they refer to,
also those that were refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from pamwal.contracts.claims import read_claims
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.errors import LogError, LogUnavailable
from pamwal.contracts.field import AttachToIncident, ErasePerson, ReportIncident
from pamwal.contracts.persons import officer_key
from pamwal.contracts.topics import (
    FIELD_DECISIONS,
    FIELD_REQUESTS,
    PERSONAL,
    SCHEDULING_DECISIONS,
    SCHEDULING_REQUESTS,
)
from pamwal.edge.app import Edge
from pamwal.edge.intake import keep_personal
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay
from services.checkin.attachments.stores import Store, file_key
from services.checkin.pins import Pins

SENT_AT_ONCE: Final = 500
TICK_S: Final = 3 * 3600
AGAIN_S: Final = 60
"""How long after a failed tick there is another one."""
_NAMES: Final = ("person_ref",)
_TEXTS: Final = ("text_ref", "cause_ref")
_IDS: Final = ("deployment_id", "absence_id", "loan_id", "device_id")
"""What a fact that names an officer is about; a later request names it instead of the officer."""
_LISTS: Final = {"absence_ids": "absence_id", "loan_ids": "loan_id", "devices": "device_id"}
_OWN_OF_POST: Final = ("device_id", "observation")
"""Ids that are a post's own: another post may use one for something else."""
_REPORT, _ATTACH, _ERASE = (TYPE_OF[each] for each in (ReportIncident, AttachToIncident, ErasePerson))
_Id = tuple[str, str, str]
"""What kind of id, whose it is (a post's, or empty), the id."""


class _Asked(Struct):
    postid: str | None = None


class _Answer(Struct):
    facts: list[dict[str, Any]] = []
    request: _Asked | None = None


class _Decided(Struct):
    data: _Answer


class _Said(Struct):
    type: str
    postid: str
    actor: str
    claims: str
    data: dict[str, Any]


_log: Final = structlog.get_logger(__name__)
_decided: Final = msgspec.json.Decoder(_Decided)
_said: Final = msgspec.json.Decoder(_Said)


class Belongings:
    """What belongs to one person in one operation. Fold all decisions first, then all requests."""

    def __init__(self, operation_id: str, officer_id: str) -> None:
        self._key, self._person = operation_id.encode(), officer_key(officer_id)
        self._about: set[_Id] = set()
        self._incidents: set[str] = set()
        self._attached: list[tuple[str, str, bool]] = []
        """Incident, file, and whether the person attached it: also to an incident that is reported later."""
        self.names: set[str] = set()
        self.texts: set[str] = set()

    @property
    def files(self) -> set[str]:
        """SHA-256 of files that the person attached, and of those of incidents that the person reported."""
        return {sha256 for incident, sha256, own in self._attached if own or incident in self._incidents}

    def fold_decisions(self, _: TopicPartition, records: Iterable[Record]) -> None:
        """Notes what is about the person."""
        for record in records:
            decided = _read(_decided, record) if record.key == self._key else None
            for fact in decided.data.facts if decided is not None else ():
                if self._names_him(fact):
                    asked = decided.data.request if decided is not None else None
                    post = (asked.postid if asked is not None else None) or ""
                    self._about.update(_ids_of(fact, post))
                    self._about.add(("observation", post, str(fact.get("id"))))

    def fold_requests(self, _: TopicPartition, records: Iterable[Record]) -> None:
        """Notes the words and files that requests of the person, or about him, refer to."""
        for record in records:
            said = _read(_said, record) if record.key == self._key else None
            if said is not None and said.type != _ERASE:
                self._take(said)

    def _take(self, said: _Said) -> None:
        about = [each for each in _objects(said.data) if self._is_about(each, said.postid)]
        claims = read_claims(said.claims)
        officer = claims.officer if claims is not None else None
        own = self._person in (officer_key(said.actor), officer_key(officer or ""))
        for each in about:
            self.names.update(_refs(each, _NAMES))
        if about or own:
            self.texts.update(_refs(said.data, _TEXTS))
        if said.type == _REPORT and own:
            self._incidents.add(str(said.data.get("incident_id")))
        if said.type == _ATTACH:
            sha256 = said.data.get("attachment", {}).get("sha256")
            self._attached.append((str(said.data.get("incident_id")), str(sha256), own))

    def _is_about(self, part: dict[str, Any], post: str) -> bool:
        return self._names_him(part) or not self._about.isdisjoint(_ids_of(part, post))

    def _names_him(self, part: dict[str, Any]) -> bool:
        return officer_key(str(part.get("officer_id"))) == self._person


class Eraser:
    """Finds and erases what belongs to a person; one search at a time, as each reads a whole partition."""

    def __init__(self, log: Log, pins: Pins, store: Store) -> None:
        self._log, self.pins, self._store = log, pins, store
        self._searching = asyncio.Lock()

    async def find(self, operation_id: str, officer_id: str) -> Belongings:
        """What belongs to the person, erased before or not. LogError."""
        found = Belongings(operation_id, officer_id)
        async with self._searching:
            await self._read(
                operation_id, found.fold_decisions, SCHEDULING_DECISIONS.name, FIELD_DECISIONS.name
            )
            await self._read(operation_id, found.fold_requests, SCHEDULING_REQUESTS.name, FIELD_REQUESTS.name)
        return found

    async def erase(self, edge: Edge, operation_id: str, officer_id: str, found: Belongings) -> None:
        """Erases all of it, also what was erased before: a late retry may have written it again since.

        LogError, and HttpProblem 503 if the store of files does not answer; then erase it once more.
        """
        if edge.submit is None:
            raise LogUnavailable("this edge writes nothing")
        pin = self.pins.record_of(operation_id, officer_id, None, edge.clock.now())
        keys = keys_of(operation_id, found)
        records = [pin, *(Outgoing(key, b"") for key in keys)]
        for first in range(0, len(records), SENT_AT_ONCE):
            await keep_personal(edge.submit.sender, records[first : first + SENT_AT_ONCE])
        self.pins.kept(pin)
        for sha256 in sorted(found.files):
            await self._store.remove(operation_id, sha256, before_s=inf)

    async def _read(
        self, operation_id: str, fold: Callable[[TopicPartition, list[Record]], None], *topics: str
    ) -> None:
        count = await self._log.partition_count(topics[0])
        number = partition_of(operation_id.encode(), count)
        await replay(self._log, {TopicPartition(topic, number): 0 for topic in topics}, fold)


class SegmentTicker:
    """Writes to each partition of `personal` every three hours, so that Kafka compacts what stands there.

    Kafka compacts no segment that it writes to, and begins a new one only with a new record. In a partition
    to which nobody writes any more, erased words would stay on disk for ever.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Writes now and again from here on."""
        self._ticking = asyncio.get_running_loop().create_task(self._run(), name="segments")

    async def stop(self) -> None:
        """Writes no longer."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])

    async def tick(self) -> None:
        """A tombstone for each partition, of a key that has no words. LogError."""
        producer = await self._log.producer()
        try:
            for number in range(await self._log.partition_count(PERSONAL.name)):
                await producer.send(PERSONAL.name, Outgoing(b"tick/%d" % number, b""), partition=number)
        finally:
            await producer.close()

    async def _run(self) -> None:
        while True:
            try:
                await self.tick()
            except LogError as error:
                _log.warning("segments of personal not ended", why=str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                await asyncio.sleep(TICK_S)


def keys_of(operation_id: str, found: Belongings) -> list[bytes]:
    """The keys in `personal` of what was found; the PIN's is not among them."""
    refs = sorted(found.names | found.texts)
    words = [f"{operation_id}/{ref}".encode() for ref in refs]
    return words + [file_key(operation_id, sha256) for sha256 in sorted(found.files)]


def _read(decoder: msgspec.json.Decoder[Any], record: Record) -> Any:
    """None for what nobody could decide."""
    try:
        return decoder.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _ids_of(part: dict[str, Any], post: str) -> Iterator[_Id]:
    named = [(name, part.get(name)) for name in (*_IDS, "observation")]
    named += [(one, each) for name, one in _LISTS.items() for each in part.get(name) or ()]
    for name, identifier in named:
        if isinstance(identifier, str):
            yield name, post if name in _OWN_OF_POST else "", identifier


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in it."""
    if isinstance(value, dict):
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from _objects(each)


def _refs(part: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        found = part.get(name)
        if isinstance(found, dict) and "ref" in found:
            yield str(found["ref"])
