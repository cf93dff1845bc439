"""The keys of a log: recorded by the first process, demanded of all others, and rotated on purpose."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts.codec import encode
from pamwal.contracts.errors import AccessDenied, HttpProblem, KeysDiffer, LogError, LogUnavailable
from pamwal.contracts.instants import to_ms
from pamwal.contracts.key_records import (
    REPLACEMENT,
    KeyHistory,
    KeysRecorded,
    public_text,
    sealed,
    signed_part,
)
from pamwal.contracts.topics import FIELD_REQUESTS, KEYS, SCHEDULING_REQUESTS, TOPICS
from pamwal.edge.app import Authority, Clock, EdgeSettings
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import KEY_FILE, Issuer, read_secret, shared_secret
from pamwal.edge.key_registry import PLACE, KeyRegistry, recorded_seals
from pamwal.edge.key_rotation import earlier_keys, rotate
from pamwal.edge.seals import check_seal
from pamwal.service import Process, put_together
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_clients import MemoryProducer
from services.checkin.app import CHECKIN
from services.checkin.codes import PlaceCode, PlaceCodes


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(partitions=1, clock_ms=system_ms)
    made.create_topics()
    return made


class Machine:
    """A state folder, and the registry of a process that is started there."""

    def __init__(self, log: MemoryLog, state: Path) -> None:
        self.log, self.settings = log, EdgeSettings(state=state)
        self.folder = self.settings.issuer_path

    def start(self, *, signs: bool = True, requests_topic: str | None = None) -> KeyRegistry:
        return KeyRegistry(self.log, self.settings, requests_topic=requests_topic, signs=signs)

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.folder)

    def copy_from(self, other: Machine, *names: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(other.folder / name, self.folder / name)

    async def admits(self, token: str) -> bool:
        """Whether a process that is started here now lets a token in."""
        registry = self.start()
        await registry.agree()
        authority = Authority.from_settings(self.settings, Clock(), registry)
        try:
            await authority.caller({b"authorization": f"Bearer {token}".encode()}, "POST")
        except AccessDenied:
            return False
        return True


@pytest.fixture
async def first(log: MemoryLog, tmp_path: Path) -> Machine:
    """The machine whose keys the log has."""
    machine = Machine(log, tmp_path / "first")
    await machine.start().agree()
    return machine


@pytest.fixture
def second(log: MemoryLog, tmp_path: Path) -> Machine:
    return Machine(log, tmp_path / "second")


def token(issuer: Issuer) -> str:
    return issuer.issue(role="viewer", operation="o", mode="real", subject="s")


# -- start -------------------------------------------------------------------------------------------------


async def test_a_first_start_records_fingerprints_and_no_secret(log: MemoryLog, first: Machine) -> None:
    record = await log.fetch(PLACE, 0)
    assert record is not None
    assert read_secret(first.settings.secret_path).hex().encode() not in record.value
    assert first.issuer.kid.encode() in record.value
    await first.start().agree()
    assert log.partition(PLACE).end == 1, "the next start adds nothing"


async def test_what_is_recorded_is_dated_by_the_log(tmp_path: Path) -> None:
    """The clock of this machine is not proven yet, and may be years off."""
    log = MemoryLog(partitions=1, clock_ms=lambda: to_ms("2031-01-01T00:00:00.000Z"))
    log.create_topics()
    machine = Machine(log, tmp_path)
    await machine.start().agree()
    history = await machine.start().read()
    assert [each.recorded_at for each in history.keys] == ["2031-01-01T00:00:00.000Z"]


async def test_a_process_without_the_keys_says_what_to_copy_and_makes_none(
    first: Machine, second: Machine
) -> None:
    with pytest.raises(KeysDiffer) as error:
        await second.start().agree()
    for each in (first, second):
        assert str(each.settings.secret_path) in str(error.value)
        assert str(each.folder / KEY_FILE) in str(error.value)
    assert not second.folder.exists()
    second.copy_from(first, "secret", KEY_FILE)
    await second.start().agree()


async def test_a_machine_that_lost_its_own_keys_is_told_to_restore_them(first: Machine) -> None:
    (first.folder / "secret").unlink()
    with pytest.raises(KeysDiffer, match=f"restore {first.settings.secret_path} from a backup"):
        await first.start().agree()


@pytest.mark.parametrize(("same", "other"), [("secret", KEY_FILE), (KEY_FILE, "secret")])
async def test_one_of_the_two_that_differs_is_named_alone(
    first: Machine, second: Machine, same: str, other: str
) -> None:
    Issuer(second.folder)
    shared_secret(second.settings.secret_path)
    second.copy_from(first, same)
    with pytest.raises(KeysDiffer) as error:
        await second.start().agree()
    assert str(first.folder / other) in str(error.value)
    assert str(first.folder / same) not in str(error.value)


async def test_a_decider_needs_the_secret_and_no_private_key(first: Machine, second: Machine) -> None:
    with pytest.raises(KeysDiffer):
        await second.start(signs=False).agree()
    second.copy_from(first, "secret")
    await second.start(signs=False).agree()
    assert not (second.folder / KEY_FILE).exists()


async def test_a_decider_records_nothing_and_waits_for_an_edge(log: MemoryLog, tmp_path: Path) -> None:
    machine, field = Machine(log, tmp_path), FIELD_REQUESTS.name
    decider = machine.start(signs=False, requests_topic=field)
    with pytest.raises(LogError, match="no edge has recorded the keys of this log yet"):
        await decider.agree()
    assert not (machine.folder / KEY_FILE).exists()
    await machine.start(requests_topic=SCHEDULING_REQUESTS.name).agree()
    with pytest.raises(LogError, match=f"no edge has recorded from where on requests of {field}"):
        await decider.agree()
    assert log.partition(PLACE).end == 1
    await machine.start(requests_topic=field).agree()
    await decider.agree()
    assert decider.trouble() is None


class LogOfTwo(MemoryLog):
    """Two processes write to it no sooner than both want to: each has read what there was before."""

    def __init__(self) -> None:
        super().__init__(partitions=1, clock_ms=system_ms)
        self.create_topics()
        self._both = asyncio.Barrier(2)

    async def producer(self) -> MemoryProducer:
        await self._both.wait()
        return await super().producer()


async def test_of_two_first_starts_the_one_that_the_log_has_first_wins(tmp_path: Path) -> None:
    log = LogOfTwo()
    machines = [Machine(log, tmp_path / str(number)) for number in range(2)]
    ended = await asyncio.gather(*(each.start().agree() for each in machines), return_exceptions=True)
    winner = ended.index(None)
    assert log.partition(PLACE).end == 2, "both saw an empty log"
    assert isinstance(ended[1 - winner], KeysDiffer)
    assert str(machines[winner].settings.secret_path) in str(ended[1 - winner])


async def test_a_log_without_the_topic_says_how_to_get_it(tmp_path: Path) -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics([each for each in TOPICS if each is not KEYS])
    registry = Machine(log, tmp_path).start()
    with pytest.raises(LogError, match="pamwal topics apply"):
        await registry.agree()
    log.create_topics()
    await registry.agree()


async def test_a_log_of_a_version_that_sealed_nothing_has_no_seals_to_check(first: Machine) -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics([each for each in TOPICS if each is not KEYS])
    assert await recorded_seals(first.log, first.settings) is not None
    assert await recorded_seals(log, first.settings) is None


async def test_nobody_is_admitted_before_the_keys_were_compared(first: Machine) -> None:
    registry = first.start()
    authority = Authority.from_settings(first.settings, Clock(), registry)
    with pytest.raises(HttpProblem) as error:
        await authority.caller({b"authorization": f"Bearer {token(first.issuer)}".encode()}, "POST")
    assert (error.value.status, error.value.code) == (503, "keys_unavailable")
    assert registry.trouble() is not None
    await registry.agree()
    assert registry.trouble() is None


async def test_an_edge_keeps_nothing_before_the_keys_were_compared(log: MemoryLog, first: Machine) -> None:
    registry = first.start()
    process = Process(log, Clock(), first.settings, "none", keys=registry)
    edge, _ = put_together(CHECKIN, "edge", process)
    edge.sender.start()
    async with asyncio.timeout(60):
        while "were not compared" not in (edge.sender.trouble or ""):
            await asyncio.sleep(0.01)
        await registry.agree()
        while edge.sender.trouble is not None:
            await asyncio.sleep(0.01)
    await edge.sender.stop()


# -- seals -------------------------------------------------------------------------------------------------


async def test_a_log_says_of_each_topic_from_where_on_its_requests_are_sealed(tmp_path: Path) -> None:
    """Given an old log of requests, then seals are asked for behind them, once and for ever."""
    log = MemoryLog(partitions=2, clock_ms=system_ms)
    log.create_topics()
    machine, field = Machine(log, tmp_path), FIELD_REQUESTS.name
    producer = await log.producer()
    old = Outgoing(b"o", b"an old request")
    for partition in (0, 1, 1):
        await producer.send(field, old, partition=partition)
    for topic in (field, SCHEDULING_REQUESTS.name):
        await machine.start(requests_topic=topic).agree()
    await producer.send(field, old, partition=0)
    later = machine.start(requests_topic=field, signs=False)
    await later.agree()
    assert (await later.read()).seals_from == {field: {"0": 1, "1": 2}, SCHEDULING_REQUESTS.name: {}}
    assert log.partition(PLACE).end == 2
    reader = await log.reader({TopicPartition(field, number): 0 for number in range(2)})
    records = await reader.read(max_records=10, wait_ms=10)
    said = {str(at): [later.seals().wrong_with(each) for each in found] for at, found in records.items()}
    assert said[f"{field}-1"] == [None, None]
    assert (said[f"{field}-0"][0], said[f"{field}-0"][1] is None) == (None, False)


async def test_a_log_whose_keys_were_recorded_before_there_were_seals_gets_them(first: Machine) -> None:
    registry = first.start(requests_topic=FIELD_REQUESTS.name)
    with pytest.raises(LogError):
        registry.seals()
    await registry.agree()
    history = await registry.read()
    assert history.seals_from == {FIELD_REQUESTS.name: {}}
    assert [each.kid for each in history.keys] == [first.issuer.kid]


async def test_nobody_without_the_secret_says_from_where_on_requests_are_sealed(
    log: MemoryLog, first: Machine
) -> None:
    field = FIELD_REQUESTS.name
    (own,) = (await first.start().read()).keys
    forged = msgspec.structs.replace(own, seals_from={field: {"0": 1000}})
    producer = await log.producer()
    for each in (forged, sealed(forged, b"guess" * 8)):
        await producer.send(KEYS.name, Outgoing(b"keys", encode(each)))
    await first.start(requests_topic=field).agree()
    assert (await first.start().read()).seals_from == {field: {}}


# -- rotation ----------------------------------------------------------------------------------------------


async def test_after_a_rotation_the_key_before_is_good_and_the_one_before_that_is_not(first: Machine) -> None:
    issuers = [first.issuer]
    for _ in range(2):
        before = token(issuers[-1])
        current = await rotate(first.start(), first.folder)
        issuers.append(first.issuer)
        assert current.kid == issuers[-1].kid != issuers[-2].kid
        assert await first.admits(before)
        assert await first.admits(token(issuers[-1]))
    assert not await first.admits(token(issuers[0]))


async def test_a_rotation_at_once_leaves_one_key(first: Machine) -> None:
    running, old = first.start(), token(first.issuer)
    await running.agree()
    await rotate(first.start(), first.folder, at_once=True)
    assert not await first.admits(old)
    await running.read()
    assert str(first.folder / KEY_FILE) in (running.trouble() or ""), "a process that runs says it is over"


async def test_what_any_key_signed_can_be_verified_for_ever(first: Machine) -> None:
    signed = []
    for _ in range(20):
        signed.append((first.issuer.seal(b"{}"), first.issuer.kid))
        await rotate(first.start(), first.folder, at_once=True)
    registry = first.start()
    await registry.agree()
    published = {each["kid"] for each in registry.jwks()["keys"]}
    assert published == {kid for _, kid in signed} | {first.issuer.kid}
    kept = earlier_keys(first.folder)
    assert {check_seal(b"{}", jws, kid, kept) for jws, kid in signed} == {"good"}


async def test_a_machine_with_the_key_before_may_start_until_the_next_rotation(
    first: Machine, second: Machine
) -> None:
    second.copy_from(first, "secret", KEY_FILE)
    await rotate(first.start(), first.folder)
    await second.start().agree()
    await rotate(first.start(), first.folder)
    with pytest.raises(KeysDiffer, match=first.issuer.kid):
        await second.start().agree()


async def test_only_who_has_the_current_key_rotates(first: Machine, second: Machine) -> None:
    second.copy_from(first, "secret", KEY_FILE)
    await rotate(first.start(), first.folder)
    with pytest.raises(KeysDiffer, match=f"not the current signing key {first.issuer.kid}"):
        await rotate(second.start(), second.folder)


async def test_a_rotation_that_was_not_answered_is_finished_by_the_next(
    log: MemoryLog, first: Machine
) -> None:
    log.faults = Faults(send_unanswered=1.0)
    with pytest.raises(LogUnavailable):
        await rotate(first.start(), first.folder)
    log.faults = Faults()
    before = first.issuer.kid
    current = await rotate(first.start(), first.folder)
    assert current.kid == first.issuer.kid != before
    assert log.partition(PLACE).end == 2


async def test_of_two_rotations_at_the_same_time_one_counts(tmp_path: Path) -> None:
    log = LogOfTwo()
    first, second = (Machine(log, tmp_path / name) for name in ("first", "second"))
    Issuer(first.folder)
    shared_secret(first.settings.secret_path)
    second.copy_from(first, "secret", KEY_FILE)
    await asyncio.gather(*(each.start().agree() for each in (first, second)))
    ended = await asyncio.gather(
        *(rotate(each.start(), each.folder) for each in (first, second)), return_exceptions=True
    )
    assert sorted(type(each) for each in ended if isinstance(each, Exception)) == [LogError]
    (won,) = [each for each in ended if isinstance(each, KeysRecorded)]
    history = await first.start().read()
    assert history.keys[-1].kid == won.kid
    assert len(history.keys) == 2
    assert log.partition(PLACE).end == 4


async def test_a_key_recorded_without_the_secret_does_not_count(
    log: MemoryLog, first: Machine, tmp_path: Path
) -> None:
    """Given somebody who may write to the topic, then neither a copied fingerprint nor a wrong seal helps."""
    history = await first.start().read()
    thief = Issuer(tmp_path / "thief")
    own = history.keys[0]
    made = KeysRecorded(
        **{name: getattr(own, name) for name in ("secret", "recorded_at", "host", "secret_file", "key_file")},
        kid=thief.kid,
        key=thief.jwks()["keys"][0]["x"],
        replaces=own.kid,
    )
    producer = await log.producer()
    for value in (encode(made), encode(sealed(made, b"guess" * 8)), b"nonsense", b"{}"):
        await producer.send(KEYS.name, Outgoing(b"keys", value))
    assert not await first.admits(token(thief))
    assert [each.kid for each in (await first.start().read()).keys] == [own.kid]


async def test_the_secret_alone_makes_no_key(log: MemoryLog, first: Machine, tmp_path: Path) -> None:
    """Given who has the secret, as deciders do, and may write to the topic, but has no private key."""
    (own,) = (await first.start().read()).keys
    secret, thief = read_secret(first.settings.secret_path), Issuer(tmp_path / "thief")
    made = msgspec.structs.replace(
        own, kid=thief.kid, key=thief.jwks()["keys"][0]["x"], replaces=own.kid, seals_from={}
    )
    by_thief = public_text(thief.signature(REPLACEMENT, signed_part(made)))
    await rotate(first.start(), first.folder)
    rotated = (await first.start().read()).keys[-1]
    producer = await log.producer()
    for replaces in (own.kid, rotated.kid):
        for signature in (None, by_thief, rotated.signature):
            forged = msgspec.structs.replace(made, replaces=replaces, signature=signature)
            await producer.send(KEYS.name, Outgoing(b"keys", encode(sealed(forged, secret))))
    assert not await first.admits(token(thief))
    assert [each.kid for each in (await first.start().read()).keys] == [own.kid, rotated.kid]


async def test_a_signature_covers_all_that_a_record_says(first: Machine) -> None:
    secret = read_secret(first.settings.secret_path)
    await rotate(first.start(), first.folder)
    began, rotated = (await first.start().read()).keys
    others: dict[str, Any] = {"at_once": True, "host": "another", "key": began.key, "seals_from": {"t": {}}}
    for name, value in others.items():
        changed = sealed(msgspec.structs.replace(rotated, **{name: value}), secret)
        assert KeyHistory([began, changed], secret).keys == [began], name
    assert KeyHistory([began, rotated], secret).keys == [began, rotated]


async def test_a_place_code_holds_as_long_as_its_key(first: Machine) -> None:
    code = PlaceCode(operation_id="o", place="post/p", from_ms=0, until_ms=60_000)
    issuer = first.issuer
    text = PlaceCodes(issuer, b"", "").address_of(code)
    running = first.start()
    await running.agree()
    codes = PlaceCodes(issuer, b"", "", running)
    await rotate(first.start(), first.folder)
    await running.read()
    assert codes.read(text) == code
    await rotate(first.start(), first.folder)
    await running.read()
    assert codes.read(text) is None


def test_a_history_without_records_has_nothing() -> None:
    history = KeyHistory([], b"s" * 32)
    assert (history.first, history.keys, history.valid()) == (None, [], [])
