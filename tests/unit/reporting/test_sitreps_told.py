"""A SitRep as a chat text and on paper: the customary order, both languages, the same bytes each time."""

from __future__ import annotations

import io
from typing import Any, get_args

import pypdf
import pytest
from msgspec.structs import replace

from pamwal.contracts import field
from pamwal.contracts.scheduling.terms import OverridableRule
from pamwal.contracts.sitreps import OverrideListed, SitRep
from services.reporting.sheets.chat import text_of
from services.reporting.sheets.printing import sheet_of, sitrep_press
from services.reporting.sheets.report import Reporter
from services.reporting.sheets.tongues import ENGLISH, INDONESIAN, KINDS, TONGUES
from tests.unit.edges import client_that_waits
from tests.unit.reporting.publishing import Publisher, a_day
from tests.unit.reporting.telling import BATU_PLAT, name_of

DIGEST = "ab" * 32


def told(found: SitRep, lang: Any = "id") -> str:
    return text_of(Reporter(TONGUES[lang], name_of, KINDS[lang]).report(found, DIGEST))


def second() -> SitRep:
    publisher = Publisher(a_day())
    publisher.publish("09:10")
    publisher.teller.come("B", "r1", "09:05", recorded="09:20")
    return publisher.publish("09:21")


def test_the_chat_text_has_the_customary_order() -> None:
    text = told(second())
    headings = [line for line in text.splitlines() if line.startswith("*") and ". " in line]
    assert headings == [
        "*I. HARI/TANGGAL*", "*II. KEKUATAN*", "*III. GIAT*", "*IV. KEJADIAN MENONJOL*", "*V. SITUASI*",
    ]  # fmt: skip
    for line in (
        "*LATIHAN*",
        "*NOMOR 2 (PEMUTAKHIRAN)*",
        "Kamis, 3 Oktober 2024, pukul 09.21 WITA",
        "Posko yang tidak terdengar: maulafa",
        (
            "Seluruhnya: plotting 3, hadir 2, di lokasi 2, salah lokasi 0, tanpa plotting 0, terlambat 0, "
            "berhalangan 0, tidak hadir 1, belum diketahui 0, tidak terdaftar 0"
        ),
        "- Alak: plotting 2, hadir 2, di lokasi 2",
        "1. 09.00–11.00 pertemuan terbatas, Paslon 1 walikota, Balai r1 (Kel. Batu Plat): berlangsung",
        "Nihil",
        "- hadir 1 → 2 (+1)",
        f"SHA-256 {DIGEST}; periksa: pamwal verify 2 --operation turangga",
    ):
        assert line in text.splitlines(), text


def test_notable_incidents_are_told_with_harm_and_state() -> None:
    teller = a_day()
    teller.observe(
        field.IncidentReported, "09:05", request_id="i1", incident_id="i1", author="post", version=1,
        kind="traffic_jam", severity="severe", kelurahan=BATU_PLAT, casualties=field.Casualties(injured=2),
    )  # fmt: skip
    text = told(Publisher(teller).publish("09:10"))
    assert "Kamis, 3 Oktober 2024 pukul 09.05: " in text
    assert "(berat), Kel. Batu Plat: dilaporkan; 2 luka" in text
    assert "Kejadian yang belum selesai: 1" in text


def test_it_is_told_in_english_too() -> None:
    text = told(second(), "en")
    assert "*EXERCISE / LATIHAN*" in text
    assert "Thursday, 3 October 2024, 09.21 WITA" in text
    assert "- present 1 → 2 (+1)" in text


def test_kinds_places_and_rules_are_told_in_the_language_of_the_report() -> None:
    teller = a_day()
    teller.observe(
        field.IncidentReported, "09:05", request_id="i1", incident_id="i1", author="post", version=1,
        kind="traffic_jam", severity="severe", kelurahan=BATU_PLAT,
    )  # fmt: skip
    published = Publisher(teller).publish("09:10")
    rules = ["insufficient_rest", "a_rule_of_old"]
    overridden = OverrideListed(deployment_id="d", officer_id="A", place="rally/r1", rules=rules, cause="x")
    found = replace(published, overrides=[overridden])
    english, indonesian = told(found, "en"), told(found, "id")
    assert "09.05: traffic jam (severe), kelurahan Batu Plat: reported" in english
    assert "Balai r1 (kelurahan Batu Plat)" in english
    assert "A rally/r1 (rest, a_rule_of_old): x" in english
    assert "A rally/r1 (waktu istirahat, a_rule_of_old): x" in indonesian
    assert set(INDONESIAN.rules) == set(get_args(OverridableRule))
    assert not [each for each in ("kemacetan", "Kel. ") if each in english]


def test_no_name_from_outside_makes_a_heading() -> None:
    teller = a_day()
    teller.plan("r*2\n*VI. PALSU*", "12:00", "13:00")
    text = told(Publisher(teller).publish("09:10"))
    assert not [line for line in text.splitlines() if "PALSU" in line and line.startswith("*")]
    assert text.count("*VI") == 0


def test_both_languages_say_the_same_things() -> None:
    for name in (
        "rules",
        "forms",
        "kinds",
        "rally_kinds",
        "rally_states",
        "incident_states",
        "severities",
        "counts",
    ):
        assert getattr(INDONESIAN, name).keys() == getattr(ENGLISH, name).keys(), name
    assert len(INDONESIAN.columns) == len(ENGLISH.columns)
    assert len(INDONESIAN.by_day) == len(ENGLISH.by_day)


@pytest.mark.parametrize(("lang", "word"), [("id", "Halaman 1 dari 1"), ("en", "Page 1 of 1")])
async def test_it_is_printed_with_room_to_sign_and_the_same_to_the_byte(lang: Any, word: str) -> None:
    found, press = second(), sitrep_press()
    sheets = [sheet_of(found, DIGEST, lang, name_of, KINDS[lang]) for _ in range(2)]
    pdf, again = [await press.pdf_of(sheet, client_that_waits) for sheet in sheets]
    assert pdf == again
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    for line in ("LATIHAN", TONGUES[lang].head, TONGUES[lang].rank, word, DIGEST, "Satgas Preventif"):
        assert line in text, line


async def test_a_report_of_the_operation_has_a_line_a_day() -> None:
    found = Publisher(a_day()).publish("09:10", form="operation")
    pdf = await sitrep_press().pdf_of(sheet_of(found, DIGEST, "id", name_of, KINDS["id"]), client_that_waits)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert "LAPORAN AKHIR OPERASI" in text
    assert "Rabu, 25 September 2024" in text
