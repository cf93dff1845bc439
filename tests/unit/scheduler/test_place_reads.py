"""Which place a name means, over HTTP; and a plan that names its kelurahan."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.contracts.scheduling import Post
from pamwal.places import Gazetteer, known_places, kupang
from tests.unit.scheduler.asked import ADMIN, LASIANA, OEBOBO, claims, opening
from tests.unit.scheduler.conftest import Desk
from tests.unit.scheduler.test_uploads import upload

PLACES = "/scheduler/v1/places"
OTHER = """code,kelurahan,kecamatan_code,kecamatan,latitude,longitude
73.71.01.1001,Rumah Hijau,73.71.01,Pantai,-5.1,119.4
"""


async def test_a_name_is_found_however_it_is_spelled(desk: Desk) -> None:
    for written, code in {"Batuplat": "53.71.01.1009", "naikoten%20satu": "53.71.05.1004"}.items():
        found = (await desk.get(f"{PLACES}?q={written}", by=claims("officer", officer="k-1"))).json()["found"]
        assert (found["code"], kupang().place(code).kelurahan) == (code, found["name"])
        assert found["kind"] == "kelurahan"
        assert set(found["point"]) == {"latitude", "longitude"}


async def test_a_name_of_two_is_asked_about_until_it_is_said_which(desk: Desk) -> None:
    asked = (await desk.get(f"{PLACES}?q=Oebobo")).json()
    assert "found" not in asked
    assert [each["kind"] for each in asked["candidates"]] == ["kecamatan", "kelurahan"]
    assert set(asked["question"]) == {"indonesian", "english"}

    said = (await desk.get(f"{PLACES}?q=Oebobo&kind=kelurahan")).json()
    assert (said["found"]["code"], "question" in said) == (OEBOBO, False)
    assert "found" not in (await desk.get(f"{PLACES}?q=Oebobo&kind=kelurahan&within=Alak")).json()


async def test_who_has_no_token_or_asks_nothing_is_told(desk: Desk) -> None:
    assert (await desk.get(f"{PLACES}?q=")).status_code == 422
    assert (await desk._client.get(f"{PLACES}?q=Oebobo")).status_code == 401


HEADER = "kode_kegiatan;mulai;selesai;bentuk;paslon;lokasi;kelurahan;kecamatan\n"
HOURS = "2024-10-03 16:00;2024-10-03 18:00;tatap muka;walikota/3"


async def test_a_plan_names_its_kelurahan_and_is_asked_where_that_is_not_clear(desk: Desk) -> None:
    await desk.say(opening(), by=ADMIN)
    text = HEADER + "".join(
        f"{rally};{HOURS};Lapangan;{kelurahan};{kecamatan}\n"
        for rally, kelurahan, kecamatan in (
            ("r-1", "Oebobo", ""),
            ("r-2", "Kel. Lasiana", "Kelapa Lima"),
            ("r-3", "Naikolen", ""),
            ("r-4", "Atlantis", ""),
            ("r-5", "Oebobo", "Alak"),
            ("r-6", LASIANA, ""),
        )
    )

    answer = (await upload(desk, "plan", text, dry_run=False)).json()

    assert answer["counts"] == {"added": 3, "refused": 3}
    refused = {each["subject"]: each for each in answer["lines"] if each["outcome"] == "refused"}
    assert "kelurahan Naikolan, kecamatan Maulafa (53.71.02." in refused["r-3"]["message"]
    assert "'Atlantis'" in refused["r-4"]["message"]
    assert "(53.71.04.1001)" in refused["r-5"]["message"]
    rallies = (await desk.read("/rallies")).json()["rallies"]
    assert {each["rally_id"]: each["venue"]["kelurahan"] for each in rallies} == {
        "r-1": OEBOBO,
        "r-2": LASIANA,
        "r-6": LASIANA,
    }


async def test_names_of_another_region_are_not_found(desk: Desk) -> None:
    await desk.say(opening(region="73.71", posts=[Post(post_id="oebobo", name="Pos")]), by=ADMIN)

    answer = (await upload(desk, "plan", f"{HEADER}r-1;{HOURS};Lapangan;Oebobo;\n")).json()

    assert [each["column"] for each in answer["lines"]] == ["kelurahan"]


def test_only_kelurahan_of_the_operation_are_looked_among() -> None:
    some = kupang().within("53.71", frozenset({OEBOBO}))
    assert [place.code for place in some.places] == [OEBOBO]
    assert kupang().within("53.7").places == ()
    assert Gazetteer([]).find("Oebobo").question is not None


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(OTHER, encoding="utf-8")
    monkeypatch.setenv("PAMWAL_PLACES", str(path))
    known_places.cache_clear()
    return path


def test_the_table_of_another_region_takes_the_place_of_kupangs(table: Path) -> None:
    try:
        assert table.exists()
        assert known_places().place("73.71.01.1001").kelurahan == "Rumah Hijau"
        assert known_places().find("Oebobo").found is None
    finally:
        known_places.cache_clear()


@pytest.mark.parametrize("text", ["", "code,name\n1,2\n"])
def test_a_table_that_is_none_stops_the_process_with_a_sentence(table: Path, text: str) -> None:
    table.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"PAMWAL_PLACES=.*places\.csv"):
        known_places()
    table.unlink()
    with pytest.raises(SettingsError, match="No such file"):
        known_places()
