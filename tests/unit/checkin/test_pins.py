"""Signing on with a PIN at a post's PC: who sets it, how often it is tried, where it stands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
import pytest

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import CheckIn
from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import OfficerRow, WithdrawOfficers
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL
from pamwal.wire.log import Outgoing, Record, TopicPartition
from services.checkin.pin_routes import SIGNED_ON_S
from services.checkin.pins import Pins, fits, hashed
from services.checkin.settings import HASHED_AT_ONCE, HASHES_WAITING_MAX
from services.checkin.tries import LOCKED_S, MARK, POST_MS, POST_TRIES, TRIES, Tries, Who
from tests.unit.checkin.district import OPERATION, ROOT, District, district
from tests.wire.witness import everything

PIN = "482913"


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path) as found:
        yield found


async def set_pin(
    kupang: District, pin: str = PIN, officer: str = "k-1", headers: dict[str, str] | None = None
) -> httpx.Response:
    path = f"{ROOT}/officers/{officer}/pin"
    return await kupang.clients["checkin"].put(path, json={"pin": pin}, headers=headers or kupang.token())


async def sign_on(
    kupang: District, pin: str = PIN, officer: str = "k-1", headers: dict[str, str] | None = None
) -> httpx.Response:
    body = {"officer_id": officer, "pin": pin}
    path = f"{ROOT}/sign-on"
    return await kupang.clients["checkin"].post(path, json=body, headers=headers or kupang.token())


def codes(answers: list[httpx.Response]) -> list[tuple[int, str | None]]:
    return [(each.status_code, each.json().get("code")) for each in answers]


async def test_who_signs_on_is_the_actor_of_what_the_posts_pc_says(kupang: District) -> None:
    assert (await set_pin(kupang)).json() == {"officer_id": "k-1", "has_pin": True}
    signed = (await sign_on(kupang, officer="K-1")).json()
    assert (signed["actor"], signed["role"], signed["post"]) == ("k-1", "command_post", "oebobo")
    data = CheckIn(officer_id="k-3", place="rally/oebobo-1", method="manual")
    said = await kupang.say(kupang.body(data), {"authorization": f"Bearer {signed['token']}"})
    assert said.status_code == 201, said.text
    request = (await kupang.requests())[-1]
    assert (request.actor, request.claims) == (
        "k-1", f"role=command_post operation={OPERATION} mode=exercise post=oebobo",
    )  # fmt: skip


async def test_a_pin_stands_nowhere_and_its_hash_in_no_decision(kupang: District) -> None:
    await set_pin(kupang)
    kept = await everything(kupang.log, PERSONAL.name)
    assert [b"scrypt$" in each.value for each in kept if b"/pin-" in (each.key or b"")] == [True]
    for topic in (PERSONAL, FIELD_REQUESTS, FIELD_DECISIONS):
        records = await everything(kupang.log, topic.name)
        assert all(PIN.encode() not in each.value for each in records)
    assert all(b"k-1" not in (each.key or b"") for each in kept)
    for topic in (FIELD_REQUESTS, FIELD_DECISIONS):
        assert all(b"scrypt" not in each.value for each in await everything(kupang.log, topic.name))


async def test_a_changed_pin_replaces_the_old_and_a_removed_one_lets_nobody_in(kupang: District) -> None:
    await set_pin(kupang)
    await set_pin(kupang, "777111")
    assert codes([await sign_on(kupang), await sign_on(kupang, "777111")]) == [
        (403, "wrong_pin"),
        (200, None),
    ]
    path = f"{ROOT}/officers/k-1/pin"
    removed = await kupang.clients["checkin"].delete(path, headers=kupang.token())
    assert removed.json()["has_pin"] is False
    assert codes([await sign_on(kupang, "777111")]) == [(403, "no_pin")]
    assert codes([await sign_on(kupang, officer="k-2")]) == [(403, "no_pin")]


async def test_five_wrong_tries_lock_until_a_new_pin_is_set(kupang: District) -> None:
    await set_pin(kupang)
    wrong = [await sign_on(kupang, "000000") for _ in range(TRIES)]
    assert codes(wrong) == [(403, "wrong_pin")] * TRIES
    locked = await sign_on(kupang)
    assert codes([locked]) == [(429, "locked")]
    assert 0 < int(locked.headers["retry-after"]) <= LOCKED_S + 1
    await set_pin(kupang)
    assert codes([await sign_on(kupang)]) == [(200, None)]


async def test_thirty_wrong_tries_of_a_post_lock_it_whatever_its_device_and_officers(
    kupang: District,
) -> None:
    one, other = kupang.token(), kupang.token(subject="somebody-else")
    for number in range(POST_TRIES // TRIES):
        await set_pin(kupang)
        by = (one, other)[number % 2]
        wrong = [await sign_on(kupang, "000000", headers=by) for _ in range(TRIES)]
        assert codes(wrong) == [(403, "wrong_pin")] * TRIES
    await set_pin(kupang)
    await set_pin(kupang, officer="k-2")

    for officer in ("k-1", "k-2"):
        locked = await sign_on(kupang, officer=officer)
        assert codes([locked]) == [(429, "locked")]
        assert "30 wrong PINs at oebobo within an hour" in locked.json()["detail"]
        assert 3500 < int(locked.headers["retry-after"]) <= 3601


async def test_more_pins_than_may_wait_to_be_hashed_are_told_to_come_again(kupang: District) -> None:
    places = HASHED_AT_ONCE + HASHES_WAITING_MAX
    answers = await asyncio.gather(*(set_pin(kupang, headers=kupang.token()) for _ in range(4 * places)))

    assert {each.status_code for each in answers} == {200, 503}
    assert sum(each.status_code == 200 for each in answers) >= places
    for each in answers:
        if each.status_code == 503:
            assert (each.json()["code"], each.headers["retry-after"]) == ("busy", "2")
    assert codes([await sign_on(kupang)]) == [(200, None)]


async def test_who_may_set_a_pin_and_who_signs_on(kupang: District) -> None:
    for headers, expected in (
        (kupang.token(post="maulafa"), (403, "not_yours")),
        (kupang.token("ops_head", None), (200, None)),
        (kupang.token("admin", None), (200, None)),
        (kupang.token("officer", "oebobo", "k-1"), (200, None)),
        (kupang.token("officer", "oebobo", "k-2"), (403, "not_yours")),
        (kupang.token("viewer", None), (403, "wrong_role")),
    ):
        assert codes([await set_pin(kupang, headers=headers)]) == [expected]
    assert codes([await set_pin(kupang, officer="k-9")]) == [(404, "unknown_officer")]
    for pin in ("12345", "1" * 13, "12345a", "１２３４５６"):
        assert (await set_pin(kupang, pin)).status_code == 422
    for headers in (kupang.token("admin", None), kupang.token("officer", "oebobo", "k-1")):
        assert codes([await sign_on(kupang, headers=headers)]) == [(403, "wrong_role")]


async def test_only_officers_of_the_roster_sign_on_and_at_their_home_post(kupang: District) -> None:
    for officer in ("k-1", "k-2"):
        assert codes([await set_pin(kupang, officer=officer)]) == [(200, None)]
    withdrawn = WithdrawOfficers(rows=[OfficerRow(officer_id="k-2")], cause="pensiun")
    await kupang.must_plan(withdrawn)
    for post in ("oebobo", "maulafa"):
        refused = await sign_on(kupang, officer="k-2", headers=kupang.token(post=post))
        assert codes([refused]) == [(404, "unknown_officer")]
    foreign = await sign_on(kupang, headers=kupang.token(post="maulafa"))
    assert codes([foreign]) == [(403, "not_yours")]
    assert "k-1 is of post oebobo" in foreign.json()["detail"]
    assert codes([await sign_on(kupang)]) == [(200, None)]


async def test_who_signed_on_does_not_sign_on_again_nor_longer_than_the_post(kupang: District) -> None:
    await set_pin(kupang)
    bindings: dict[str, Any] = {
        "role": "command_post", "operation": OPERATION, "mode": "exercise", "post": "oebobo", "subject": "pc",
    }  # fmt: skip
    own = {lifetime_s: kupang.issuer.issue(**bindings, lifetime_s=lifetime_s) for lifetime_s in (600, 86_400)}
    for lifetime_s, of_post in own.items():
        signed = (await sign_on(kupang, headers={"authorization": f"Bearer {of_post}"})).json()
        of_person = {"authorization": f"Bearer {signed['token']}"}
        claims = [
            jwt.decode(each, options={"verify_signature": False}) for each in (signed["token"], of_post)
        ]
        assert claims[0]["exp"] <= claims[1]["exp"]
        assert claims[0]["exp"] - claims[0]["iat"] <= min(lifetime_s, SIGNED_ON_S)
        assert abs(to_ms(signed["expires_at"]) - claims[0]["exp"] * 1000) < 2_000
        for officer in ("k-1", "k-2"):
            again = await sign_on(kupang, officer=officer, headers=of_person)
            assert codes([again]) == [(403, "not_yours")]
            assert "sign on with the post's own" in again.json()["detail"]


async def test_another_edge_of_the_operation_finds_the_pin(kupang: District) -> None:
    await set_pin(kupang)
    records = await everything(kupang.log, PERSONAL.name)
    secret = (kupang.settings.secret_path).read_text()
    other = Pins(kupang.log, bytes.fromhex(secret))
    other._fold(TopicPartition(PERSONAL.name, 0), records)
    kept = other.kept_of(OPERATION, "k-1")
    assert kept is not None
    assert fits(PIN, kept)
    assert other.kept_of("another-operation", "k-1") is None


def test_a_lock_ends_by_itself_and_tries_count_before_they_are_looked_at() -> None:
    now = [0]
    tries, who = Tries(b"secret", lambda: now[0]), Who(OPERATION, "oebobo", "k-1")
    for _ in range(TRIES):
        tries.begin(who)
    with pytest.raises(HttpProblem, match="try again in 15 min"):
        tries.begin(who)
    tries.begin(who._replace(post="maulafa"))
    now[0] = LOCKED_S * 1000 - 1
    with pytest.raises(HttpProblem):
        tries.begin(who)
    now[0] = LOCKED_S * 1000
    tries.begin(who)
    assert "4 tries are left" in str(tries.wrong(who))


class Edges:
    """Several edges' counts, and the records each of them reads in the end."""

    def __init__(self, count: int) -> None:
        self.now_ms = 1_000_000
        self.all = [self.another() for _ in range(count)]
        self.records: list[Record] = []
        self._read = 0

    def another(self) -> Tries:
        return Tries(b"secret", lambda: self.now_ms)

    def wrong(self, tries: Tries, who: Who) -> None:
        """A wrong PIN; HttpProblem if it is not even looked at."""
        tries.begin(who)
        self.put(tries.told(who, "2024-10-03T01:00:00.000Z"))

    def put(self, out: Outgoing) -> None:
        record = Record(PERSONAL.name, 0, len(self.records), out.key, out.value, (), self.now_ms)
        self.records.append(record)

    def read(self) -> None:
        """All edges read what was written."""
        for record in self.records[self._read :]:
            for tries in self.all:
                tries.fold(record)
        self._read = len(self.records)

    def looked_at(self, who: Who, *, waves: int) -> int:
        """How many wrong PINs are looked at if one is tried at every edge at once, wave after wave."""
        found = 0
        for _ in range(waves):
            for tries in self.all:
                with contextlib.suppress(HttpProblem):
                    self.wrong(tries, who)
                    found += 1
            self.read()
        return found


WHO: Final = Who(OPERATION, "oebobo", "k-1")


def test_many_edges_give_no_more_tries_than_one_but_for_those_of_one_moment() -> None:
    assert Edges(1).looked_at(WHO, waves=20) == TRIES
    assert Edges(2).looked_at(WHO, waves=20) <= TRIES + 1
    assert Edges(4).looked_at(WHO, waves=20) <= TRIES + 3
    edges = Edges(3)
    for number in range(TRIES):
        edges.wrong(edges.all[number % 3], WHO)
        edges.read()
    for tries in edges.all:
        with pytest.raises(HttpProblem, match="try again in 15 min"):
            tries.begin(WHO)
    edges.now_ms += LOCKED_S * 1000
    assert edges.looked_at(WHO, waves=20) <= TRIES + 2, "and so for each quarter of an hour"


def test_an_edge_that_starts_knows_the_lock_from_the_newest_record_alone() -> None:
    edges = Edges(2)
    edges.looked_at(WHO, waves=20)
    late = edges.another()
    late.fold(edges.records[-1])
    with pytest.raises(HttpProblem, match="try again in 15 min"):
        late.begin(WHO)
    late.begin(WHO._replace(post="maulafa"))
    edges.now_ms += LOCKED_S * 1000
    late.begin(WHO)


def test_the_right_pin_and_a_new_one_are_known_to_every_edge() -> None:
    edges = Edges(2)
    one, other = edges.all
    for _ in range(TRIES - 1):
        edges.wrong(one, WHO)
    edges.read()
    other.begin(WHO)
    forgotten = other.right(WHO)
    assert forgotten is not None
    edges.put(forgotten)
    edges.read()
    assert edges.looked_at(WHO, waves=20) >= TRIES
    officer = (edges.records[0].key or b"").rpartition(b"-")[0]
    late = edges.another()
    for tries in (*edges.all, late):
        tries.changed(officer, edges.now_ms)
    for record in edges.records:
        late.fold(record)
    for tries in (*edges.all, late):
        for _ in range(TRIES):
            tries.begin(WHO)


async def test_a_lock_is_known_to_another_edge_and_names_nobody(kupang: District) -> None:
    await set_pin(kupang)
    for _ in range(TRIES):
        await sign_on(kupang, "000000")
    records = await everything(kupang.log, PERSONAL.name)
    told = [each for each in records if MARK in (each.key or b"")]
    assert len(told) == TRIES
    assert all(b"k-1" not in each.value + (each.key or b"") for each in told)
    other = Pins(kupang.log, bytes.fromhex((kupang.settings.secret_path).read_text()))
    other._fold(TopicPartition(PERSONAL.name, 0), records)
    with pytest.raises(HttpProblem, match="5 wrong PINs of k-1"):
        other.tries.begin(WHO)


async def test_names_that_are_made_up_do_not_push_a_lock_out(kupang: District) -> None:
    await set_pin(kupang)
    for _ in range(TRIES):
        await sign_on(kupang, "000000")
    before = len(await everything(kupang.log, PERSONAL.name))
    assert (
        codes([await sign_on(kupang, officer=f"x-{n}") for n in range(20)]) == [(404, "unknown_officer")] * 20
    )
    assert codes([await sign_on(kupang)]) == [(429, "locked")]
    assert len(await everything(kupang.log, PERSONAL.name)) == before


def test_each_hash_has_a_salt_of_its_own() -> None:
    first, second = hashed(PIN), hashed(PIN)
    assert first != second
    assert fits(PIN, first)
    assert fits(PIN, second)
    assert not fits("482914", first)


def of(number: int) -> Who:
    return WHO._replace(officer_id=f"k-{number}")


def locked_post(tries: Tries, who: Who) -> bool:
    try:
        tries.begin(who)
    except HttpProblem as problem:
        return f"{POST_TRIES} wrong PINs at {who.post}" in str(problem)
    return False


def test_a_post_is_locked_at_each_edge_also_one_that_starts_and_after_compaction() -> None:
    edges = Edges(2)
    for number in range(POST_TRIES):
        edges.wrong(edges.all[number % 2], of(number // TRIES))
        edges.read()
    newest = {record.key: record for record in edges.records}
    started, compacted = edges.another(), edges.another()
    for record in edges.records:
        started.fold(record)
    for record in newest.values():
        compacted.fold(record)

    for tries in (*edges.all, started, compacted):
        assert locked_post(tries, of(99))
        assert not locked_post(tries, of(99)._replace(post="maulafa"))
        assert not locked_post(tries, of(99)._replace(operation_id="another"))
    edges.now_ms += POST_MS
    assert not any(locked_post(tries, of(99)) for tries in (*edges.all, started, compacted))


def test_a_right_pin_is_no_wrong_try_and_a_new_pin_frees_the_officer_not_the_post() -> None:
    edges = Edges(1)
    tries = edges.all[0]
    for number in range(POST_TRIES * 2):
        tries.begin(of(number))
        tries.right(of(number))
    assert not locked_post(tries, of(1))
    tries.right(of(1))
    for number in range(POST_TRIES):
        edges.wrong(tries, of(number))
    edges.now_ms += 1
    started = edges.another()
    for number in range(POST_TRIES):
        officer = tries._key(of(number)).rpartition(b"-")[0]
        started.changed(officer, edges.now_ms)
        tries.changed(officer, edges.now_ms)
    for record in edges.records:
        started.fold(record)
    assert locked_post(tries, of(1))
    assert locked_post(started, of(1))
