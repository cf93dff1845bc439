"""A bulletin's text against the picture: what is compared, with which day, and what is not."""

from __future__ import annotations

import pytest

from pamwal.contracts import field
from pamwal.contracts.claim_check import ClaimChecked, ClaimsChecked, ClaimsToCheck, Named, Stated
from pamwal.contracts.errors import TooLarge
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import TaskForce
from services.reporting.claims import CLAIMS_MAX, check_claims, read_text
from services.reporting.words import place_names
from tests.unit.reporting.telling import OEPURA, Teller, at, name_of


@pytest.fixture
def teller() -> Teller:
    """Three officers, one of them intel, at two rallies of two kecamatan."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("p", "09:00", "11:00")
    teller.plan("q", "09:00", "11:00", kelurahan=OEPURA)
    teller.order("x", "p", "09:00", "11:00")
    teller.order("y", "p", "09:00", "11:00", role="intel")
    teller.order("z", "q", "09:00", "11:00")
    return teller


def check(
    teller: Teller, text: str, *, sight: Sight = "full", day: str | None = None, clock: str = "10:00"
) -> ClaimsChecked:
    picture = teller.picture()
    asked = ClaimsToCheck(text=text, day=day)
    reading = read_text(picture.charter, text, place_names())
    return check_claims(
        picture,
        asked,
        at(clock),
        sight=sight,
        name_of=name_of,
        vector={},
        reading=reading,
        places=place_names(),
    )


def one(teller: Teller, text: str) -> ClaimChecked:
    (claim,) = check(teller, text).claims
    return claim


@pytest.mark.parametrize(
    ("text", "difference", "flag"),
    [
        ("3 personel", 0, False),
        ("4 personel", 1, True),
        ("2-4 personel", 0, False),
        ("4-6 personel", 1, True),
        ("1-2 personel", -1, True),
        ("lebih dari 2 personel", 0, False),
        ("lebih dari 3 personel", 1, True),
        ("minimal 1 personel", 0, False),
        ("kurang dari 4 personel", 0, False),
        ("maksimal 2 personel", -1, True),
        ("sekitar 3 personel", 0, False),
        ("sekitar 4 personel", 1, True),
        ("3 (tiga) personel", 0, False),
        ("3 (empat) personel", 0, True),
    ],
)
def test_the_difference_is_from_the_nearer_end_of_what_is_stated(
    teller: Teller, text: str, difference: int, flag: bool
) -> None:
    claim = one(teller, text)
    assert (claim.claim, claim.counted, claim.difference, claim.flag) == ("officers", 3, difference, flag)


def test_about_may_differ_by_a_tenth_of_what_is_counted() -> None:
    teller = Teller()
    teller.open()
    teller.plan("p", "09:00", "11:00")
    for number in range(20):
        teller.register(f"o{number}")
        teller.order(f"o{number}", "p", "09:00", "11:00")
    assert [one(teller, f"sekitar {n} personel").flag for n in (17, 18, 22, 23)] == [True, False, False, True]


def test_a_number_that_contradicts_its_words_says_both(teller: Teller) -> None:
    claim = one(teller, "3 (empat) personel")
    assert (claim.stated, claim.in_brackets) == (3, 4)


def test_parts_are_checked_where_the_log_knows_them_and_else_are_said_to_be_parts(teller: Teller) -> None:
    found = check(
        teller,
        "Kel. Oepura: 1 personel. Kec. Maulafa 2 personel dan 1 lokasi. Naikoten 2, 3 personel. "
        "Oebobo: 2 personel. TNI 2 personel. Kec. Maulafa 1 hadir",
    )
    assert [(each.claim, each.of and each.of.name, each.counted, each.flag) for each in found.claims] == [
        ("officers", "Oepura", 1, False),
        ("officers", "Maulafa", 1, True),
        ("venues", "Maulafa", 1, False),
        ("officers", "Naikoten Dua", 0, True),
    ]
    # Oebobo is a kelurahan and a kecamatan; nobody counts the army, nor who is present in a kecamatan.
    assert [(each.reason, each.found.words) for each in found.not_taken] == [
        ("part", "Oebobo: 2 personel"), ("part", "TNI 2 personel"), ("part", "Kec. Maulafa 1 hadir"),
    ]  # fmt: skip


def test_a_task_force_is_counted_by_its_officers() -> None:
    teller = Teller()
    teller.open(task_forces=[TaskForce(satgas_id="prev", name="Preventif")])
    teller.register("x", "y", satgas="prev")
    teller.plan("p", "09:00", "11:00")
    teller.order("x", "p", "09:00", "11:00")
    teller.order("y", "p", "09:00", "11:00")
    claim, _ = check(teller, "Satgas Preventif 3 personel. Tiap satgas 2 personel").claims
    assert (claim.of, claim.counted, claim.flag) == (Named(code="prev", name="Preventif"), 2, True)


@pytest.mark.parametrize(
    ("text", "counted", "behind", "flag"),
    [
        ("Setiap lokasi 2 personel", 1, [1, 2], True),
        ("Setiap kelurahan minimal 1 personel", 2, [2, 1], False),
        ("Rata-rata 2 personel per titik", 2, [1, 2], False),
        ("Setiap kecamatan 1 lokasi", 1, [1, 1], False),
    ],
)
def test_what_each_has_is_checked_of_every_one(
    teller: Teller, text: str, counted: int, behind: list[int], flag: bool
) -> None:
    claim = one(teller, text)
    assert (claim.counted, [each.count for each in claim.behind], claim.flag) == (counted, behind, flag)


@pytest.mark.parametrize(("sight", "counted"), [("full", 2), ("guarded", 1), ("counts", 1)])
def test_an_intel_deployment_is_in_no_place_for_who_may_not_see_it(
    teller: Teller, sight: Sight, counted: int
) -> None:
    found = check(teller, "Kel. Batu Plat 2 personel. Kegiatan di Kel. Batu Plat, 2 personel", sight=sight)
    assert {each.counted for each in found.claims} == {counted}


@pytest.mark.parametrize(
    ("text", "day", "counted", "why"),
    [
        ("3 Oktober 2024: 3 personel", None, 3, "text"),
        ("4 Oktober 2024: 3 personel", None, 0, "text"),
        ("4 Oktober 2024: 3 personel", "2024-10-03", 3, "asked"),
        ("3 Oktober 2024 dan 4 Oktober 2024: 3 personel", "2024-10-03", 3, "asked"),
        ("Sprin/7/X/2024 tanggal 4 Oktober 2024. 3 Oktober 2024: 3 personel", None, 3, "text"),
        ("Sejak 1 Oktober 2024 3 personel", None, 3, "now"),
        ("3 personel", None, 3, "now"),
    ],
)
def test_the_day_is_the_one_asked_for_else_the_only_one_named(
    teller: Teller, text: str, day: str | None, counted: int, why: str
) -> None:
    found = check(teller, text, day=day)
    assert (found.claims[0].counted, found.day_from) == (counted, why)


def test_of_several_days_each_sentence_is_counted_on_its_own_or_the_days_are_offered(teller: Teller) -> None:
    found = check(teller, "3 Oktober 2024: 3 personel. 4 Oktober 2024: 3 personel. 2 lokasi")
    assert [(each.day, each.counted, each.flag) for each in found.claims] == [
        (None, 3, False), ("2024-10-04", 0, True),
    ]  # fmt: skip
    assert [each.found.words for each in found.not_taken if each.reason == "day_unclear"] == ["2 lokasi"]
    assert (found.day_from, found.days_named) == ("unclear", ["2024-10-03", "2024-10-04"])
    asked = check(teller, "3 Oktober 2024. 2 lokasi. 4 Oktober 2024: 3 personel", day="2024-10-03")
    assert [(each.day, each.counted) for each in asked.claims] == [(None, 2), ("2024-10-04", 0)]


@pytest.mark.parametrize(
    ("text", "parts", "made", "difference", "flags"),
    [
        ("3 personel terdiri dari 2 personel Polri dan 1 personel TNI", [2, 1], 3, 0, 0),
        ("3 personel terdiri dari 2 personel Polri dan 2 personel TNI", [2, 2], 4, 1, 1),
        ("3 personel, di antaranya 1 Polwan", [1], 1, 0, 0),
        ("3 personel, di antaranya 4 Polwan", [4], 4, 1, 1),
        ("3 personel di 2 lokasi, masing-masing 2 personel", [2, 2], 4, 1, 2),
    ],
)
def test_what_a_text_adds_up_is_checked_by_itself(
    teller: Teller, text: str, parts: list[int], made: int, difference: int, flags: int
) -> None:
    found = check(teller, text)
    (each,) = found.sums
    assert (each.stated, each.parts, each.made, each.difference) == (3, parts, made, difference)
    assert (found.flags, each.flag, each.found.words) == (flags, bool(flags), "3 personel")


def test_people_are_compared_where_somebody_counted_them(teller: Teller) -> None:
    uncounted = check(teller, "massa 400 orang")
    assert (uncounted.claims, [each.reason for each in uncounted.not_taken]) == ([], ["uncounted"])
    for people in (300, 380):
        teller.observe(field.AttendanceCounted, "09:30", rally_id="p", people=people, author="a")
    claim = one(teller, "massa 400 orang")
    assert (claim.counted, claim.difference, [each.code for each in claim.behind]) == (380, 20, ["p"])


def test_pairs_are_those_the_rallies_name(teller: Teller) -> None:
    claim = one(teller, "5 pasangan calon")
    assert (claim.counted, [each.code for each in claim.behind]) == (1, ["walikota/1"])
    teller.plan("r", "12:00", "13:00", pairs=("gubernur/1", "gubernur/2"))
    for office, counted in (("", 3), ("Wali Kota", 1), ("Gubernur", 2)):
        assert one(teller, f"2 pasangan calon {office}").counted == counted, office


@pytest.mark.parametrize(
    ("sight", "named"), [("full", ["x", "y", "z"]), ("guarded", ["x", "z"]), ("counts", [])]
)
def test_intel_is_counted_and_never_named(teller: Teller, sight: Sight, named: list[str]) -> None:
    (claim,) = check(teller, "3 personel", sight=sight).claims
    assert (claim.counted, [each.code for each in claim.behind]) == (3, named)


def test_fields_and_text_are_checked_together(teller: Teller) -> None:
    asked = ClaimsToCheck(stated=Stated(rallies=2), text="3 personel")
    found = check_claims(teller.picture(), asked, at("10:00"), sight="full", name_of=name_of, vector={})
    assert [(each.claim, each.found is None, each.flag) for each in found.claims] == [
        ("rallies", True, False), ("officers", False, False),
    ]  # fmt: skip


def test_a_text_of_too_many_totals_is_refused_in_a_sentence(teller: Teller) -> None:
    assert len(check(teller, "3 personel\n" * CLAIMS_MAX).claims) == CLAIMS_MAX
    with pytest.raises(TooLarge, match="201 totals, more than 200 of one bulletin; check it in parts"):
        check(teller, "3 personel\n" * (CLAIMS_MAX + 1))
