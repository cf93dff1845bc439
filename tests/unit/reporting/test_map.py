"""The map of a SitRep: everything it speaks of is on it once, and the daily report has it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from math import hypot
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pypdf
import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Role
from pamwal.contracts.places import Point
from pamwal.contracts.sitreps import PublishSitRep, SitRep, SitRepIncident
from services.reporting.sheets.ground import ground_of
from services.reporting.sheets.map_drawn import Legend, Spot, map_of
from services.reporting.sheets.printing import legend_of, sheet_of
from services.reporting.words import name_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.publishing import Publisher, a_day
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, SIKUMANA
from tests.unit.reporting.test_sitreps_over_http import signed

LEGEND = Legend("plotting", "hadir", "kejadian <terbuka>", "")


def published() -> SitRep:
    return Publisher(a_day()).publish("09:30", form="daily")


def drawn(sitrep: SitRep, legend: Legend = LEGEND) -> str:
    found = map_of(sitrep, ground_of(sitrep), legend)
    fromstring(found)  # noqa: S314 - what was drawn a moment ago
    return found


def test_a_ring_a_name_and_a_dot_for_every_kelurahan() -> None:
    found = drawn(published())
    assert found.count('r="2.5"') == len(ground_of(published())) == 51
    assert "Batu Plat 1/2" in found
    assert found == drawn(published())


def test_open_incidents_are_crossed_and_closed_ones_are_not() -> None:
    sitrep = published()
    told = SitRepIncident(
        incident_id="i", kind="fire", severity="minor", state="reported", kelurahan=OEPURA, pairs=[],
        occurred_at=sitrep.at, casualties=sitrep.incidents.casualties,
    )  # fmt: skip
    before = drawn(sitrep).count("l18 18")
    for state, more in (("reported", 1), ("closed", 0)):
        rows = replace(sitrep.incidents, rows=[replace(told, state=state)])
        assert drawn(replace(sitrep, incidents=rows)).count("l18 18") == before + more


def test_what_is_of_an_exercise_says_so_and_words_are_no_markup() -> None:
    sitrep = published()
    assert "LATIHAN" in drawn(sitrep, legend_of(sitrep, "id"))
    assert "kejadian &lt;terbuka&gt;" in drawn(sitrep)
    assert "LATIHAN" not in drawn(sitrep)


def test_names_do_not_lie_on_each_other() -> None:
    sitrep = published()
    ground = [
        Spot(BATU_PLAT, "Satu", Point(latitude=-10.1, longitude=123.6)),
        Spot(OEPURA, "Dua", Point(latitude=-10.1, longitude=123.6)),
    ]
    (place, *_) = sitrep.places
    both = replace(sitrep, places=[place, replace(place, place_id="other", kelurahan=OEPURA)])
    root = fromstring(map_of(both, ground, LEGEND))  # noqa: S314 - what was drawn a moment ago
    names = [each for each in root if each.text and "/2" in each.text]
    assert len({(each.get("x"), each.get("y")) for each in names}) == len(names) == 2


def test_names_lie_on_no_ring_where_there_is_room() -> None:
    sitrep = published()
    (place, *_) = sitrep.places
    codes = (BATU_PLAT, OEPURA, SIKUMANA)
    ground = [
        Spot(BATU_PLAT, "Oesapa Barat", Point(latitude=-10.1, longitude=123.60)),
        Spot(OEPURA, "Oesapa", Point(latitude=-10.1, longitude=123.604)),
        Spot(SIKUMANA, "Lasiana", Point(latitude=-10.13, longitude=123.63)),
    ]
    crowd = replace(place.strength, ordered=30, at_place=30)
    places = [replace(place, place_id=code, kelurahan=code, strength=crowd) for code in codes]
    root = fromstring(map_of(replace(sitrep, places=places), ground, LEGEND))  # noqa: S314 - just drawn
    rings = [each for each in root if each.get("fill") == "white" and float(each.get("r", 0)) > 20]
    names = [each for each in root if each.text and each.text.endswith("/30")]
    assert (len(rings), len(names)) == (3, 3)
    for name in names:
        left, bottom = float(name.get("x", 0)), float(name.get("y", 0))
        right, top = left + len(name.text or "") * 10, bottom - 16
        for ring in rings:
            x, y = (float(ring.get(each, 0)) for each in ("cx", "cy"))
            aside = max(left - x, x - right, 0), max(top - y, y - bottom, 0)
            assert hypot(*aside) >= float(ring.get("r", 0)) - 1, name.text


def test_one_place_alone_and_none_at_all() -> None:
    sitrep = published()
    alone = [Spot(BATU_PLAT, "Batu Plat", Point(latitude=-10.1, longitude=123.6))]
    assert "Batu Plat" in map_of(sitrep, alone, LEGEND)
    assert map_of(replace(sitrep, places=[]), alone, LEGEND) == ""


def test_what_is_of_one_moment_or_day_is_printed_with_it() -> None:
    daily = published()
    for form, has in (("daily", True), ("situation", True), ("weekly", False), ("operation", False)):
        sitrep = replace(daily, form=form)  # type: ignore[arg-type]
        sheet = sheet_of(sitrep, "a" * 64, "id", name_of, str, ground_of(sitrep))
        assert bool(sheet.map) == has


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A daily report of an exercise."""
    log = Written()
    await log.plan()
    await log.come("KPG-1", "08:50")
    await log.ask(PublishSitRep(form="daily"), "09:20", post="ops")
    await log.judge("09:22")
    async with a_house(tmp_path, log) as built:
        await signed(built, 2)
        yield built


@pytest.mark.parametrize("role", ["ops_head", "command_post", "field_commander", "admin"])
async def test_who_reads_sitreps_reads_it_alone_and_on_paper(house: House, role: Role) -> None:
    answer = await house.get("/sitreps/1/map.svg?lang=en", role)
    assert answer.headers["content-disposition"].endswith('"LATIHAN-map-turangga-1.svg"')
    assert ("Oepura 1/1" in answer.text, "open incident" in answer.text) == (True, True)
    printed = await house.get("/sitreps/1/sitrep.pdf", role)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(printed.content)).pages)
    assert "km" in text
    assert "kejadian terbuka" in text


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_others_are_turned_away(house: House, role: Role) -> None:
    answer = await house.get("/sitreps/1/map.svg", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")
