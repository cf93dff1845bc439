"""A name finds its place however it is written, and where two could be meant a question comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.places import Gazetteer, KecamatanPlace, Lookup, Place, kupang, read_places
from pamwal.places.spelling import one_slip

HEADER = "code,kelurahan,kecamatan_code,kecamatan,latitude,longitude"


def code(lookup: Lookup) -> str | None:
    return lookup.found.code if lookup.found else None


def named(lookup: Lookup) -> list[str]:
    return [candidate.code for candidate in lookup.candidates]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("Batu Plat", "53.71.01.1009"),
        ("Batuplat", "53.71.01.1009"),
        ("BATU-PLAT", "53.71.01.1009"),
        ("  batu   plat ", "53.71.01.1009"),
        ("Airmata", "53.71.06.1001"),
        ("Air Mata", "53.71.06.1001"),
        ("Àir Máta", "53.71.06.1001"),
        ("Naikoten I", "53.71.05.1004"),
        ("Naikoten 1", "53.71.05.1004"),
        ("naikoten1", "53.71.05.1004"),
        ("Naikoten Satu", "53.71.05.1004"),
        ("NAIKOTENSATU", "53.71.05.1004"),
        ("Naikoten-II", "53.71.05.1005"),
        ("Manulai 2", "53.71.01.1010"),
        ("Manulai Dua", "53.71.01.1010"),
        ("Kel. Naikolan", "53.71.02.1009"),
        ("Kelurahan Oebobo", "53.71.04.1001"),
        ("kel.oebobo", "53.71.04.1001"),
        ("Kec. Oebobo", "53.71.04"),
        ("KECAMATAN OEBOBO", "53.71.04"),
        ("Kelurahan Oebobo, Kec. Oebobo", "53.71.04.1001"),
        ("Kota Raja", "53.71.05"),
        ("53.71.04.1001", "53.71.04.1001"),
        ("5371041001", "53.71.04.1001"),
        (" 53.71.04 ", "53.71.04"),
        ("Bakunase", "53.71.05.1001"),
    ],
)
def test_a_name_is_found_however_it_is_written(written: str, means: str) -> None:
    assert code(kupang().find(written)) == means


def test_every_place_of_the_city_is_found_by_its_own_name_and_kind() -> None:
    for place in kupang().places:
        assert kupang().find(place.kelurahan, kind="kelurahan").found == place
    for of, name in kupang().kecamatan.items():
        found = kupang().find(name, kind="kecamatan").found
        assert found == KecamatanPlace(code=of, kecamatan=name)


def test_oebobo_is_a_kecamatan_and_a_kelurahan_and_asks_which() -> None:
    answer = kupang().find("Oebobo")

    assert answer.found is None
    assert [(c.code, c.kind) for c in answer.candidates] == [
        ("53.71.04", "kecamatan"),
        ("53.71.04.1001", "kelurahan"),
    ]
    assert answer.question is not None
    assert answer.question.indonesian.startswith("Tempat mana yang dimaksud dengan 'Oebobo'")
    assert answer.question.english.startswith("Which place is meant by 'Oebobo'")
    assert "53.71.04.1001" in answer.question.english


def test_saying_the_kind_answers_the_question() -> None:
    assert code(kupang().find("Oebobo", kind="kelurahan")) == "53.71.04.1001"
    assert code(kupang().find("Oebobo", kind="kecamatan")) == "53.71.04"


def test_naikolan_is_not_naikoten() -> None:
    assert code(kupang().find("Naikolan")) == "53.71.02.1009"
    assert named(kupang().find("Naikoten")) == ["53.71.05.1004", "53.71.05.1005"]


def test_a_whole_name_wins_over_longer_names_that_begin_with_it() -> None:
    found = kupang().find("Oesapa").found

    assert isinstance(found, Place)
    assert found.kelurahan == "Oesapa"


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("Lasiama", "53.71.03.1011"),
        ("Lasian", "53.71.03.1011"),
        ("Lasianaa", "53.71.03.1011"),
        ("Lasinaa", "53.71.03.1011"),
        ("Oesapa Brat", "53.71.03.1014"),
        ("Manulai", "53.71.01.1010"),
        ("TDM", "53.71.04.1014"),
    ],
)
def test_what_is_only_nearly_a_name_is_offered_and_never_taken(written: str, first: str) -> None:
    answer = kupang().find(written)

    assert answer.found is None
    assert answer.question is not None
    assert named(answer)[0] == first


@pytest.mark.parametrize(
    "written", ["", "   ", "Wonosobo", "53.71.09.1001", "日本", "-", "a" * 100_000, "kec " * 40]
)
def test_what_is_nothing_like_a_place_asks_openly(written: str) -> None:
    answer = kupang().find(written)

    assert answer.found is None
    assert answer.candidates == ()
    assert answer.question is not None


def test_a_place_outside_the_kecamatan_that_was_said_is_asked_about() -> None:
    assert code(kupang().find("Oeba", within="Kota Lama")) == "53.71.06.1007"
    assert code(kupang().find("Oeba", within="53.71.06")) == "53.71.06.1007"
    for answer in (
        kupang().find("Oeba", within="Kec. Oebobo"),
        kupang().find("Kel. Oeba, Kec. Oebobo"),
        kupang().find("53.71.06.1007", within="Oebobo"),
    ):
        assert answer.found is None
        assert named(answer) == ["53.71.06.1007"]


def test_a_kecamatan_that_is_not_clear_is_the_question() -> None:
    answer = kupang().find("Oeba", within="Kota")

    assert answer.found is None
    assert {candidate.kind for candidate in answer.candidates} == {"kecamatan"}


def test_a_code_of_the_other_kind_is_asked_about() -> None:
    answer = kupang().find("53.71.04", kind="kelurahan")

    assert answer.found is None
    assert named(answer) == ["53.71.04"]


def test_two_kelurahan_of_one_name_ask_until_the_kecamatan_is_said() -> None:
    table = [
        HEADER,
        "33.01.01.1001,Sidamulya,33.01.01,Kedungreja,-7.5,108.7",
        "33.01.02.1001,Sida Mulya,33.01.02,Kesugihan,-7.6,109.1",
    ]
    gazetteer = Gazetteer(read_places(table))

    assert named(gazetteer.find("Sidamulya")) == ["33.01.01.1001", "33.01.02.1001"]
    assert code(gazetteer.find("Sidamulya", within="Kesugihan")) == "33.01.02.1001"


@given(
    st.text(max_size=60), st.sampled_from([None, "kelurahan", "kecamatan"]), st.none() | st.text(max_size=20)
)
def test_any_text_gives_a_place_or_a_question_and_never_both(
    text: str, kind: object, within: str | None
) -> None:
    answer = kupang().find(text, kind=kind, within=within)  # type: ignore[arg-type]

    assert (answer.found is None) == (answer.question is not None)
    assert answer.found is None or answer.candidates == ()


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_one_slip_is_the_distance_with_neighbours_swapped(one: str, other: str) -> None:
    assert one_slip(one, other) == (_distance(one, other) == 1)


def _distance(one: str, other: str) -> int:
    """Optimal string alignment, from its definition."""
    rows = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
