"""An alert as CAP 1.2: valid against the schema put down from the standard, for who may see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import httpx
import msgspec
import pytest
import xmlschema

from pamwal.contracts.alerts_shown import AlertRow, OperationAlerts
from pamwal.contracts.claims import Role
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts
from pamwal.contracts.scheduling import PlanRally
from services.reporting.exports.edxl import REGIONS
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import SIKUMANA, at

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "cap-1.2.xsd")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Half past nine: maulafa is silent, and two officers, one of them intel, were not seen."""
    written = Written()
    await written.plan()
    await written.beat("maulafa", "08:55")
    await written.judge("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def alerts(house: House) -> list[AlertRow]:
    answer = await house.get("/alerts?standing=false", "ops_head")
    return msgspec.json.decode(answer.content, type=OperationAlerts).alerts


async def cap(house: House, alert_id: str, role: Role = "ops_head") -> httpx.Response:
    return await house.get(f"/alerts/{alert_id}/cap.xml", role)


async def written(house: House, alert_id: str) -> Element:
    answer = await cap(house, alert_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/cap+xml")
    SCHEMA.validate(answer.content)
    return fromstring(answer.content)  # noqa: S314 - what was written a moment ago


def said(root: Element, name: str) -> str:
    return root.findtext(f".//{CAP}{name}") or ""


async def test_every_alert_is_valid_and_an_exercise_says_so(house: House) -> None:
    found = await alerts(house)
    assert {each.kind for each in found} >= {"silent_post", "no_show", "understrength", "unnoticed_rally"}
    for each in found:
        root = await written(house, each.alert_id)
        assert (said(root, "status"), said(root, "scope")) == ("Exercise", "Restricted")
        assert said(root, "headline").startswith("LATIHAN: ")
        assert said(root, "msgType") == "Alert"
        assert said(root, "severity").lower() == each.severity
        assert said(root, "certainty") == ("Possible" if each.unconfirmed else "Observed")
        assert said(root, "sent") == "2024-10-03T09:20:00+08:00"


async def test_it_says_where_in_two_languages(tmp_path: Path) -> None:
    told = Written()
    await told.plan()
    venue = Venue(
        venue_id="v-b", name="Lapangan Sikumana", kelurahan=SIKUMANA,
        point=Point(latitude=-10.2, longitude=123.58), radius_m=250,
    )  # fmt: skip
    hours = {"starts_at": at("09:00"), "ends_at": at("11:00")}
    await told.ask(
        PlanRally(
            rally_id="b", kind="dialogue", pairs=["walikota/1"], venue=venue, required={"guard": 3}, **hours
        )
    )
    await told.beat("maulafa", "08:55")
    await told.judge("09:20")
    async with a_house(tmp_path, told) as house:
        await house.until_folded()
        found = await alerts(house)
        row = next(each for each in found if each.subject == "rally/b" and each.kind == "understrength")
        assert row.about == "Lapangan Sikumana (rally/b)"
        infos = (await written(house, row.alert_id)).findall(f"{CAP}info")
        assert [said(each, "language") for each in infos] == ["id", "en"]
        assert [said(each, "headline") for each in infos] == [
            "LATIHAN: kekuatan kurang: Lapangan Sikumana (rally/b)",
            "LATIHAN (exercise): understrength: Lapangan Sikumana (rally/b)",
        ]
        for info in infos:
            assert said(info, "areaDesc").startswith("Lapangan Sikumana, ")
            assert said(info, "areaDesc").endswith(" Sikumana")
            assert said(info, "circle") == "-10.2,123.58 0.25"
            [geocode] = info.findall(f"{CAP}area/{CAP}geocode")
            assert (said(geocode, "valueName"), said(geocode, "value")) == (REGIONS, SIKUMANA)
        post = next(each for each in found if each.kind == "silent_post")
        assert post.about == "Posko Maulafa (post/maulafa)"
        [first, _] = (await written(house, post.alert_id)).findall(f"{CAP}info")
        assert said(first, "areaDesc") == "Posko Maulafa, Wilayah Maulafa"
        missed = next(each for each in found if each.kind == "no_show" and each.officers == ["KPG-1"])
        assert missed.about == "Balai <Oepura> (rally/a), deployment/d-KPG-1"
        board = await house.client.get("/?operation=turangga", headers=house.bearer("ops_head"))
        assert "Posko Maulafa (post/maulafa)" in board.text


async def test_what_was_handled_updates_it_and_what_was_retracted_cancels_it(house: House) -> None:
    missed = next(
        each for each in await alerts(house) if each.officers == ["KPG-1"] and each.kind == "no_show"
    )
    first = await written(house, missed.alert_id)
    await house.written.ask(AcknowledgeAlerts(alerts=[missed.alert_id]), "09:25")
    await house.written.judge("09:25")
    await house.until_folded()
    update = await written(house, missed.alert_id)
    await house.written.come("KPG-1", "09:05")
    await house.written.judge("09:29")
    await house.until_folded()
    cancel = await written(house, missed.alert_id)
    assert [said(each, "msgType") for each in (update, cancel)] == ["Update", "Cancel"]
    assert (said(cancel, "note"), said(cancel, "urgency")) == ("seen", "Past")
    named = ",".join(said(first, name) for name in ("sender", "identifier", "sent"))
    assert said(update, "references") == said(cancel, "references") == named
    assert len({said(each, "identifier") for each in (first, update, cancel)}) == 3


async def test_who_may_not_see_an_alert_is_told_that_there_is_none(house: House) -> None:
    hidden = next(
        each for each in await alerts(house) if each.officers == ["KPG-2"] and each.kind == "no_show"
    )
    shown = next(each for each in await alerts(house) if each.kind == "silent_post")
    assert (await cap(house, hidden.alert_id)).status_code == 200
    for role, alert_id in (("command_post", hidden.alert_id), ("viewer", shown.alert_id), ("ops_head", "x")):
        answer = await cap(house, alert_id, role)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alert")
