"""What comes out of the printer: the text of each PDF, its pages, and that nobody's name is markup."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import DeploymentRole, NoticeReceipt, RegisterOfficers, ReserveDeployments
from pamwal.edge.http import Message
from pamwal.edge.names import WordsOf, nobody
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press
from pamwal.printing.printer import render
from services.scheduler.deciding.state import Operation
from services.scheduler.sheets import words
from services.scheduler.sheets.annex import annex_of_day, annex_of_sprin
from services.scheduler.sheets.check_in import EMPTY_LINES, check_in_forms
from services.scheduler.sheets.duty import duty_sheets
from services.scheduler.sheets.paper import paper_of
from services.scheduler.sheets.printing import TEMPLATES, Sheet, plan_press
from services.scheduler.views.places import places_in, window_of
from tests.unit.edges import client_that_waits
from tests.unit.scheduler.asked import (
    Plan,
    at,
    cancel,
    entry,
    opened,
    order,
    ordered_to,
    orders,
    plan,
    site,
    sites,
)

DAY, VECTOR = "2024-10-03", "pamwal.scheduling.decisions.v1-3-1234"
HOSTILE = [
    '#panic("no")',
    "$ x^2 $ *tebal* _miring_",
    "<label> @ref [isi] {kode}",
    "// komentar /* lagi */",
    "= Judul",
    '"kutip" \\ garis \\u{41}',
    "#sys.inputs.data",
    "Ni'matul Ümit Śrī",
]


def operation_of(given: Plan) -> Operation:
    assert given.state.operation is not None
    return given.state.operation


def staffed(count: int = 3, *, rallies: int = 1) -> Plan:
    """Given rallies at Oebobo with so many officers each, the first their padal."""
    given = opened()
    for rally in range(rallies):
        receipt = NoticeReceipt(number="STTP/7/X/2024", received_at=at("09:00", 2))
        given.must(plan(f"oebobo-{rally}", required={"field_commander": 1, "guard": count}, receipt=receipt))
        ids = [f"k-{rally}-{number:03d}" for number in range(count)]
        known = [entry(each, person_ref=PersonalRef(ref=each, digest="x")) for each in ids]
        given.must(RegisterOfficers(officers=known))
        rows = [order(f"d-{each}", each, f"oebobo-{rally}", role=_role(each)) for each in ids]
        given.must(orders(*rows))
    return given


def _role(officer_id: str) -> DeploymentRole:
    return "field_commander" if officer_id.endswith("-000") else "guard"


def paper(given: Plan, now: str = "") -> Paper:
    return paper_of(operation_of(given), VECTOR, now or at("06:05"))


def named(ref: PersonalRef) -> PersonalWords:
    return PersonalWords(name=f"Personel {ref.ref}", nrp=f"NRP{ref.ref[-3:]}", phone=f"0812-{ref.ref[-3:]}")


def annex(given: Plan, words_of: WordsOf = named, *, intel: bool = False) -> Sheet:
    return annex_of_day(given.state, paper(given), DAY, words_of, intel=intel)


def duty(given: Plan, words_of: WordsOf = named) -> Sheet:
    window = window_of(DAY, "Asia/Makassar")
    found = places_in(given.state, window)
    return duty_sheets(given.state, operation_of(given), paper(given), found, window, words_of)


def check_in(given: Plan, words_of: WordsOf = named) -> Sheet:
    window = window_of(DAY, "Asia/Makassar")
    return check_in_forms(given.state, paper(given), places_in(given.state, window), window, words_of)


def pdf(sheet: Sheet) -> bytes:
    return render(TEMPLATES[type(sheet)], msgspec.json.encode(sheet).decode())


def pages(sheet: Sheet) -> list[str]:
    """The text of each page, white space made one."""
    found = [page.extract_text() for page in PdfReader(BytesIO(pdf(sheet))).pages]
    return [" ".join(each.replace("\u200b", "").split()) for each in found]


each_sheet = pytest.mark.parametrize("make", [annex, duty, check_in])


# -- what stands on them ------------------------------------------------------------------------------------


def test_the_annex_lists_who_is_ordered_by_place() -> None:
    text = pages(annex(staffed()))[0]

    for part in (
        "PLOTTING PERSONEL",
        "Kamis, 3 Oktober 2024",
        "3 personel, 1 tempat",
        "Lapangan",
        "Kel. Oebobo, Kec. Oebobo",
        "16.00–20.00 WITA",
        "Paslon 3 walikota",
        "1 BRIPKA Personel k-0-000 NRP000 Sektor Oebobo Padal 16.00–18.00",
        "3 BRIPKA Personel k-0-002 NRP002 Sektor Oebobo Penjagaan 16.00–18.00",
    ):
        assert part in text


def test_the_annex_of_a_sprin_lists_what_cites_it() -> None:
    given = staffed()
    other = annex_of_sprin(given.state, paper(given), "SPRIN/99", named, intel=False)
    own = annex_of_sprin(given.state, paper(given), "SPRIN/12/X/2024", named, intel=False)

    assert "Nomor: SPRIN/12/X/2024" in pages(own)[0]
    assert (own.officers, other.officers) == (3, 0)


def test_only_who_is_ordered_is_printed_and_intel_only_if_asked_for() -> None:
    given = staffed(2)
    given.must(RegisterOfficers(officers=[entry(each) for each in ("x-1", "x-2", "x-3")]))
    given.must(orders(order("i", "x-1", "oebobo-0", role="intel"), order("c", "x-2", "oebobo-0")))
    given.must(cancel("c"))
    given.must(ReserveDeployments(orders=[order("r", "x-3", "oebobo-0")]))

    for make in (annex, duty, check_in):
        assert not re.search(r"x-[123]|Intel", " ".join(pages(make(given))))
    assert "x-1" in " ".join(pages(annex(given, intel=True)))


def test_the_duty_sheet_names_the_padal_the_strength_and_every_phone() -> None:
    text = pages(duty(staffed()))[0]

    for part in (
        "LEMBAR TUGAS PADAL",
        "Padal: BRIPKA Personel k-0-000, NRP NRP000, telepon 0812-000",
        "STTP STTP/7/X/2024",
        "Padal 1 1 0",
        "Penjagaan 3 2 −1",
        "Jumlah 4 3 −1",
        "Kekurangan 16.00–18.00: kurang Penjagaan 1",
        "BRIPKA Personel k-0-002 NRP002 Sektor Oebobo Penjagaan 16.00–18.00 0812-002",
        "Jam 16.00–20.00 WITA",
    ):
        assert part in text


def test_a_watch_that_relieves_another_is_no_surplus() -> None:
    given = opened()
    given.must(RegisterOfficers(officers=[entry("k-1"), entry("k-2")]))
    given.must(sites(site("kpu", required={"guard": 1}, starts_at=at("00:00"), ends_at=at("00:00", 4))))
    given.must(ordered_to("d1", "site/kpu", "00:00", "12:00", "k-1"))
    given.must(ordered_to("d2", "site/kpu", "12:00", "24:00", "k-2"))

    text = pages(duty(given))[0]

    assert "Penjagaan 1 1 0" in text
    assert "Kekurangan" not in text


def test_the_check_in_form_has_its_number_its_lines_and_ten_empty_ones() -> None:
    given = staffed()

    sheet = check_in(given)
    text = pages(sheet)[0]

    assert "Formulir rally/oebobo-0/2024-10-03/3-1234" in text
    assert "2 BRIPKA Personel k-0-001 NRP001" in text
    assert sheet.parts[0].empty == list(range(4, 4 + EMPTY_LINES))  # type: ignore[union-attr]
    assert "4 5 6 7 8 9 10 11 12 13" in text
    assert "Datang Pulang Tanda tangan" in text


def test_another_state_of_the_plan_gives_another_form_number() -> None:
    given = staffed()
    window = window_of(DAY, "Asia/Makassar")
    later = paper_of(operation_of(given), "pamwal.scheduling.decisions.v1-3-1240", at("06:05"))

    form = check_in_forms(given.state, later, places_in(given.state, window), window, named).parts[0].form

    assert form == "rally/oebobo-0/2024-10-03/3-1240"


@each_sheet
def test_who_has_no_words_stands_there_by_id(make: Callable[..., Sheet]) -> None:
    text = pages(make(staffed(), nobody))[0]

    assert "k-0-001" in text
    assert "Personel k-" not in text


# -- nobody's name is markup --------------------------------------------------------------------------------


@each_sheet
def test_hostile_names_are_printed_as_they_are_written(make: Callable[..., Sheet]) -> None:
    given = staffed(len(HOSTILE))

    def hostile(ref: PersonalRef) -> PersonalWords:
        return PersonalWords(name=HOSTILE[int(ref.ref[-3:])])

    text = " ".join(pages(make(given, hostile)))

    packed = text.replace(" ", "")
    for name in HOSTILE:
        assert name.replace(" ", "") in packed


@each_sheet
@pytest.mark.parametrize("name", ["王小明", "ᬓᬢᬸᬢ", "สมชาย", "김철수", "\u202e", "Budi 😀"])
def test_a_name_no_font_here_can_show_is_an_id_not_boxes(make: Callable[..., Sheet], name: str) -> None:
    text = pages(make(staffed(2), lambda _: PersonalWords(name=name, nrp="8800")))[0]

    assert "k-0-001" in text
    assert not set(name) & set(text) - set("Budi ")


def test_a_venue_no_font_here_can_show_is_named_by_its_reference() -> None:
    given = staffed()
    rally = given.state.rallies["oebobo-0"]
    given.state.rallies["oebobo-0"] = msgspec.structs.replace(
        rally, venue=msgspec.structs.replace(rally.venue, name="王")
    )

    for make in (annex, duty, check_in):
        text = pages(make(given))[0]
        assert "王" not in text
        assert "rally/oebobo-0" in text


def test_a_check_in_form_says_each_officers_id_for_whoever_enters_it() -> None:
    assert "8800 k-0-001" in pages(check_in(staffed(2), lambda _: PersonalWords(name="A", nrp="8800")))[0]


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a\nb\tc\r\n d", "a b c d"),
        ("a\u202eb\u0000c\u200fd", "a b c d"),
        ("x" * 40, "x" * 18 + "\u200b" + "x" * 18 + "\u200b" + "xxxx"),
        ("  Personel  Satu ", "Personel Satu"),
        ("\u202e", ""),
    ],
)
def test_a_text_is_one_line_that_can_break(written: str, printed: str) -> None:
    assert words.printable(written) == printed


@each_sheet
def test_a_name_without_a_space_stays_in_its_column(make: Callable[..., Sheet]) -> None:
    def long(_: PersonalRef) -> PersonalWords:
        return PersonalWords(name="X" * 120, nrp="9" * 32, phone="+" + "6" * 30)

    assert "X" * 120 in "".join(pages(make(staffed(2), long))).replace(" ", "")


def test_an_operation_and_a_venue_with_hostile_names_are_printed() -> None:
    given = staffed()
    known = operation_of(given)
    given.state.operation = msgspec.structs.replace(known, name='#panic() "x" $y$')
    rally = given.state.rallies["oebobo-0"]
    hostile = msgspec.structs.replace(rally, venue=msgspec.structs.replace(rally.venue, name="#include <a>"))
    given.state.rallies["oebobo-0"] = hostile

    for make in (annex, duty, check_in):
        text = pages(make(given))[0]
        assert '#panic() "x" $y$' in text
        assert "#include <a>" in text


# -- pages --------------------------------------------------------------------------------------------------


@each_sheet
def test_sixty_lines_run_over_pages_with_head_and_foot_on_each(make: Callable[..., Sheet]) -> None:
    given = staffed(60)

    found = pages(make(given))

    assert len(found) > 1
    for number, text in enumerate(found, start=1):
        assert text.startswith("LATIHAN Latihan Kupang LATIHAN")  # across the page, and in its head
        assert f"Halaman {number} dari {len(found)}" in text
        assert f"Dibuat 3 Oktober 2024 pukul 06.05 WITA dari {VECTOR}" in text
    joined = " ".join(found)
    for number in range(60):
        assert joined.count(f"Personel k-0-{number:03d}") == 1
    tables = [text for text in found if "Personel k-0-" in text and "Padal:" not in text]
    assert all("NRP" in text.split("Personel k-0-", 1)[0] for text in tables)


def test_each_part_counts_its_own_pages() -> None:
    found = pages(check_in(staffed(30, rallies=2)))

    assert [re.findall(r"Halaman \d+ dari \d+", text)[0] for text in found] == [
        "Halaman 1 dari 2", "Halaman 2 dari 2", "Halaman 1 dari 2", "Halaman 2 dari 2"
    ]  # fmt: skip
    assert ["oebobo-0" in text for text in found] == [True, True, False, False]


def test_a_real_operation_carries_no_latihan() -> None:
    given = staffed()
    given.state.operation = msgspec.structs.replace(operation_of(given), mode="real")

    for make in (annex, duty, check_in):
        assert all("LATIHAN" not in text for text in pages(make(given)))


@each_sheet
def test_a_day_without_anybody_is_a_sheet_that_says_so(make: Callable[..., Sheet]) -> None:
    found = pages(make(opened()))

    assert len(found) == 1
    assert "Tidak ada personel" in found[0]


def test_a_rally_without_anybody_has_a_duty_sheet_and_a_form_of_empty_lines() -> None:
    given = opened()
    given.must(plan("oebobo-1", required={}))

    text = pages(duty(given))[0]

    assert "Padal: belum ditunjuk" in text
    assert "kebutuhan tidak ditetapkan" in text
    assert "16.00–20.00: tidak ada personel" in text
    assert "BELUM ADA STTP" in text
    assert " 1 2 3 4 5 6 7 8 9 10 " in pages(check_in(given))[0]


# -- the file -----------------------------------------------------------------------------------------------


@each_sheet
async def test_the_same_sheet_has_the_same_bytes_in_any_process(make: Callable[..., Sheet]) -> None:
    sheet = make(staffed())

    printed = await plan_press().pdf_of(sheet, client_that_waits)

    assert printed == pdf(sheet) == pdf(make(staffed()))


def test_the_file_is_dated_by_its_moment_and_set_in_the_fonts_it_brings() -> None:
    found = PdfReader(BytesIO(pdf(annex(staffed()))))

    assert found.metadata is not None
    assert found.metadata.creation_date is not None
    assert f"{found.metadata.creation_date:%Y-%m-%dT%H:%M:%S}" == "2024-10-02T22:05:00"
    fonts = {
        font.get_object()["/BaseFont"]
        for page in found.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all("Libertinus" in font for font in fonts)
    width, height = found.pages[0].mediabox[2:]
    assert (round(float(width)), round(float(height))) == (595, 842)


async def test_a_day_of_fourteen_venues_is_printed_within_two_seconds() -> None:
    given, press = staffed(11, rallies=14), plan_press()

    for make in (annex, duty, check_in):
        best_s = min([await _seconds(press, make(given)) for _ in range(3)])
        assert best_s < 2


async def _seconds(press: Press, sheet: Sheet) -> float:
    began_s = time.perf_counter()
    await press.pdf_of(sheet, client_that_waits)
    return time.perf_counter() - began_s


async def test_a_printer_that_takes_too_long_is_ended_and_said_so() -> None:
    with pytest.raises(HttpProblem, match="it takes over 0 s; ask for less") as raised:
        await plan_press(within_s=0).pdf_of(annex(staffed()), client_that_waits)

    assert raised.value.status == 503


async def test_printing_ends_when_the_client_leaves() -> None:
    press, started = Press(TEMPLATES, function="tests.unit.processes.jobs:never_end"), set[int]()

    async def leaves_once_it_is_printed() -> Message:
        while not press.processes.running:
            await asyncio.sleep(0.01)
        started.update(press.processes.running)
        return {"type": "http.disconnect"}

    with pytest.raises(HttpProblem, match="client closed the connection") as raised:
        await press.pdf_of(annex(staffed()), leaves_once_it_is_printed)

    assert (raised.value.status, press.processes.running) == (499, set())
    (pid,) = started
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# -- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (at("16:00"), at("20:00"), "16.00–20.00"),
        (at("20:00"), at("00:00", 4), "20.00–24.00"),
        (at("22:00"), at("06:00", 4), "03/10 22.00–04/10 06.00"),
        (at("00:00"), at("00:00", 5), "03/10 00.00–05/10 00.00"),
    ],
)
def test_hours_are_local_and_say_the_day_where_there_are_two(starts: str, ends: str, said: str) -> None:
    assert words.hours(starts, ends, "Asia/Makassar") == said


def test_a_moment_has_the_letters_of_its_zone() -> None:
    said = {words.moment(at("16:05"), zone) for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")}

    assert said == {
        "3 Oktober 2024 pukul 15.05 WIB",
        "3 Oktober 2024 pukul 16.05 WITA",
        "3 Oktober 2024 pukul 17.05 WIT",
    }
