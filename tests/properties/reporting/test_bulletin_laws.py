"""Laws of reading a bulletin: numbers and their words are one another, and no text is too strange to read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.claim_check import TEXT_LETTERS_MAX
from services.reporting.bulletin.number_words import read_cardinal, words_of
from services.reporting.bulletin.reading import read_bulletin
from services.reporting.bulletin.tokens import tokens_of

NUMBERS = st.integers(0, 999_999_999)
READ_S_MAX = 10.0
"""For the longest text allowed, on a busy machine; a quadratic reader takes minutes."""
FRAGMENTS = [
    "151", "1.250", "seratus", "dua", "ribu", "personel", "lokasi", "hadir", "tidak", "nihil", "dari", "di",
    "Kel.", "Oebobo", "paslon", "nomor", "urut", "pukul", "16.00", "Oktober", "2024", "s.d.", "-", "/", "(",
    ")", ":", ",", ".", "\n", "hp", "08", "sekitar", "antara", "dan", "lebih", "kurang", "bukan",
    "setiap", "masing2", "terdiri", "TNI", "Polri", "gabungan", "target", "Kamis",
    "*", "１５１", "²", "\u200b",
]  # fmt: skip
NAMES = [("oebobo",), ("bakunase", "dua")]


@given(number=NUMBERS)
@settings(max_examples=500)
def test_a_number_in_words_is_that_number(number: int) -> None:
    words = words_of(number).split()
    assert read_cardinal(words) == (number, len(words))


def test_every_number_below_a_hundred_thousand() -> None:
    for number in range(100_000):
        words = words_of(number).split()
        assert read_cardinal(words) == (number, len(words))


@given(number=NUMBERS, in_words=st.booleans(), dotted=st.booleans())
def test_a_total_is_read_however_its_number_is_written(number: int, in_words: bool, dotted: bool) -> None:
    figures = f"{number:,}".replace(",", ".") if dotted else str(number)
    text = f"{words_of(number) if in_words else figures} personel"
    found = read_bulletin(text)
    assert [(each.claim, each.quantity.low, each.quantity.doubt) for each in found.stated] == [
        ("officers", number, None)
    ]
    assert found.not_taken == []


@given(text=st.one_of(st.text(max_size=400), st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(" ".join)))
@settings(max_examples=600)
def test_any_text_is_read_and_every_figure_in_it_is_accounted_for_once(text: str) -> None:
    found = read_bulletin(text, NAMES)
    places = [(each.start, each.end) for each in (*found.stated, *found.not_taken)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    figures = [token for token in tokens_of(text) if token.kind == "number"]
    for token in figures:
        within = [place for place in places if place[0] <= token.start and token.end <= place[1]]
        assert len(within) == 1, (text, token, places)


@pytest.mark.parametrize(
    "fragment",
    [
        *FRAGMENTS,
        "1/",
        "1-",
        "a/1/",
        "1 a ",
        "hp+",
        "no.",
        "(1)",
        "di 1 ",
        "paslon no ",
        "1 - ",
        "1 TNI ",
        "tiap 1 personel ",
        "- TNI 1\n",
        "1 orang (satu) ",
    ],
)
def test_the_longest_text_is_read_in_time_however_it_repeats_itself(fragment: str) -> None:
    text = (fragment * TEXT_LETTERS_MAX)[:TEXT_LETTERS_MAX]
    began_s = time.process_time()
    read_bulletin(text, NAMES)
    assert time.process_time() - began_s < READ_S_MAX
