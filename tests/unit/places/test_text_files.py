"""The encoding of a file is known or refused: nobody's name is turned into nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts.errors import UnreadableFile
from pamwal.text_files import rows_of, separator_of, text_of

NAMES = "nama\nJosé da Conceição\nMüller Nuñez\nRené D’Almeida\n"


@pytest.mark.parametrize(
    ("encoding", "is_named"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_what_people_save_is_read(encoding: str, is_named: str) -> None:
    assert text_of(NAMES.encode(encoding)) == (NAMES, is_named)


def test_utf_16_with_its_big_end_first_is_read() -> None:
    assert text_of(b"\xfe\xff" + NAMES.encode("utf-16-be")) == (NAMES, "UTF-16")


@pytest.mark.parametrize(
    "content",
    [
        "nama\nJosé\n".encode("cp850"),
        "nama\nMária\n".encode("cp850"),
        "nama\nMüller\n".encode("cp437"),
        "nama\nJosé\n".encode("mac-roman"),
        "nama\nИванов\n".encode("cp1251"),
        "nama\nสมชาย\n".encode("cp874"),
        "nama\n田中\n".encode("shift-jis"),
        "nama\nJosé\n".encode() + "René\n".encode("cp1252"),
        b"\xef\xbb\xbfnama\nJos\xe9\n",
        b"\xff\xfen\x00a",
        b"\xff\xfen\x00\x00\xd8a\x00",
    ],
)
def test_what_cannot_be_known_is_refused_and_not_guessed(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"line [12]") as refused:
        text_of(content)
    assert refused.value.code == "wrong_encoding"


@pytest.mark.parametrize(
    "content", ["nama\nJosé".encode("utf-16-le"), b"nama\x00\n", bytes(range(32)), "a".encode("utf-32")]
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="line 1 holds the control character") as refused:
        text_of(content)
    assert refused.value.code == "wrong_form"


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text, _ = text_of(content)
        list(rows_of(text, separator_of(text, len)))
    except UnreadableFile:
        pass


def known(row: list[str]) -> int:
    return len({"nrp", "nama", "pangkat"} & set(row))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_that_of_the_header_even_under_a_title(separator: str) -> None:
    header = separator.join(["nrp", "nama", "pangkat"])
    text = f"DAFTAR PERSONEL, POLRESTA, KUPANG, 2024\n\n{header}\n1{separator}2{separator}3\n"

    assert separator_of(text, known) == separator


def test_a_separator_that_is_declared_is_taken_at_its_word() -> None:
    text = "sep=|\r\nnrp|nama\r\n1|2\r\n"

    assert separator_of(text, known) == "|"
    assert list(rows_of(text, "|")) == [(2, ["nrp", "nama"]), (3, ["1", "2"])]


def test_a_row_has_the_line_it_begins_at() -> None:
    text = 'a,b\r\n"two\r\nlines",1\r\n\r\nx,y\r\n'

    assert [(line, row) for line, row in rows_of(text, ",") if row] == [
        (1, ["a", "b"]),
        (2, ["two\r\nlines", "1"]),
        (5, ["x", "y"]),
    ]


def test_a_quote_that_is_not_closed_does_not_swallow_the_rest() -> None:
    with pytest.raises(UnreadableFile, match="line 2 cannot be split"):
        list(rows_of('a,b\n"x,1\ny,2\n', ","))
