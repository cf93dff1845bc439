"""The code of a place: made, looked at, refused where it shows nothing, and never in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from pypdf import PdfReader

from pamwal.contracts.field import CheckIn, CheckOut, Method, ReportIncident
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.printing.paper import paper_of
from pamwal.printing.printer import print_sheet
from services.checkin.codes import PlaceCode, PlaceCodes
from services.checkin.sheets.place_codes import PlaceCodePart, PlaceCodeSheets, svg_of
from tests.unit.checkin.district import ROOT, District, district
from tests.unit.scheduler.asked import OEBOBO, OPERATION, at
from tests.wire.witness import everything

PLACE = "rally/oebobo-1"


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path, public_url="https://pamwal.example") as found:
        yield found


def arrival(method: Method = "qr", place: str = PLACE) -> CheckIn:
    return CheckIn(officer_id="k-1", place=place, method=method)


async def code_of(kupang: District, place: str = PLACE, **query: str) -> dict[str, Any]:
    answer = await kupang.get(f"{ROOT}/codes", place=place, **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_scanned_code_lets_in_and_stands_in_no_record(kupang: District) -> None:
    code = await code_of(kupang)
    assert code["address"].startswith(f"https://pamwal.example/checkin/v1/here/{OPERATION}/{PLACE}/")
    assert len(code["address"]) < 200
    for data in (arrival(), CheckOut(officer_id="k-1", place=PLACE, method="qr")):
        answer = await kupang.say(kupang.body(data, code=code["address"]))
        assert answer.status_code == 201, answer.text
    short = code["address"].partition("/here/")[2]
    assert (await kupang.say(kupang.body(arrival(), code=short))).status_code == 201
    signature = code["address"].rpartition(".")[2].encode()
    for topic in (FIELD_REQUESTS, FIELD_DECISIONS, PERSONAL):
        assert all(signature not in each.value for each in await everything(kupang.log, topic.name))


@pytest.mark.parametrize("method", ["qr", "manual"])
async def test_a_code_that_was_altered_or_signed_by_somebody_else_is_forged(
    kupang: District, method: Method, tmp_path: Path
) -> None:
    address = (await code_of(kupang))["address"]
    other = PlaceCodes(Issuer(tmp_path / "elsewhere"), b"x" * 32, "https://pamwal.example")
    foreign = other.address_of(
        PlaceCode(
            operation_id=OPERATION, place=PLACE, from_ms=to_ms(at("04:00")), until_ms=to_ms(at("23:00"))
        )
    )
    last = "A" if address[-2] != "A" else "B"
    for text in (
        foreign,
        address[:-2] + last + address[-1],
        address.replace("oebobo-1", "lasiana-1"),
        "nonsense",
    ):
        answer = await kupang.say(kupang.body(arrival(method), code=text))
        assert (answer.status_code, answer.json()["code"]) == (422, "qr_forged"), text
        assert "by hand" in answer.json()["detail"]
    assert await kupang.requests() == []


async def test_a_code_is_good_for_its_own_place_and_operation_only(kupang: District) -> None:
    codes = PlaceCodes.from_settings(kupang.settings)
    hours = {"from_ms": to_ms(at("04:00")), "until_ms": to_ms(at("23:00"))}
    elsewhere = codes.address_of(PlaceCode(operation_id="omp-lain", place=PLACE, **hours))
    for text in (
        elsewhere,
        (await code_of(kupang, "rally/lasiana-1"))["address"],
        (await code_of(kupang, "post/oebobo"))["address"],
    ):
        answer = await kupang.say(kupang.body(arrival(), code=text))
        assert (answer.status_code, answer.json()["code"]) == (422, "qr_foreign")
    assert f"scan the sheet that hangs at {PLACE}" in answer.json()["detail"]


async def test_a_queue_that_comes_home_is_judged_by_when_it_happened(kupang: District) -> None:
    """The code holds to 20:10; one arrival at 20:10 and one at 20:11 come home much later, in one batch."""
    code = await code_of(
        kupang, holds_from="2024-10-03T15:00:00+08:00", holds_until="2024-10-03T20:10:00+08:00"
    )
    times = [at("14:59"), at("15:00"), at("20:10"), at("20:11")]
    rows = await kupang.batch(
        *(kupang.body(arrival(), time=time, code=code["address"]) for time in times), kupang.body(arrival())
    )
    assert [(row["status"], row.get("code")) for row in rows] == [
        (422, "qr_expired"), (201, None), (201, None), (422, "qr_expired"), (422, "qr_missing"),
    ]  # fmt: skip
    assert "2024-10-03T12:10:00.000Z" in rows[3]["detail"]
    assert len(await kupang.requests()) == 2
    turned = kupang.edges["checkin"].turned_away()[OPERATION, "oebobo"]
    assert turned == {"qr_expired": 2, "qr_missing": 1}


async def test_letters_are_typed_by_hand_and_forgive_how_they_are_read(
    kupang: District,
) -> None:
    letters = (await code_of(kupang))["letters"]
    plain = letters.replace("-", "")
    assert len(plain) == 8
    for text in (letters, plain.lower(), plain.replace("0", "O").replace("1", "l")):
        assert (await kupang.say(kupang.body(arrival("manual"), code=text))).status_code == 201, text
    wrong = plain[:-1] + ("2" if plain[-1] != "2" else "3")
    old = await code_of(kupang, holds_from=at("10:00", 1), holds_until=at("20:00", 2))
    refused = {
        wrong: "qr_forged",
        (await code_of(kupang, "rally/lasiana-1"))["letters"]: "qr_forged",
        old["letters"]: "qr_expired",
    }
    for text, why in refused.items():
        answer = await kupang.say(kupang.body(arrival("manual"), code=text))
        assert (answer.status_code, answer.json()["code"]) == (422, why)
    typed = await kupang.say(kupang.body(arrival("qr"), code=letters))
    assert typed.json()["code"] == "qr_forged", "letters are no scan"


async def test_by_hand_needs_no_code_and_a_scan_does(kupang: District) -> None:
    assert (await kupang.say(kupang.body(arrival("manual")))).status_code == 201
    answer = await kupang.say(kupang.body(arrival("qr")))
    assert (answer.status_code, answer.json()["code"]) == (422, "qr_missing")
    incident = ReportIncident(incident_id="i-1", kind="traffic_jam", severity="minor", kelurahan=OEBOBO)
    answer = await kupang.say(kupang.body(incident, code=(await code_of(kupang))["address"]))
    assert (answer.status_code, answer.json()["path"]) == (422, "$.code")


async def test_a_code_holds_around_its_places_hours_or_as_long_as_it_is_asked_to(kupang: District) -> None:
    code = await code_of(kupang)
    assert (code["holds_from"], code["holds_until"]) == (at("04:00"), at("08:00", 4))
    post = await code_of(kupang, "post/oebobo")
    assert (post["name"], post["holds_from"]) == ("oebobo", "2024-09-24T16:00:00.000Z")
    for query, status in (
        ({"place": "rally/nowhere"}, 404),
        ({"place": "post/nowhere"}, 404),
        ({"place": PLACE, "holds_until": "2024-10-01T00:00:00Z"}, 422),
        ({"place": PLACE, "holds_until": "2029-10-01T00:00:00Z"}, 422),
        ({"place": PLACE, "holds_until": "soon"}, 422),
    ):
        assert (await kupang.get(f"{ROOT}/codes", **query)).status_code == status, query
    officer = kupang.token("officer", officer="k-1")
    assert (await kupang.get(f"{ROOT}/codes", officer, place=PLACE)).status_code == 403


def test_letters_can_be_copied_from_the_sheet() -> None:
    paper = paper_of("Latihan", "Asia/Makassar", "plan-0-11", "2024-10-03T00:00:00Z", exercise=True)
    part = PlaceCodePart(
        place=PLACE,
        kind="",
        name="",
        where="",
        qr=svg_of("-").decode(),
        letters="H0C8-VTTF",
        holds="",
        post=False,
    )
    sheets = PlaceCodeSheets(paper=paper, title="KODE LOKASI", parts=[part])
    pdf = print_sheet(msgspec.json.encode(sheets), "services/checkin/sheets/place_codes.typ")
    assert part.letters in PdfReader(BytesIO(pdf)).pages[0].extract_text(), "kerning reads as a space"


async def test_the_svg_is_one_and_the_sheet_names_the_place_and_its_letters(kupang: District) -> None:
    svg = await kupang.get(f"{ROOT}/codes.svg", place=PLACE)
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert ET.fromstring(svg.content).tag.endswith("svg")  # noqa: S314 - our own
    code = await code_of(kupang)
    sheet = await kupang.get(f"{ROOT}/sheets/place-codes.pdf", place=PLACE)
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
    pages = PdfReader(BytesIO(sheet.content)).pages
    text = pages[0].extract_text()
    assert len(pages) == 1
    for part in ("LATIHAN", "Lapangan", "Kel. Oebobo", code["letters"], PLACE):
        assert part in text, text
    day = await kupang.get(f"{ROOT}/sheets/place-codes.pdf", day="2024-10-03")
    assert len(PdfReader(BytesIO(day.content)).pages) == 4, "three rallies and a site"
    assert (await kupang.get(f"{ROOT}/sheets/place-codes.pdf")).status_code == 422
    for wrong in ("0001-01-01", "9999-12-31"):
        refused = await kupang.get(f"{ROOT}/sheets/place-codes.pdf", day=wrong)
        assert (refused.status_code, "a day such as" in refused.json()["detail"]) == (422, True)


async def test_who_scans_with_a_camera_is_told_where_he_is(kupang: District) -> None:
    nobody = {"accept": "text/html"}
    code = await code_of(kupang)
    path = code["address"].removeprefix("https://pamwal.example")
    gone = await kupang.get(path, nobody)
    assert (gone.status_code, "tidak berlaku" in gone.text) == (410, True)
    now = {
        name: from_ms(system_ms() + hours * 3_600_000)
        for name, hours in (("holds_from", -1), ("holds_until", 1))
    }
    post = await code_of(kupang, "post/oebobo", **now)
    page = await kupang.get(post["address"].removeprefix("https://pamwal.example"), nobody)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "LATIHAN" in page.text
    assert "oebobo" in page.text
    unsigned, _, signature = path.rpartition(".")
    forged = await kupang.get(f"{unsigned}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}", nobody)
    assert (forged.status_code, "bukan buatan" in forged.text) == (404, True)
