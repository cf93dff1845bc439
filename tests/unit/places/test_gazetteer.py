"""The table of Kota Kupang is whole, and what is not in it is named."""

from __future__ import annotations

import pytest

from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.places import kecamatan_of
from pamwal.places import kupang, point_of

THIRD_OF_OCTOBER = {
    "Batu Plat", "Oebobo", "Oepura", "Sikumana", "Naikolan", "Fatukoa", "Oeba", "Oesapa", "Lasiana",
    "Oesapa Barat", "Oesapa Selatan",
}  # fmt: skip


def test_the_city_has_51_kelurahan_in_6_kecamatan() -> None:
    assert len(kupang().places) == 51
    assert len(kupang().kecamatan) == 6
    assert all(kecamatan_of(place.code) == place.kecamatan_code for place in kupang().places)


def test_the_11_kelurahan_of_the_bulletin_lie_in_5_kecamatan() -> None:
    named = [place for place in kupang().places if place.kelurahan in THIRD_OF_OCTOBER]

    assert len(named) == 11
    assert {place.kecamatan for place in named} == {"Alak", "Oebobo", "Maulafa", "Kota Lama", "Kelapa Lima"}


def test_a_code_finds_its_place() -> None:
    place = kupang().place("53.71.03.1011")

    assert (place.kelurahan, place.kecamatan) == ("Lasiana", "Kelapa Lima")
    assert kupang().kecamatan_name("53.71.06") == "Kota Lama"
    assert point_of("53.71.03.1011") == place.point


@pytest.mark.parametrize("code", ["53.71.03.9999", "", "Oebobo"])
def test_an_unknown_code_says_what_one_looks_like(code: str) -> None:
    with pytest.raises(UnknownPlace, match=r"53\.71\.01\.1001"):
        kupang().place(code)
    with pytest.raises(UnknownPlace, match=r"53\.71\.01"):
        kupang().kecamatan_name(code)
