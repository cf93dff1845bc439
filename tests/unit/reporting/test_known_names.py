"""A query that names what nobody knows of is told so, and what there is: empty would be `nothing there`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.field import CheckIn, InviteDevices
from pamwal.contracts.field.devices import Invitation
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import MoveRally
from services.reporting.known_names import nearest
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OEPURA, OPERATION, at


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One rally at `v-a`; at 09:15 somebody not on the roster comes to a rally that nobody planned."""
    written = Written()
    await written.plan()
    await written.come("KPG-1", "09:00")
    await written.decide("09:01")
    await written.ask(CheckIn(officer_id="BKO-9", place="rally/zz", method="manual"), "09:15", post="far")
    await written.decide("09:16")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


@pytest.mark.parametrize(
    ("path", "status", "code", "says"),
    [
        ("/timeline?venue=v-b", 404, "unknown_venue", "venue: 'v-b' is not known of this operation; "),
        ("/timeline?venue=rally/b", 404, "unknown_venue", "there is rally/a, v-a"),
        ("/timeline?post=oebobo", 404, "unknown_post", "there is alak, maulafa"),
        ("/timeline?officer=KPG-7", 404, "unknown_officer", "there is KPG-1"),
        ("/timeline.csv?officer=KPG-7", 404, "unknown_officer", "there is KPG-1"),
        ("/children/timeline?post=oebobo", 404, "unknown_post", "is known of none of these operations"),
        ("/timeline?kind=check_in", 422, "malformed", "kind: 'check_in' is no type of fact in the log; "),
        ("/timeline?kind=heartbeat_heard", 422, "malformed", "kind: 'heartbeat_heard' is no type of fact"),
        ("/timeline?severity=bad", 422, "malformed", "there is extreme, minor, moderate, severe"),
        ("/timeline?from=2024-10-03T10:00:00Z&to=2024-10-03T09:00:00Z", 422, "malformed", "not behind from"),
        ("/hours?officer=KPG-7", 404, "unknown_officer", "there is KPG-1"),
        ("/hours?unit=Sabhara", 404, "unknown_unit", "there is Samapta"),
        ("/hours.xlsx?unit=Sabhara", 404, "unknown_unit", "there is Samapta"),
        ("/officers/KPG-7/presences", 404, "unknown_officer", "there is KPG-1"),
        ("/explain?of=present&kelurahan=53.71.02.1999", 404, "unknown_kelurahan", f"there is {OEPURA}"),
        ("/places/rally/b/ics-204", 404, "unknown_place", "is not planned; there is rally/a"),
        ("/parity?election=bupati", 404, "unknown_election", "there is walikota"),
    ],
)
async def test_what_is_not_known_is_said_and_what_there_is(
    house: House, path: str, status: int, code: str, says: str
) -> None:
    answer = await house.get(path, "ops_head")
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert says in answer.json()["detail"], answer.text


@pytest.mark.parametrize(
    ("query", "entries"),
    [
        ("venue=v-a", True),
        ("venue=rally/a&kind=rally_closed", False),
        ("venue=rally/zz", True),
        ("officer=BKO-9", True),
        ("post=far", True),
        ("post=alak&text=xyzzy", False),
        ("officer=KPG-1&kind=roll_called", False),
    ],
)
async def test_what_a_table_or_a_fact_names_is_known_and_may_well_have_nothing(
    house: House, query: str, entries: bool
) -> None:
    found = await house.read(f"/timeline?{query}", "ops_head")
    assert bool(found["entries"]) is entries


async def test_who_is_on_no_roster_is_found_by_a_unit_without_a_name(house: House) -> None:
    found = await house.read("/hours?unit=", "ops_head")
    assert [each["officer_id"] for each in found["officers"]] == ["BKO-9"]


async def test_a_name_is_as_unknown_as_it_was_then(house: House) -> None:
    for query, name in (("officer=BKO-9", "officer"), ("post=far", "post"), ("venue=rally/zz", "venue")):
        then = await house.get(f"/timeline?{query}&known={at('09:05')}", "ops_head")
        assert (then.status_code, then.json()["code"]) == (404, f"unknown_{name}"), then.text
        later = await house.get(f"/timeline?{query}&known={at('09:20')}", "ops_head")
        assert later.status_code == 200, later.text
    then = await house.get(f"/hours?officer=BKO-9&known={at('09:05')}", "ops_head")
    assert then.status_code == 404


async def test_a_venue_that_a_rally_moved_from_and_an_officer_with_a_device_alone_are_known(
    tmp_path: Path,
) -> None:
    written = Written()
    await written.plan()
    elsewhere = Venue(venue_id="v-b", name="Aula", kelurahan=OEPURA)
    await written.ask(
        MoveRally(rally_id="a", venue=elsewhere, starts_at=at("09:00"), ends_at=at("11:00")),
        "07:00",
    )
    invited = Invitation(
        device_id="BKO-3-1", officer_id="BKO-3", code_sha256="0" * 64, expires_at=at("12:00")
    )
    await written.ask(InviteDevices(invitations=[invited]), "07:01")
    await written.decide("07:02")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        assert (await house.read("/timeline?venue=v-a", "ops_head"))["entries"] == []
        assert (await house.read("/timeline?officer=BKO-3", "ops_head"))["entries"]


@pytest.mark.parametrize(("role", "told"), [("command_post", False), ("ops_head", True)])
async def test_nobody_is_pointed_to_who_is_withheld(house: House, role: Role, told: bool) -> None:
    detail = (await house.get("/timeline?officer=KPG-7", role)).json()["detail"]
    assert ("KPG-2" in detail) is told
    assert (await house.get("/timeline?officer=KPG-2", role)).status_code == 200


async def test_an_officer_is_told_of_himself_and_not_who_else_there_is(house: House) -> None:
    for path in ("/timeline?officer=KPG-7", "/timeline?post=oebobo", "/hours?officer=KPG-7"):
        assert (await house.get(path, "officer")).status_code == 200, path


async def test_a_browser_is_told_in_its_language(house: House) -> None:
    headers = {**house.bearer("ops_head"), "accept": "text/html"}
    for query, status, title, advice in (
        ("post=oebobo", 404, "Tidak dikenal: posko “oebobo”", "Yang ada: alak, maulafa."),
        ("severity=bad", 422, "Tidak dikenal: tingkat kejadian “bad”", "extreme, minor"),
        ("kind=check_in", 422, "Tidak dikenal: jenis catatan “check_in”", "Yang ada: checked_in, "),
    ):
        answer = await house.client.get(f"/timeline?operation={OPERATION}&{query}", headers=headers)
        assert (answer.status_code, title in answer.text) == (status, True), answer.text
        assert advice in answer.text


def test_the_nearest_are_those_written_alike_or_called_so() -> None:
    there = {f"K-{each:04}": "" for each in range(3_000)} | {"aula-oebobo": "Aula Lama"}
    assert nearest("K-O123", there)[0].startswith("K-")
    assert nearest("aula_oebobo", there) == ["aula-oebobo"]
    assert "aula-oebobo" in nearest("aula lama", {"aula-oebobo": "Aula Lama", **dict.fromkeys("bcdefg", "")})
    assert nearest("zz", {"b": "", "a": ""}) == ["a", "b"]
    assert nearest("zz", {}) == []
