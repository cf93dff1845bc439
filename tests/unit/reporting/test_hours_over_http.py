"""Hours over HTTP: one filter for every role and format, names for who may read them, LATIHAN on files."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import openpyxl
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.codec import encode
from pamwal.contracts.hours import HoursWorked
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords
from pamwal.contracts.scheduling import OfficerEntry, Order, OrderDeployments, RegisterOfficers
from pamwal.contracts.topics import PERSONAL
from pamwal.wire.log import Outgoing
from tests.unit.reporting.house import OPERATION, House, Written, a_house
from tests.unit.reporting.telling import at

DAY = "from=2024-10-03&to=2024-10-03"


async def named(written: Written, officer_id: str, name: str) -> None:
    """The officer's entry has a name, kept apart as an edge keeps it."""
    ref = f"ref-{officer_id}"
    record = PersonalRecord(
        operation_id=OPERATION, ref=ref, words=PersonalWords(name=name, nrp="=1+1"), written_at=at("06:00")
    )
    await written.put(PERSONAL.name, Outgoing(f"{OPERATION}/{ref}".encode(), encode(record)))
    entry = OfficerEntry(
        officer_id=officer_id, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="maulafa",
        person_ref=PersonalRef(ref=ref, digest="0" * 64),
    )  # fmt: skip
    await written.ask(RegisterOfficers(officers=[entry]))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A guard and an intel officer at a rally since nine, half past nine."""
    written = Written()
    await written.plan()
    await named(written, "KPG-1", "@Anggota Satu")
    for officer_id in ("KPG-1", "KPG-2"):
        await written.come(officer_id, "09:00")
    await written.decide("09:00")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def hours(house: House, role: Role, query: str = "") -> HoursWorked:
    answer = await house.get(f"/hours?{query}", role)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=HoursWorked)


@pytest.mark.parametrize(
    ("role", "told", "name"),
    [
        ("ops_head", ["KPG-1", "KPG-2"], "@Anggota Satu"),
        ("command_post", ["KPG-1"], "@Anggota Satu"),
        ("field_commander", ["KPG-1"], None),
        ("admin", ["KPG-1"], None),
        ("officer", ["KPG-1"], None),
        ("viewer", [], None),
        ("propam", [], None),
    ],
)
async def test_each_role_reads_the_totals_and_whom_it_may_see(
    house: House, role: Role, told: list[str], name: str | None
) -> None:
    found = await hours(house, role)
    assert (found.officers_count, found.total.ordered_h, found.total.worked_h) == (2, 4.0, 1.0)
    assert [each.officer_id for each in found.officers] == told
    assert [each.name for each in found.officers[:1]] == [name][: len(told)]
    assert (found.exercise, found.first_day, found.last_day) == (True, "2024-10-03", "2024-10-03")


async def test_nobody_asks_for_the_total_of_one_whom_he_may_not_see(house: House) -> None:
    for role, officer_id, count in (
        ("command_post", "KPG-2", 0), ("viewer", "KPG-1", 0), ("ops_head", "KPG-2", 1),
        ("officer", "KPG-1", 1), ("officer", "KPG-2", 0),
    ):  # fmt: skip
        found = await hours(house, role, f"officer={officer_id}")  # type: ignore[arg-type]
        assert (role, officer_id, found.officers_count) == (role, officer_id, count)


@pytest.mark.parametrize(("role", "told"), [("ops_head", ["KPG-1", "KPG-2"]), ("command_post", ["KPG-1"])])
async def test_csv_is_safe_in_a_spreadsheet_and_says_that_it_is_an_exercise(
    house: House, role: Role, told: list[str]
) -> None:
    answer = await house.get(f"/hours.csv?{DAY}", role)
    assert answer.headers["content-disposition"].endswith('"LATIHAN-hours-2024-10-03-2024-10-03.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["officer_id"] for row in rows] == told
    first = rows[0]
    assert (first["LATIHAN"], first["name"], first["nrp"]) == ("LATIHAN", "'@Anggota Satu", "'=1+1")
    assert (first["ordered_h"], first["worked_h"], first["unended"]) == ("2.0", "0.5", "0")


@pytest.mark.parametrize(("role", "told"), [("ops_head", ["KPG-1", "KPG-2"]), ("command_post", ["KPG-1"])])
async def test_a_workbook_has_the_same_with_numbers_as_numbers(
    house: House, role: Role, told: list[str]
) -> None:
    answer = await house.get(f"/hours.xlsx?{DAY}", role)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    header, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert sheet.title.startswith("LATIHAN")
    assert [row[header.index("officer_id")] for row in rows] == told
    assert rows[0][header.index("name")] == "'@Anggota Satu"
    assert rows[0][header.index("ordered_h")] == 2
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_rows_are_for_who_may_see_officers(house: House, role: Role, form: str) -> None:
    answer = await house.get(f"/hours.{form}", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_what_makes_no_sense_is_refused_in_a_sentence(house: House) -> None:
    for query, says in (
        ("from=2024-10-03&to=2024-10-02", "2024-10-02 is before 2024-10-03"),
        ("from=yesterday", "a day such as 2024-10-03"),
        ("from=2023-01-01&to=2024-10-03", "more than 366"),
        ("limit=0", "limit"),
    ):
        answer = await house.get(f"/hours?{query}")
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text


async def test_a_page_ends_where_the_next_begins(house: House) -> None:
    first = await hours(house, "ops_head", "limit=1")
    second = await hours(house, "ops_head", f"limit=1&after={first.next_after}")
    assert [each.officer_id for page in (first, second) for each in page.officers] == ["KPG-1", "KPG-2"]
    assert second.next_after is None


async def test_what_was_worked_as_it_was_known_earlier(house: House) -> None:
    then = await hours(house, "ops_head", f"known={at('08:30')}&at={at('09:30')}")
    assert (then.total.worked_h, then.total.ordered_h) == (0.0, 4.0)
    assert then.knowledge is not None
    assert then.knowledge.known == at("08:30")
    assert (await hours(house, "ops_head")).total.worked_h == 1.0


async def test_who_is_on_intel_since_is_not_told_of_as_he_was_known_before(house: House) -> None:
    earlier = f"known={at('09:00')}&at={at('09:30')}"
    assert [each.officer_id for each in (await hours(house, "command_post", earlier)).officers] == ["KPG-1"]
    order = Order(
        deployment_id="d-3", officer_id="KPG-1", place="rally/a", role="intel", starts_at=at("11:30"),
        ends_at=at("12:00"),
    )  # fmt: skip
    await house.written.ask(OrderDeployments(sprin="S/2", orders=[order]), "09:20")
    await house.written.decide("09:20")
    await house.until_folded()
    assert (await hours(house, "command_post", earlier)).officers == []
    assert len((await hours(house, "ops_head", earlier)).officers) == 2
