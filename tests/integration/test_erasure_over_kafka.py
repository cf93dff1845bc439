"""A person is erased on a running product: no byte of the words is left on disk, and the log holds.

The broker compacts every second here, where a real one does so within hours; nothing else differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from pamwal.client.answers import Answer
from pamwal.client.field import FieldDesk
from pamwal.client.incidents import FieldIncidents
from pamwal.client.scheduler import Scheduler
from pamwal.client.service import ServiceClient
from pamwal.client.sitreps import SitReps
from pamwal.client.timeline import TimelineReader, TimelineSearch
from pamwal.contracts.claims import Role
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import AttachToIncident, ReportIncident
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling import RegisterOfficers
from pamwal.contracts.sitreps_shown import SitRepShown
from pamwal.contracts.timeline import TimelineEntry
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import Issuer
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.stack import Stack
from pamwal.verifying import verify_sitrep
from pamwal.wire.audit import audit
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.kafka import KafkaLog
from services.checkin.core import CheckinCore
from services.checkin.erasing import SegmentTicker
from services.reporting.core import ReportingCore
from services.scheduler.core import SchedulerCore
from tests.ports import reserved_port
from tests.unit.checkin.test_media import FILES
from tests.unit.scheduler.asked import OPERATION, entry, opening

pytestmark = pytest.mark.kafka

T = TypeVar("T")
DEADLINE_S: Final = 90
SECOND: Final = "1000"
COMPACTED_AT_ONCE: Final = {
    "segment.ms": SECOND,
    "max.compaction.lag.ms": SECOND,
    "min.compaction.lag.ms": "0",
    "file.delete.delay.ms": SECOND,
}
NAME, NRP, PHONE, TEXT = "Personel Terhapus", "85049991", "0812-999-1", "asap dari gudang"
OTHER: Final = "Personel Tetap"
PHOTO: Final = FILES["image/jpeg"]


@pytest.fixture(scope="module")
def own_kafka(state: Path) -> Iterator[LocalKafka]:
    """A broker that looks for something to compact five times a second."""
    with (
        reserved_port() as port,
        running_kafka(state, port=port, settings={"log.cleaner.backoff.ms": "200"}) as broker,
    ):
        yield broker


async def proven(broker: LocalKafka, issuer: Issuer) -> None:
    """The audit finds nothing, decided again, and the SitRep is signed, chained and folded again."""
    log = KafkaLog(broker.bootstrap_servers)
    cores: list[Core[Any] | WatchingCore[Any, Any]] = [SchedulerCore(), CheckinCore(), ReportingCore()]
    report = await audit(log, redecide={core.requests_topic: core for core in cores})
    assert (report.findings, report.redecided) == ((), True)
    keys = {issuer.kid: issuer.public_key}
    verified = await verify_sitrep(ReportingCore(), log, keys, OPERATION, 1)
    assert verified.holds, verified
    await log.close()


class Speakers:
    """Whoever speaks to the product, by their tokens."""

    def __init__(self, stack: Stack, state: Path, http: httpx.AsyncClient) -> None:
        self._stack, self._issuer, self._http = stack, Issuer(state / "issuer"), http
        self.now = Clock.parse(stack.clock).now

    def token(self, role: Role, post: str | None = None) -> str:
        """A token of the operation."""
        return self._issuer.issue(
            role=role, operation="*" if role == "admin" else OPERATION, mode="exercise", subject=role,
            post=post, lifetime_s=3600,
        )  # fmt: skip

    def client(self, service: str, token: str) -> ServiceClient:
        """A service as the holder of a token sees it."""
        return ServiceClient(self._http, self._stack.plan(service).api, token, now=self.now)

    async def plan(self, role: Role, data: RequestData) -> None:
        """Said to the scheduler, and accepted."""
        accepted(await self._speaker("scheduler", self.token(role)).ask(data))

    def _speaker(self, service: str, token: str, post: str | None = None) -> Scheduler:
        return Scheduler(self.client(service, token), OPERATION, now=self.now, post=post)

    async def report(self, token: str, data: RequestData) -> Answer:
        """Said to checkin for post Oebobo, and accepted."""
        return accepted(await self._speaker("checkin", token, "oebobo").ask(data))


def accepted(answer: Answer) -> Answer:
    assert answer.meaning == "accepted", answer.detail
    return answer


def holding(folder: Path, *words: bytes) -> dict[bytes, list[str]]:
    """Each of the words with the files of a folder, at any depth, that have it."""
    found: dict[bytes, list[str]] = {word: [] for word in words}
    for path in folder.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        for word in words:
            if word in content:
                found[word].append(path.name)
    return found


async def within(found: Callable[[], Awaitable[T | None]]) -> T:
    """What is found once there is something: other processes read the log a moment later."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                if (answer := await found()) is not None:
                    return answer
            except HttpProblem as error:
                if error.status not in {404, 503}:
                    raise
            await asyncio.sleep(0.1)


async def has_pin(desk: FieldDesk) -> bool:
    """Sets a PIN; checkin has to know the roster first."""
    await desk.set_pin("k-1", "482913")
    return True


async def signed(sitreps: SitReps) -> SitRepShown | None:
    """The first SitRep, once it is signed."""
    shown = await sitreps.shown(1)
    return shown if shown.signatures else None


async def entries(timeline: TimelineReader, kind: str) -> list[TimelineEntry] | None:
    """What the log tells of facts of a kind; None if there is none."""
    found = [each async for page in timeline.pages(TimelineSearch(kinds=(kind,))) for each in page.entries]
    return found or None


def compact_at_once(broker: LocalKafka) -> None:
    """Lets `personal` have the same settings as ever, but for the time they take."""
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, PERSONAL.name, COMPACTED_AT_ONCE)])
    admin.close()


async def gone(broker: LocalKafka, words: Sequence[bytes]) -> None:
    """Returns once no file of the broker has any of the words; segments end by the ticks of an edge."""
    log = KafkaLog(broker.bootstrap_servers)
    async with asyncio.timeout(DEADLINE_S):
        while any(holding(broker.data_dir, *words).values()):
            await SegmentTicker(log).tick()
            await asyncio.sleep(0.5)
    await log.close()


async def test_nothing_of_a_person_is_left_on_disk_and_the_log_holds(
    stack: Stack, own_kafka: LocalKafka, state: Path
) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        people = Speakers(stack, state, http)
        head, post = people.token("ops_head"), people.token("command_post", "oebobo")
        desk = FieldDesk(people.client("checkin", post), OPERATION)

        # given an officer with a name, a phone, a text, a photo and a PIN, and another one
        await people.plan("admin", opening())
        person = PersonalWords(name=NAME, nrp=NRP, phone=PHONE)
        roster = [entry("k-1", person=person), entry("k-2", person=PersonalWords(name=OTHER))]
        await people.plan("ops_head", RegisterOfficers(officers=roster))
        await within(lambda: has_pin(desk))
        him = (await desk.sign_on("k-1", "482913")).token
        incident = ReportIncident(
            incident_id="i-1", kind="fire", severity="minor", kelurahan="53.71.02.1008",
            text=PersonalWords(text=TEXT),
        )  # fmt: skip
        await people.report(him, incident)
        photo = await FieldIncidents(people.client("checkin", him), OPERATION).upload(PHOTO)
        await people.report(him, AttachToIncident(incident_id="i-1", attachment=photo))
        sitreps = SitReps(people.client("reporting", head), OPERATION, now=people.now)
        timeline = TimelineReader(people.client("reporting", head), OPERATION)
        [told] = await within(lambda: entries(timeline, "incident_reported"))
        assert (told.words, told.erased) == ([TEXT], 0)
        accepted(await sitreps.publish())
        before = await within(lambda: signed(sitreps))
        words = [each.encode() for each in (NAME, NRP, PHONE, TEXT, "scrypt$")]
        assert all(holding(own_kafka.data_dir, *words).values()), "they stand in the broker's files"
        assert holding(state / "attachments", PHOTO)[PHOTO]

        # when the person is erased, and what stands in `personal` is compacted
        compact_at_once(own_kafka)
        office = FieldDesk(people.client("checkin", head), OPERATION)
        erased = await office.erase("k-1", cause="permintaan", time=people.now())
        assert (erased.names, erased.texts, erased.files, erased.pin) == (1, 1, 1, True)
        assert holding(state / "attachments", PHOTO)[PHOTO] == []
        await gone(own_kafka, words)

        # then nothing of the person is left, the other one's name is, and log and SitRep hold
        left = holding(own_kafka.data_dir, *words, OTHER.encode())
        assert left.pop(OTHER.encode())
        assert not any(left.values()), left
        assert await signed(sitreps) == before
        await proven(own_kafka, Issuer(state / "issuer"))
        [told] = await within(lambda: entries(timeline, "incident_reported"))
        assert (told.words, told.erased) == ([], 1)
        [fact] = await within(lambda: entries(timeline, "person_erased"))
        assert (fact.words, fact.actor, fact.says) == (["permintaan"], "ops_head", "person_erased k-1")
