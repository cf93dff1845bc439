"""A plan comes as people keep it: local times, words of the domain, places by code or a name that is sure."""

from __future__ import annotations

from datetime import datetime
from datetime import time as clock
from typing import Any

import pytest

from pamwal.contracts.import_answers import Problem
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import PlanRally
from pamwal.contracts.scheduling.terms import NoticeReceipt, Order, Override
from pamwal.places import kupang
from services.scheduler.files import OrderLine, Parsed, export_plan, order_rows, plan_rows
from tests.unit.scheduler.files.books import workbook

WITA = "Asia/Makassar"
RALLY = PlanRally(
    rally_id="KK-1",
    kind="face_to_face",
    pairs=["walikota/3", "gubernur/1"],
    venue=Venue(
        venue_id="oepura-1",
        name="Lapangan Oepura",
        kelurahan="53.71.02.1001",
        point=Point(latitude=-10.19015, longitude=123.61162),
        radius_m=200,
    ),
    starts_at="2024-10-03T08:00:00.000Z",
    ends_at="2024-10-03T10:30:00.000Z",
    required={"guard": 4, "field_commander": 1, "intel": 0},
    expected_attendance=200,
    receipt=NoticeReceipt(number="STTP/12", received_at="2024-10-01T02:00:00.000Z"),
)
HEADER = (
    "kode_kegiatan,mulai,selesai,bentuk,paslon,lokasi,kode_lokasi,kelurahan,lintang,bujur,radius_m,"
    "kuat_penjagaan,kuat_padal,kuat_intel,perkiraan_massa,nomor_sttp,sttp_diterima"
)
ONE = (
    "KK-1,2024-10-03 16:00,2024-10-03 18:30,tatap muka,walikota/3; gubernur/1,Lapangan Oepura,oepura-1,"
    "53.71.02.1001,-10.19015,123.61162,200,4,1,0,200,STTP/12,2024-10-01 10:00"
)
SHORT = "kode,tanggal,mulai,selesai,jenis,paslon,lokasi,kelurahan,kecamatan"


def parsed(*lines: str, zone: Any = WITA, **more: Any) -> Parsed[PlanRally]:
    return plan_rows("\n".join(lines).encode(), "plan.csv", zone, **more)


def said(problems: list[Problem]) -> list[tuple[int, str | None, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems]


def times(*cells: str, zone: Any = WITA) -> tuple[str, str] | list[Problem]:
    """Start and end of a row with these cells of day, start and end."""
    read = parsed(SHORT, f"k,{','.join(cells)},dialog,walikota/1,Aula,53.71.02.1001,", zone=zone)
    return (read.rows[0].value.starts_at, read.rows[0].value.ends_at) if read.rows else read.errors


def test_a_plan_is_read() -> None:
    read = parsed(HEADER, ONE)

    assert read.errors == []
    assert [row.value for row in read.rows] == [RALLY]


def test_decimal_commas_of_an_indonesian_spreadsheet_are_read() -> None:
    lines = [HEADER.replace(",", ";"), ONE.replace(";", " ").replace(",", ";").replace("-10.19", "-10,19")]

    assert [row.value for row in parsed(*lines).rows] == [RALLY]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("", "2024-10-03 16:00", "2024-10-03 18:30"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("", "03/10/2024 16.00", "3-10-2024 18.30"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("2024-10-03", "16:00", "18.30"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("03/10/2024", "16.00", "18:30 WITA"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("", "2024-10-03 16:00", "18:30"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("2024-10-03", "22:00", "02:00"), ("2024-10-03T14:00", "2024-10-03T18:00")),
        (("2024-10-03", "05:00", "06:00"), ("2024-10-02T21:00", "2024-10-02T22:00")),
        (("", "2024-10-03T08:00:00.000Z", "2024-10-03 10:30 UTC"), ("2024-10-03T08:00", "2024-10-03T10:30")),
        (("", "2024-10-03 15:00 WIB", "2024-10-03 19:30+09:00"), ("2024-10-03T08:00", "2024-10-03T10:30")),
    ],
)
def test_times_are_read_as_people_write_them(cells: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert times(*cells) == tuple(f"{moment}:00.000Z" for moment in expected)


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        ("Asia/Jakarta", "2024-10-03T09:00:00.000Z"),
        ("Asia/Pontianak", "2024-10-03T09:00:00.000Z"),
        ("Asia/Makassar", "2024-10-03T08:00:00.000Z"),
        ("Asia/Jayapura", "2024-10-03T07:00:00.000Z"),
    ],
)
def test_a_time_without_a_zone_is_of_the_operation(zone: str, starts: str) -> None:
    read = times("", "2024-10-03 16:00", "18:00", zone=zone)

    assert isinstance(read, tuple)
    assert read[0] == starts


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        (("", "10/15/2024 16:00", "18:00"), "mulai", "names a day that does not exist"),
        (("", "16:00", "18:00"), "mulai", "has no day"),
        (("besok", "16:00", "18:00"), "tanggal", "'besok' is no day"),
        (("2024-02-30", "16:00", "18:00"), "tanggal", "names a day that does not exist"),
        (("2024-10-03", "16:00", "25:00"), "selesai", "'25:00' is no time"),
        (("1924-10-03", "16:00", "18:00"), "tanggal", "outside the years"),
        (("2024-10-03", "16:00", ""), "selesai", "is blank"),
        (("", "2024-10-03 16:00+99:00", "18:00"), "mulai", "no offset"),
    ],
)
def test_a_time_that_is_none_says_so(cells: tuple[str, ...], column: str, message: str) -> None:
    errors = times(*cells)

    assert isinstance(errors, list)
    assert any(error.column == column and message in error.message for error in errors), errors


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        (("tatap muka", "pengajian"), "bentuk", "'pengajian' is not known"),
        (("walikota/3; gubernur/1", "Budi"), "paslon", "'Budi' does not fit"),
        (("walikota/3; gubernur/1", ""), "paslon", "is blank"),
        (("53.71.02.1001", "Oepura"), "kelurahan", "'Oepura' is no code"),
        (("-10.19015", "-100"), "lintang", "'-100' does not fit"),
        (("-10.19015", ""), "lintang", "a point has a latitude and a longitude"),
        ((",200,4", ",0,4"), "radius_m", "'0' does not fit"),
        ((",4,1,0", ",4,1,1.5"), "kuat_intel", "'1.5' is no whole number"),
        ((",4,1,0", ",4,1,100001"), "kuat_intel", "'100001' does not fit"),
        (("STTP/12", ""), "nomor_sttp", "a receipt has a number and the time it was given"),
        (("KK-1", "KK 1"), "kode_kegiatan", "'KK 1' does not fit"),
    ],
)
def test_a_cell_that_does_not_fit_is_named(change: tuple[str, str], column: str, message: str) -> None:
    read = parsed(HEADER, ONE.replace(*change))

    assert said(read.errors) == [(2, column, message)]
    assert read.rows == []


def test_a_kelurahan_may_be_named_where_the_gazetteer_is_sure_and_is_asked_about_where_not() -> None:
    row = "k{},2024-10-03,16:00,18:00,dialog,walikota/1,Aula,{},{}"
    read = parsed(
        SHORT,
        row.format(1, "Batuplat", ""),
        row.format(2, "Oebobo", "Kec. Oebobo"),
        row.format(3, "53.71.02.1001", "Maulafa"),
        row.format(4, "99.99.99.9999", ""),
        row.format(5, "Naikoten", ""),
        row.format(6, "Oeba", "Oebobo"),
        row.format(7, "53.71.02.1001", "Oebobo"),
        places=kupang(),
    )

    assert [row.value.venue.kelurahan for row in read.rows] == [
        "53.71.01.1009",
        "53.71.04.1001",
        "53.71.02.1001",
        "99.99.99.9999",
    ]
    assert [(error.line, error.column) for error in read.errors] == [(n, "kelurahan") for n in (6, 7, 8)]
    assert "Naikoten Satu" in read.errors[0].message
    assert "Tempat mana yang dimaksud" in read.errors[0].message


def test_a_venue_without_an_id_has_the_same_one_in_every_import() -> None:
    row = "k{},2024-10-03,16:00,18:00,dialog,walikota/1,{},53.71.02.1001,"
    read = parsed(
        SHORT,
        *[row.format(n, name) for n, name in enumerate(["Aula SMA 1", "aula  sma-1", "x" * 90, "礼堂"])],
    )

    ids = [row.value.venue.venue_id for row in read.rows]
    assert ids[:2] == ["53.71.02.1001-aula_sma_1"] * 2
    assert len(set(ids)) == 3


def test_times_and_days_of_a_workbook_are_local_times() -> None:
    content = workbook(
        ["kode", "tanggal", "mulai", "selesai", "bentuk", "paslon", "lokasi", "kelurahan"],
        [
            "a",
            datetime(2024, 10, 3),  # noqa: DTZ001
            clock(16, 0),
            clock(18, 30),
            "dialog",
            "walikota/1",
            "Aula",
            "53.71.02.1001",
        ],
        [
            "b",
            None,
            datetime(2024, 10, 3, 16, 0),  # noqa: DTZ001
            0.7708333333,
            "dialog",
            "walikota/1",
            "Aula",
            "53.71.02.1001",
        ],
        formats={"D3": "hh:mm"},
    )

    read = plan_rows(content, "plan.xlsx", WITA)

    assert read.errors == []
    assert [(row.value.starts_at, row.value.ends_at[:19]) for row in read.rows] == [
        ("2024-10-03T08:00:00.000Z", "2024-10-03T10:30:00")
    ] * 2


def test_an_exported_plan_has_local_times_and_words_of_the_screen() -> None:
    written = export_plan([RALLY], WITA, "csv").decode("utf-8-sig")

    assert "2024-10-03 16:00 WITA,2024-10-03 18:30 WITA,tatap muka,walikota/3; gubernur/1" in written


def test_orders_are_read_with_sprin_purpose_and_override() -> None:
    header = (
        "kode,id_personel,tempat,tugas,tanggal,mulai,selesai,sprin,keperluan,aturan_dikesampingkan,alasan"
    )
    rows = [
        "D-1,KPG-1,rally/KK-1,Penjagaan,2024-10-03,15:00,19:00,Sprin/1,penebalan,over_duty,kurang",
        "D-2,KPG-2,site/TPS-1,padal,2024-10-03,20:00,04:00,,,,",
        "D-3,KPG-3,KK-1,padal,2024-10-03,20:00,04:00,,,,",
        "D-4,KPG-4,rally/KK-1,padal,2024-10-03,20:00,04:00,,,over_duty,",
    ]
    read = order_rows("\n".join([header, *rows]).encode(), "orders.csv", WITA)

    assert [row.value for row in read.rows] == [
        OrderLine(
            order=Order(
                deployment_id="D-1",
                officer_id="KPG-1",
                place="rally/KK-1",
                role="guard",
                starts_at="2024-10-03T07:00:00.000Z",
                ends_at="2024-10-03T11:00:00.000Z",
                purpose="reinforcement",
                override=Override(rules=["over_duty"], cause="kurang"),
            ),
            sprin="Sprin/1",
        ),
        OrderLine(
            order=Order(
                deployment_id="D-2",
                officer_id="KPG-2",
                place="site/TPS-1",
                role="field_commander",
                starts_at="2024-10-03T12:00:00.000Z",
                ends_at="2024-10-03T20:00:00.000Z",
            )
        ),
    ]
    assert said(read.errors) == [
        (4, "tempat", "'KK-1' does not fit"),
        (5, "alasan", "an override names its rules and its cause"),
    ]
