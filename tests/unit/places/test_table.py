"""A gazetteer of any region is read from a table, and what is wrong with one is said by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

import pamwal.places
from pamwal.contracts.errors import UnreadableFile
from pamwal.places import kupang, read_places

HEADER = "code,kelurahan,kecamatan_code,kecamatan,latitude,longitude"
GOOD = "53.71.02.1001,Oepura,53.71.02,Maulafa,-10.19015,123.61162"


def refusal(*rows: str, header: str = HEADER) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as refused:
        read_places([header, *rows])
    return refused.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_table_of_the_city_is_read_in_any_form(encoding: str, separator: str) -> None:
    table = (Path(pamwal.places.__file__).parent / "kupang.csv").read_text(encoding="utf-8")

    assert read_places(table.replace(",", separator).encode(encoding)) == list(kupang().places)


def test_columns_may_stand_in_any_order_and_blank_lines_are_skipped() -> None:
    rows = [
        "kelurahan,code,latitude,longitude,kecamatan,KECAMATAN_CODE",
        "",
        "Oepura,53.71.02.1001,1,2,Maulafa,53.71.02",
    ]

    assert [place.kelurahan for place in read_places(rows)] == ["Oepura"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("53.71.02.10,Oepura,53.71.02,Maulafa,-10.1,123.6", "line 3, column code: '53.71.02.10' is no code"),
        ("53.71.02.1002,Maulafa,53.71.03,Maulafa,-10.1,123.6", "line 3, column kecamatan_code: '53.71.03'"),
        ("53.71.02.1002, ,53.71.02,Maulafa,-10.1,123.6", "line 3, column kelurahan: is blank"),
        ("53.71.02.1002,Maulafa,53.71.02,Oebobo,-10.1,123.6", "column kecamatan: 53.71.02 is 'Oebobo' here"),
        ("53.71.02.1002,Maulafa,53.71.02,Maulafa,-91,123.6", "line 3, column latitude: '-91' is no number"),
        ("53.71.02.1002,Maulafa,53.71.02,Maulafa,-10.1,180.5", "line 3, column longitude: '180.5'"),
        ("53.71.02.1002,Maulafa,53.71.02,Maulafa,nan,123.6", "line 3, column latitude: 'nan'"),
        ("53.71.02.1002,Maulafa,53.71.02,Maulafa,,123.6", "line 3, column latitude: ''"),
        ("53.71.02.1002,Maulafa,53.71.02,Maulafa,-10,1,123,6", "line 3, column all: 8 cells"),
        (
            "53.71.02.1001,Oepura Dua,53.71.02,Maulafa,-10.1,123.6",
            "column code: 53.71.02.1001 stands in line 2",
        ),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(row: str, says: str) -> None:
    error = refusal(GOOD, row)

    assert error.code == "wrong_rows"
    assert says in str(error)


def test_all_that_is_wrong_is_said_at_once_but_not_without_end() -> None:
    said = str(refusal(*[f"x{n},,,,," for n in range(100)]))

    assert "line 2, column code" in said
    assert "line 3, column latitude" in said
    assert said.endswith("more")
    assert len(said) < 4000


@pytest.mark.parametrize(
    "header", ["code,name,kecamatan_code,kecamatan,latitude,longitude", "", f"{HEADER},{HEADER}"]
)
def test_a_wrong_header_says_what_the_right_one_is(header: str) -> None:
    error = refusal(GOOD, header=header)

    assert error.code == "wrong_header"
    assert HEADER in str(error)


def test_a_table_without_places_is_refused() -> None:
    assert refusal().code == "wrong_rows"


def test_a_wrong_encoding_is_said() -> None:
    table = f"{HEADER}\n{GOOD}\n53.71.02.1002,Café,53.71.02,Maulafa,-10.1,123.6\n"

    assert [place.kelurahan for place in read_places(table.encode("cp1252"))] == ["Oepura", "Café"]
    with pytest.raises(UnreadableFile, match="line 3 holds bytes") as refused:
        read_places(table.encode("cp850"))
    assert refused.value.code == "wrong_encoding"
