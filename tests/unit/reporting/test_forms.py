"""ICS 204: the assignments of a place on a day, as data and to print, as far as each role may see."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pypdf
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.printing.paper import paper_of
from services.reporting.forms.assignment_list import assignment_list
from services.reporting.forms.sheets import ROLES, STATES, assignment_sheet
from services.reporting.views.stands import StandState
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import DAY, Teller, at, name_of
from tests.unit.reporting.test_hours_over_http import named


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A guard with a name and an intel officer at a rally since nine, half past nine."""
    written = Written()
    await written.plan()
    await named(written, "KPG-1", "Anggota Satu")
    await written.come("KPG-1", "09:00")
    await written.decide("09:00")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


def list_of(teller: Teller, place: str = "rally/r", clock: str = "09:30", **more: Any) -> Any:
    defaults: dict[str, Any] = {
        "day": None, "sight": "full", "name_of": name_of, "words_of": lambda _: None, "vector": {},
    }  # fmt: skip
    return assignment_list(teller.picture(), place, at(clock), **{**defaults, **more})


def planned() -> Teller:
    teller = Teller()
    teller.open()
    teller.register("A", "B", "C")
    teller.plan("r", "09:00", "11:00", required={"guard": 1, "field_commander": 1, "intel": 1})
    teller.order("A", "r", "09:00", "11:00")
    teller.order("B", "r", "08:30", "11:00", role="field_commander")
    teller.order("C", "r", "09:00", "11:00", role="intel")
    teller.come("A", "r", "09:05")
    return teller


def test_it_says_where_what_who_leads_and_how_everybody_stands() -> None:
    found = list_of(planned())
    assert (found.form, found.branch, found.division) == ("ICS 204", "Alak", "Batu Plat")
    assert found.work_assignments == (
        "limited_meeting walikota/1, 2024-10-03 09:00 WITA to 2024-10-03 11:00 WITA"
    )
    assert (found.operational_period_from, found.operational_period_to) == (at("00:00"), at("24:00"))
    assert [(each.resource, each.role) for each in found.supervisors] == [("B", "field_commander")]
    assert [(each.resource, each.state) for each in found.resources] == [("A", "at_place"), ("C", "unknown")]
    assert (found.ordered, found.posts, found.complete) == (3, ["Posko Alak"], True)
    assert found.special_instructions == ["STTP STTP/1"]


def test_without_a_day_it_is_of_the_nearest_on_which_the_place_is_held() -> None:
    teller = planned()
    teller.plan("tomorrow", "33:00", "35:00")
    teller.order("A", "tomorrow", "33:00", "35:00")
    teller.guard("g1")
    found = {place: list_of(teller, place) for place in ("rally/tomorrow", "rally/r", "site/g1")}
    assert {place: (each.day, each.ordered) for place, each in found.items()} == {
        "rally/tomorrow": ("2024-10-04", 1), "rally/r": (DAY, 3), "site/g1": (DAY, 0),
    }  # fmt: skip
    assert list_of(teller, "rally/r", "47:00").day == DAY, "it was yesterday"
    assert list_of(teller, "rally/tomorrow", day=DAY).ordered == 0, "asked for a day without it"


def test_on_paper_all_of_it_is_in_indonesian() -> None:
    teller = planned()
    teller.guard("g1")
    teller.plan("u", "15:00", "16:00", receipt=False)
    paper = paper_of("OMP", "Asia/Makassar", "", at("09:30"), exercise=True)
    sheets = [assignment_sheet(list_of(teller, place), paper) for place in ("rally/r", "rally/u", "site/g1")]
    told = [each.assignment for each in sheets]
    assert told[0] == "pertemuan terbatas, Paslon 1 walikota, 09.00–11.00"
    assert sheets[1].instructions == ["STTP belum diketahui"]
    assert "gudang logistik" in told[2]


def test_a_site_and_a_rally_without_receipt_and_what_is_planned_nowhere() -> None:
    teller = planned()
    teller.guard("g1")
    teller.order("A", "site/g1", "12:00", "14:00")
    assert list_of(teller, "site/g1").work_location == "Gudang g1"
    teller.plan("u", "15:00", "16:00", receipt=False)
    assert list_of(teller, "rally/u").special_instructions == ["no notice receipt (STTP) is known"]
    assert list_of(teller, "rally/none") is None


def test_duties_on_intel_are_left_out_and_no_number_counts_them() -> None:
    found = list_of(planned(), sight="guarded")
    assert [each.resource for each in found.resources] == ["A"]
    assert (found.ordered, found.required, found.complete) == (2, {"guard": 1, "field_commander": 1}, False)


def test_another_day_has_its_own_list() -> None:
    assert list_of(planned(), day="2024-10-04").ordered == 0


def test_every_role_and_state_has_a_word_on_paper() -> None:
    assert set(ROLES) == set(get_args(DeploymentRole))
    assert set(STATES) == set(get_args(StandState))


@pytest.mark.parametrize(
    ("role", "people", "name"),
    [
        ("ops_head", 2, "Anggota Satu"), ("command_post", 1, "Anggota Satu"), ("field_commander", 1, "KPG-1"),
        ("admin", 1, "KPG-1"),
    ],
)  # fmt: skip
async def test_each_role_reads_its_part_as_data_and_on_paper(
    house: House, role: Role, people: int, name: str
) -> None:
    told = await house.read("/places/rally/a/ics-204", role)
    assert (len(told["resources"]), told["resources"][0]["resource"]) == (people, name)
    answer = await house.get("/places/rally/a/ics-204.pdf", role)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith(f'"LATIHAN-ics-204-rally-a-{DAY}.pdf"')
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "LATIHAN" in text
    assert ("KPG-2" in text) == (role == "ops_head")
    assert name in text
    assert answer.content == (await house.get("/places/rally/a/ics-204.pdf", role)).content


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
@pytest.mark.parametrize("form", ["ics-204", "ics-204.pdf"])
async def test_it_is_for_who_may_see_officers(house: House, role: Role, form: str) -> None:
    answer = await house.get(f"/places/rally/a/{form}", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_what_is_not_there_or_makes_no_sense_is_said(house: House) -> None:
    for path, status, says in (
        ("/places/rally/none/ics-204", 404, "place: 'rally/none' is not planned; there is rally/a"),
        ("/places/posts/a/ics-204", 422, "place"),
        ("/places/rally/a/ics-204.pdf?day=besok", 422, "a day such as 2024-10-03"),
    ):
        answer = await house.get(path)
        assert (path, answer.status_code) == (path, status)
        assert says in answer.json()["detail"]
