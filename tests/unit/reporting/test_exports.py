"""The situation as files: one filter for every role and format, LATIHAN on all, no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.field import ReportIncident
from pamwal.contracts.places import Point
from pamwal.contracts.reporting import Situation
from pamwal.contracts.scheduling import RegisterSites, SiteEntry
from pamwal.places import kupang
from services.reporting.exports.tables import FAMILY_SECTIONS, SECTIONS, tables_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import DAY, OEPURA, Teller, at
from tests.unit.reporting.test_families import come, get, manned, opened

ROLES: list[Role] = ["ops_head", "command_post", "field_commander", "admin", "officer", "viewer", "propam"]
SEE_INCIDENTS = {"ops_head", "command_post", "field_commander", "admin"}
INSIDE = Point(latitude=-10.2, longitude=123.6)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A guard and an intel officer at a rally, a site with a name that is a formula, and an incident."""
    written = Written()
    await written.plan()
    await written.ask(
        RegisterSites(
            sites=[
                SiteEntry(
                    site_id="g1", kind="logistics", name='=HYPERLINK("x")', kelurahan=OEPURA, point=INSIDE,
                    starts_at=at("00:00"), ends_at=at("23:00"),
                )
            ]
        )
    )  # fmt: skip
    for officer_id in ("KPG-1", "KPG-2"):
        await written.come(officer_id, "09:00")
    await written.ask(
        ReportIncident(
            incident_id="i1", kind="crowd_clash", severity="moderate", kelurahan=OEPURA, place="rally/a",
            position=INSIDE,
        ),
        "09:10",
        post="maulafa",
    )  # fmt: skip
    await written.decide("09:10")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def table(house: House, section: str, role: Role) -> list[dict[str, str]]:
    answer = await house.get(f"/situation.csv?section={section}", role)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("role", ROLES)
async def test_csv_holds_what_the_situation_tells_this_role(house: House, role: Role) -> None:
    told = msgspec.convert(await house.read("/situation", role), Situation)
    for section in SECTIONS:
        rows = await table(house, section, role)
        found = getattr(told, section)
        count = 1 if section == "total" else len(found if isinstance(found, list) else found.rows)
        assert (role, section, len(rows)) == (role, section, count)
        assert all(row["LATIHAN"] == "LATIHAN" and row["day"] == DAY for row in rows)
    (venue,) = await table(house, "venues", role)
    assert venue["present"] == str(told.venues[0].strength.present)
    assert len(await table(house, "incidents", role)) == (1 if role in SEE_INCIDENTS else 0)


@pytest.mark.parametrize("role", ROLES)
async def test_a_workbook_has_a_sheet_for_each_section_and_no_formula(house: House, role: Role) -> None:
    answer = await house.get("/situation.xlsx", role)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == [f"LATIHAN {section}" for section in SECTIONS]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    sites = list(book["LATIHAN sites"].iter_rows(values_only=True))
    assert sites[1][sites[0].index("name")] == '\'=HYPERLINK("x")'
    assert len(list(book["LATIHAN incidents"].iter_rows())) == (2 if role in SEE_INCIDENTS else 1)


@pytest.mark.parametrize("role", ROLES)
async def test_a_map_places_what_the_role_may_see(house: House, role: Role) -> None:
    answer = await house.get("/situation.geojson", role)
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-disposition"].endswith(f'"LATIHAN-situation-turangga-{DAY}.geojson"')
    found: dict[str, Any] = msgspec.json.decode(answer.content)
    assert (found["type"], found["exercise"]) == ("FeatureCollection", True)
    by_id = {each["id"]: each for each in found["features"]}
    near = kupang().place(OEPURA).point
    assert by_id["venue/v-a"]["geometry"]["coordinates"] == [near.longitude, near.latitude]
    assert by_id["venue/v-a"]["properties"]["approximate"] is True
    assert by_id["site/g1"]["geometry"]["coordinates"] == [123.6, -10.2]
    assert by_id["site/g1"]["properties"]["what"] == "logistics"
    assert ("incident/i1" in by_id) == (role in SEE_INCIDENTS)
    assert all("officer" not in key for each in by_id.values() for key in each["properties"])


async def test_files_are_kept_by_no_cache(house: House) -> None:
    for form in ("csv", "xlsx", "geojson"):
        answer = await house.get(f"/situation.{form}")
        assert (form, answer.headers["cache-control"]) == (form, "no-store")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_makes_no_sense_is_refused_in_a_sentence(house: House) -> None:
    for path, says in (
        ("/situation.csv?section=names", "section"),
        ("/situation.csv?day=yesterday", "a day such as 2024-10-03"),
        ("/situation.geojson?at=noon", "at:"),
    ):
        answer = await house.get(path)
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text


async def test_a_parents_workbook_and_table_have_its_family(tmp_path: Path) -> None:
    written = Written()
    await opened(written, "ntt", None)
    await opened(written, "kupang", "ntt")
    await opened(written, "rote", "ntt")
    await manned(written, "kupang", "KPG-1", "KPG-2")
    await manned(written, "rote", "KPG-2")
    await come(written, "kupang", "KPG-1", "09:05")
    async with a_house(tmp_path, written) as house:
        for moment in ("", f"&known={at('09:10')}"):
            told = await get(house, "ntt", f"/situation.csv?section=children{moment}")
            rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))
            assert [(row["operation_id"], row["ordered"], row["present"]) for row in rows] == [
                ("kupang", "2", "1"), ("rote", "1", "0"),
            ], moment  # fmt: skip
            told = await get(house, "ntt", f"/situation.csv?section=rolled_up{moment}")
            (row,) = csv.DictReader(io.StringIO(told.content.decode("utf-8-sig")))
            assert (row["operations"], row["ordered"], row["rallies_active"]) == ("3", "2", "2"), moment
            assert (row["LATIHAN"], row["posts_total"], row["unseen"]) == ("LATIHAN", "6", "")
        book = openpyxl.load_workbook(io.BytesIO((await get(house, "ntt", "/situation.xlsx")).content))
        assert book.sheetnames == [f"LATIHAN {section}" for section in (*SECTIONS, *FAMILY_SECTIONS)]
        alone = await get(house, "kupang", "/situation.csv?section=children")
        assert len(alone.content.splitlines()) == 1, "the columns alone"


def test_a_real_operation_is_marked_nowhere() -> None:
    teller = Teller()
    teller.plan("r", "09:00", "11:00")
    tables = tables_of(teller.situation("10:00"))
    assert [each.title for each in tables] == list(SECTIONS)
    assert all("LATIHAN" not in each.columns for each in tables)
