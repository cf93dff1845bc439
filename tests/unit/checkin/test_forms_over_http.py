"""ICS 211 and ICS 214 to print: what their data say, for who may read those."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, get_args

import httpx
import pypdf
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.envelope import Channel
from pamwal.contracts.field import IncidentStep, Severity
from pamwal.contracts.field_reads import LogLine
from pamwal.contracts.routes import ROUTES
from pamwal.printing.words import CHANNELS
from services.checkin import form_reads
from services.checkin.sheets.activities import REASONS, REQUESTS, SEVERITIES, STEPS, WARNINGS, activity_of
from services.checkin.sheets.forms import REMARKS, _remarks
from tests.unit.checkin.house import Field, said
from tests.unit.checkin.test_sheets_over_http import PLACE, register, report

LIST = f"/places/{PLACE}/ics-211.pdf?day=2024-10-03"
LOG = "/posts/maulafa/ics-214.pdf?day=2024-10-03"


def text_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)


async def test_who_was_there_with_names_for_who_may_read_them(field: Field) -> None:
    await register(field, "NTT-0041", "Contoh Satu")
    kept = await field.post(report("a", "01:00"))
    assert kept.status_code == 201
    answer = await field.get(LIST, after=kept)
    text = text_of(answer)
    for says in ("DAFTAR HADIR", "ICS 211", "Contoh Satu", "88010203", "09.00", "Kamis, 3 Oktober 2024"):
        assert says in text
    assert answer.headers["content-disposition"].endswith('ics-211-rally-r-sikumana-1-2024-10-03.pdf"')
    unnamed = text_of(await field.get(LIST, after=kept, role="field_commander", officer="NTT-0040"))
    assert ("Contoh Satu" in unnamed, "NTT-0041" in unnamed) == (False, True)


async def test_what_a_post_did_is_told_in_indonesian_by_when_it_happened(field: Field) -> None:
    await field.post(report("b", "01:30"))
    for minute in ("01:05", "01:10"):
        beat = said("pamwal.field.heartbeat.v1", id=f"h{minute}", data={})
        assert (await field.post(beat | {"time": f"2024-10-03T{minute}:00.000Z"})).status_code == 201
    await field.post(report("a", "01:00"))
    last = await field.post(said("pamwal.field.void.v1", id="v", data={"observation": "a/0", "cause": "x"}))
    text = text_of(await field.get(LOG, after=last))
    assert "CATATAN KEGIATAN POSKO" in text
    first, second = text.index("09.00"), text.index("09.30")
    assert first < second
    assert "datang: NTT-0041, rally/r-sikumana-1; oleh" in " ".join(text.split())
    assert "laporan dicabut" in text
    assert "tanda hidup posko: 2 kali, dari pukul 09.05" in text
    assert not [each for each in ("check_in", "heartbeat", "officer_id", " by ") if each in text]
    refused = await field.get("/posts/oebobo/ics-214.pdf?day=2024-10-03")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")


async def test_a_log_longer_than_a_print_says_so(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        last = await field.post(report(f"a{number}", "01:00"))
    monkeypatch.setattr(form_reads, "PAGE_MAX", 1)
    monkeypatch.setattr(form_reads, "LINES_MAX", 3)
    text = text_of(await field.get(LOG, after=last))
    assert "Catatan ini terpotong" in text


async def test_a_day_is_needed(field: Field) -> None:
    assert (await field.get(f"/places/{PLACE}/ics-211.pdf")).status_code == 422


@pytest.mark.parametrize("path", [LIST, LOG])
@pytest.mark.parametrize("role", ["viewer", "officer", "propam", "admin"])
async def test_who_may_not_read_the_data_may_not_print_it(field: Field, role: Role, path: str) -> None:
    data = path.replace(".pdf", "")
    read, printed = [await field.get(each, role=role, officer="NTT-0041") for each in (data, path)]
    assert (printed.status_code, printed.json()["code"]) == (read.status_code, read.json()["code"])
    assert printed.status_code == 403


def test_everything_a_post_may_ask_has_words() -> None:
    asked = {name.split(".")[2] for name, route in ROUTES.items() if route.service == "checkin"}
    assert set(REQUESTS) == asked
    for words, terms in ((CHANNELS, Channel), (STEPS, IncidentStep), (SEVERITIES, Severity)):
        assert set(words) == set(get_args(terms))


def test_why_something_was_refused_or_warned_of_is_told_in_indonesian() -> None:
    about: dict[str, Any] = {
        "offset": 1, "id": "a", "type": "pamwal.field.check_in.v1", "at": "2024-10-03T01:00:00.000Z",
        "known_at": "2024-10-03T01:00:00.000Z", "said": {"officer_id": "NTT-0041"},
    }  # fmt: skip
    refused = LogLine(outcome="refused", reason="key_reused", **about)
    assert activity_of(refused) == "datang: NTT-0041 – ditolak: nomor permintaan sudah dipakai"
    warned = LogLine(outcome="accepted", warnings=["device_lost", "after_closing"], **about)
    assert activity_of(warned) == "datang: NTT-0041 [perangkat hilang] [sesudah posko menutup hari]"
    source = "".join(each.read_text() for each in Path("services/checkin/deciding").rglob("*.py"))
    said = set(re.findall(r'code="([a-z_]+)"', source)) | set(re.findall(r'refuse\("([a-z_]+)"', source))
    assert not said - WARNINGS.keys() - REASONS.keys()


def test_the_remarks_of_a_list_are_in_indonesian() -> None:
    told = [f"{begins} x".strip() for begins, _ in REMARKS]
    assert not [each for each in told if _remarks(each).startswith(each[:8])]
    assert (
        _remarks("relieves K-1; time in is a paper list's")
        == "menggantikan K-1; datang menurut daftar kertas"
    )
    assert _remarks("") == ""
