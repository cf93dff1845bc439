"""A roster comes as people keep it, and what is wrong with a row is said by line and column."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.import_answers import Problem
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling.terms import OfficerEntry
from services.scheduler.files import Parsed, export_roster, roster_rows, template
from tests.unit.scheduler.files.books import as_excel_writes, saved, workbook

HEADER = "id_personel,nama,nrp,pangkat,satuan,satgas,posko,keahlian"
ONE = "KPG-0001,Personel 001,85040001,Bripka,Sat Samapta,preventif,maulafa,traffic; negotiation"
OFFICER = OfficerEntry(
    officer_id="KPG-0001",
    rank="Bripka",
    unit="Sat Samapta",
    satgas="preventif",
    home_post="maulafa",
    person=PersonalWords(name="Personel 001", nrp="85040001"),
    skills=["traffic", "negotiation"],
)


def parsed(*lines: str, encoding: str = "utf-8") -> Parsed[OfficerEntry]:
    return roster_rows("\r\n".join(lines).encode(encoding), "roster.csv")


def said(problems: list[Problem]) -> list[tuple[int, str | None, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems]


def test_skills_of_several_words_are_one_each_and_names_stand_for_ids() -> None:
    line = "KPG-0001,Personel 001,85040001,Bripka,Sat Samapta,SATGAS Preventif,Posko Maulafa,%s"
    names = {"satgas": {"Satgas Preventif": "preventif"}, "home_post": {"Posko Maulafa": "maulafa"}}
    for written, skills in (
        ("Lalu Lintas; negosiasi massa", ["traffic", "negosiasi_massa"]),
        ("lantas/negosiasi", ["traffic", "negosiasi"]),
        ("traffic", ["traffic"]),
    ):
        read = roster_rows(f"{HEADER}\n{line % written}".encode(), "a.csv", names=names)
        assert read.errors == []
        [officer] = [row.value for row in read.rows]
        assert (officer.satgas, officer.home_post, officer.skills) == ("preventif", "maulafa", skills)
    [satgas, post] = roster_rows(f"{HEADER}\n{line % ''}".encode(), "a.csv").errors
    assert (satgas.column, post.column) == ("satgas", "posko"), "without the operation nobody knows the names"


def refused(content: bytes, filename: str = "roster.csv") -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        roster_rows(content, filename)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_roster_is_read_in_any_form_people_save(encoding: str, separator: str) -> None:
    lines = [HEADER, ONE.replace(";", " ").replace("Personel 001", "José da Conceição")]
    content = "\r\n".join(lines).replace(",", separator).encode(encoding)

    read = roster_rows(content, "roster.csv")

    assert read.errors == []
    assert [row.value.person.name for row in read.rows if row.value.person] == ["José da Conceição"]
    assert read.sha256 == hashlib.sha256(content).hexdigest()


def test_english_names_of_columns_in_any_order_and_under_a_title_do_as_well() -> None:
    read = parsed(
        "ROSTER OF THE DAY",
        "",
        "Home Post;Skills;officer-id;NAME;service number;rank;Unit;SATGAS",
        "maulafa;Traffic, negotiation;KPG-0001;Personel 001;85040001;Bripka;Sat Samapta;preventif",
    )

    assert read.errors == []
    assert [(row.line, row.value) for row in read.rows] == [(4, OFFICER)]


def test_a_column_that_nobody_reads_is_reported() -> None:
    read = parsed(f"No,{HEADER},Golongan Darah", f"1,{ONE},O")

    assert [row.value for row in read.rows] == [OFFICER]
    assert [(note.line, note.column) for note in read.notes] == [(1, "No"), (1, "Golongan Darah")]


def test_without_an_id_the_nrp_is_the_key_and_a_note_says_what_that_means() -> None:
    read = parsed("nrp,nama,pangkat,satuan,satgas,posko", "85040001,Personel 001,Bripka,Sat,p,m")

    assert [row.value.officer_id for row in read.rows] == ["85040001"]
    assert "the log keeps for good" in read.notes[0].message


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("KPG-0002,,1,Bripka,Sat,p,m,", "nama", "is blank"),
        ("KPG-0002,   ,1,Bripka,Sat,p,m,", "nama", "is blank"),
        ("KPG-0002,\u200b,1,Bripka,Sat,p,m,", "nama", "'\\u200b' is no name"),
        ("KPG-0002,-,1,Bripka,Sat,p,m,", "nama", "'-' is no name"),
        ("KPG-0002,=HYPERLINK(A1),1,Bripka,Sat,p,m,", "nama", "'=HYPERLINK(A1)' holds a formula"),
        (",Personel,,Bripka,Sat,p,m,", "id_personel", "is blank"),
        ("KPG 0002,Personel,1,Bripka,Sat,p,m,", "id_personel", "'KPG 0002' does not fit"),
        ("KPG-0002,Personel,1,,Sat,p,m,", "pangkat", "is blank"),
        ("KPG-0002,Personel,1,Bripka,Sat,p q,m,", "satgas", "'p q' does not fit"),
        ("KPG-0002,Personel,1,Bripka,Sat,p,m,1traffic", "keahlian", "'1traffic' does not fit"),
        (f"KPG-0002,{'x' * 121},1,Bripka,Sat,p,m,", "nama", f"'{'x' * 60}…' does not fit"),
        (
            "KPG-0002,Personel,1.98503E+17,Bripka,Sat,p,m,",
            "nrp",
            "'1.98503E+17' is a number that Excel has shortened",
        ),
        (
            "KPG-0002,JosÃ©,1,Bripka,Sat,p,m,",
            "nama",
            "'JosÃ©' was read in a wrong encoding before it came here",
        ),
        (
            "KPG-0002,Personel, S.H.,1,Bripka,Sat,p,m,traffic",
            None,
            "'traffic' stands beyond the 8 columns of the header",
        ),
    ],
)
def test_a_bad_row_is_an_error_and_the_others_stand(row: str, column: str | None, message: str) -> None:
    read = parsed(HEADER, row, ONE)

    assert (2, column, message) in said(read.errors)
    assert all(problem.possible for problem in read.errors)
    assert [(r.line, r.value) for r in read.rows] == [(3, OFFICER)]


def test_every_problem_of_a_row_is_said_at_once() -> None:
    read = parsed(HEADER, "KPG 1,,1,,Sat,p q,m,")

    assert {column for _, column, _ in said(read.errors)} == {"id_personel", "nama", "pangkat", "satgas"}


def test_an_id_that_stands_twice_is_an_error_that_names_both_lines() -> None:
    read = parsed(HEADER, ONE, ONE.replace("0001", "0002"), ONE.replace("Personel 001", "Personel 003"))

    assert said(read.errors) == [
        (2, "id_personel", "'KPG-0001' stands in line 4 as well"),
        (4, "id_personel", "'KPG-0001' stands in line 2 as well"),
    ]
    assert [row.line for row in read.rows] == [3]


def test_a_name_over_two_lines_does_not_shift_the_lines_of_others() -> None:
    read = parsed(HEADER, ONE.replace("Personel 001", '"Personel\n001"'), "", "x y,Nama,,R,S,p,m,")

    assert [row.line for row in read.rows] == [2]
    assert said(read.errors)[0][:2] == (5, "id_personel")


def test_a_wrong_header_says_what_is_missing() -> None:
    assert "satgas, posko" in str(refused(b"id_personel,nama,pangkat,satuan\n"))
    assert "twice" in str(refused(b"id_personel,nama,name,pangkat,satuan,satgas,posko\n"))
    error = refused(b"a,b\n1,2\n")
    assert error.code == "wrong_header"
    assert "there is a, b" in str(error)
    assert refused(b"").code == "wrong_header"


def test_a_wrong_encoding_is_said_and_not_guessed() -> None:
    error = refused(f"{HEADER}\n{ONE.replace('Personel 001', 'José')}\n".encode("cp850"))

    assert error.code == "wrong_encoding"
    assert "line 2" in str(error)


def test_a_file_without_rows_says_so() -> None:
    assert [note.message for note in parsed(HEADER).notes] == ["the file has no rows"]


# -- workbooks


def row(**other: Any) -> list[Any]:
    """The officer above as a row of cells, with some replaced."""
    cells: dict[str, Any] = dict(zip(HEADER.split(","), next(csv.reader([ONE])), strict=True))
    return list((cells | other).values())


def test_a_workbook_is_read_whatever_its_name_says() -> None:
    content = workbook(HEADER.split(","), row())

    for name in ("roster.xlsx", "roster.csv", "roster"):
        read = roster_rows(content, name)
        assert [(r.line, r.value) for r in read.rows] == [(2, OFFICER)]
        assert read.encoding == "XLSX"


def test_an_nrp_that_excel_made_a_number_keeps_its_digits() -> None:
    content = workbook(
        HEADER.split(","),
        row(nrp=85040001),
        row(id_personel="KPG-0002", nrp=85040002.0),
        row(id_personel="KPG-0003", nrp=4001),
        row(id_personel=4, nrp="85040004"),
        formats={"C4": "00000000"},
    )

    read = roster_rows(content, "roster.xlsx")

    assert [r.value.person.nrp for r in read.rows if r.value.person] == [
        "85040001",
        "85040002",
        "00004001",
        "85040004",
    ]
    assert read.rows[3].value.officer_id == "4"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ({"nama": "=A1"}, "'=A1' holds a formula"),
        ({"pangkat": "=HYPERLINK(1)"}, "'=HYPERLINK(1)' holds a formula"),
        ({"satuan": "#N/A"}, "'#N/A' holds an error of the workbook"),
        (
            {"nrp": 198503012010011008},
            "'198503012010011008' is a number of over 15 digits, whose end Excel has lost",
        ),
        ({"nama": datetime(2024, 3, 10)}, "'2024-03-10 00:00:00.000' was made a date by Excel"),  # noqa: DTZ001
    ],
)
def test_a_cell_that_is_not_what_it_shows_is_an_error_of_its_row(cell: dict[str, Any], message: str) -> None:
    content = workbook(HEADER.split(","), row(**cell), row(id_personel="KPG-0002", nrp="85040002"))

    read = roster_rows(content, "roster.xlsx")

    assert said(read.errors) == [(2, next(iter(cell)), message)]
    assert [r.value.officer_id for r in read.rows] == ["KPG-0002"]


def test_a_workbook_as_excel_writes_it_is_read() -> None:
    names = ["id_personel", "nama", "nrp", "pangkat", "satuan", "satgas", "posko", "bko_mulai"]
    words = ["KPG-0001", "Bripka", "Sat", "p", "m"]
    strings = [f"<t>{text}</t>" for text in (*names, *words)]
    strings.append("<r><t>Perso</t></r><r><rPr><b/></rPr><t>nel 001</t></r>")
    header = "".join(f'<c r="{letter}1" t="s"><v>{at}</v></c>' for at, letter in enumerate("ABCDEFGH"))
    cells = (
        '<c r="A3" t="s"><v>8</v></c><c r="B3" t="s"><v>13</v></c><c r="C3"><v>85040001</v></c>'
        '<c r="D3" t="s"><v>9</v></c><c r="E3" t="s"><v>10</v></c><c r="F3" t="s"><v>11</v></c>'
        '<c r="G3" t="s"><v>12</v></c>'
    )
    summed = '<c r="A4" t="str"><f>A3&amp;"x"</f><v>KPG-0001x</v></c>'
    content = as_excel_writes(
        f'<row r="1">{header}</row><row r="3">{cells}</row><row r="4">{summed}</row>', strings
    )

    read = roster_rows(content, "roster.xlsx")

    assert [(r.line, r.value.officer_id, r.value.person) for r in read.rows] == [
        (3, "KPG-0001", PersonalWords(name="Personel 001", nrp="85040001"))
    ]
    assert (4, "id_personel", "'=A3&\"x\"' holds a formula") in said(read.errors)


def test_only_the_first_sheet_that_is_seen_is_read_and_the_others_are_named() -> None:
    book = Workbook()
    hidden: Any = book.active
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("Personel")
    shown.append(HEADER.split(","))
    shown.append(row())
    book.create_sheet("Cadangan").append(HEADER.split(","))

    read = roster_rows(saved(book), "roster.xlsx")

    assert [r.value for r in read.rows] == [OFFICER]
    assert [note.message for note in read.notes] == ["the sheet 'Cadangan' was not read"]


def test_the_template_of_a_workbook_explains_every_column_in_indonesian() -> None:
    for kind in ("roster", "plan", "orders"):
        book = load_workbook(io.BytesIO(template(kind, "xlsx")))  # type: ignore[arg-type]
        first, explained = book.worksheets
        headers = [cell.value for cell in first[1]]
        assert explained.title == "Penjelasan"
        assert [r[0].value for r in explained.iter_rows(min_row=2)] == headers
        assert all(r[3].value for r in explained.iter_rows(min_row=2))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_that_is_filled_in_by_its_own_examples_is_read(form: Any) -> None:
    content = template("roster", form)

    read = roster_rows(content, f"roster.{form}")

    assert read.rows == []
    assert [note.message for note in read.notes] == ["the file has no rows"]


def test_what_a_spreadsheet_would_run_is_made_safe_and_comes_back() -> None:
    officers = [
        OfficerEntry(
            officer_id=f"KPG-{at}",
            rank=evil,
            unit="Sat",
            satgas="p",
            home_post="m",
            person=PersonalWords(name=evil, phone="+62 812"),
        )
        for at, evil in enumerate(["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\t=1", "\r=1"])
    ]

    written = export_roster(officers, "csv").decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(written)) for cell in line]
    book = load_workbook(io.BytesIO(export_roster(officers, "xlsx")))

    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]
    assert not [cell for r in book.worksheets[0].iter_rows() for cell in r if cell.data_type == "f"]
    assert [r.value for r in roster_rows(written.encode(), "roster.csv").rows] == officers


def test_an_nrp_of_two_officers_is_an_error_that_names_the_other_line_and_officer() -> None:
    read = parsed(
        HEADER,
        ONE,
        ONE.replace("KPG-0001", "KPG-0002").replace("85040001", "NRP 8504.0001"),
        ONE.replace("KPG-0001", "KPG-0003").replace("85040001", "-"),
        ONE.replace("KPG-0001", "KPG-0004").replace("85040001", "-"),
    )

    assert said(read.errors) == [
        (2, "nrp", "the NRP stands in line 3 (KPG-0002) as well"),
        (3, "nrp", "the NRP stands in line 2 (KPG-0001) as well"),
    ]
    assert [row.value.officer_id for row in read.rows] == ["KPG-0003", "KPG-0004"]
    assert read.nameless == []
