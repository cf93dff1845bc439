"""S1 and S2 of the domain through the pure picture: 151 officers, 14 venues, 11 kelurahan, 5 kecamatan."""

from __future__ import annotations

from random import Random

import pytest

from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting import Situation
from pamwal.demo.day import POSTS, TASK_FORCES, officers, rallies
from pamwal.demo.truth import Truth, truth_of
from services.reporting.claims import check_claims
from services.reporting.views.situation import digest_of, situation_of
from tests.unit.reporting.telling import Teller, at, facts_of, name_of, picture_of

MINUTE_MS = 60_000
BULLETIN = ClaimsToCheck(stated=Stated(officers=151, venues=14, kelurahan=11, kecamatan=6))


def plan_of_the_day() -> Teller:
    """S1: everything planned and ordered, nobody seen."""
    teller = Teller()
    teller.open(posts=list(POSTS), task_forces=list(TASK_FORCES))
    for officer in officers(rallies()):
        teller.register(officer.officer_id, satgas=officer.satgas, home_post=officer.rally.post)
    for rally in rallies():
        starts, ends = (_clock(each) for each in (rally.starts_ms, rally.ends_ms))
        teller.plan(
            rally.rally_id, starts, ends, kelurahan=rally.kelurahan, required=rally.required, kind=rally.kind
        )
    for officer in officers(rallies()):
        starts, ends = (_clock(each) for each in (officer.rally.starts_ms, officer.rally.ends_ms))
        teller.order(officer.officer_id, officer.rally.rally_id, starts, ends, role=officer.role)
    return teller


def day_as_it_was(seed: int) -> tuple[Teller, Truth]:
    """S2: each check-in told 1 to 4 times by app and list, a tenth up to 45 minutes late, over all posts."""
    teller, chance = plan_of_the_day(), Random(seed)
    truth = truth_of(chance)
    for arrival in truth.arrivals:
        late_ms = chance.randint(10, 45) * MINUTE_MS if chance.random() < 0.1 else 0
        for number in range(chance.randint(1, 4)):
            on_list = number > 0
            step_ms = 5 * MINUTE_MS if on_list else 1
            teller.come(
                arrival.officer.officer_id.lower() if on_list else arrival.officer.officer_id,
                arrival.rally.rally_id,
                _clock(arrival.at_ms // step_ms * step_ms),
                recorded=_clock(arrival.at_ms + late_ms + number * MINUTE_MS),
                precision="list" if on_list else "exact",
                channel="paper" if on_list else "app",
                post=chance.choice(POSTS).post_id,
            )
    for hour in range(8, 22):
        for minute in (0, 10, 20, 30, 40, 50):
            for post in POSTS:
                teller.beat(post.post_id, f"{hour:02d}:{minute:02d}")
    return teller, truth


def situation(teller: Teller, clock: str) -> Situation:
    """At a wall clock, as the chief of operations sees it."""
    return situation_of(teller.picture(), at(clock), sight="full", name_of=name_of)


def test_s1_counts_from_facts() -> None:
    found = situation(plan_of_the_day(), "07:00")
    assert (found.total.ordered, found.total.required_total, found.total.awaited) == (151, 151, 151)
    assert (len(found.venues), len(found.kelurahan), len(found.satgas)) == (14, 11, 6)
    assert {row.name: (row.strength.ordered, row.venues) for row in found.kecamatan} == {
        "Alak": (11, 1),
        "Oebobo": (21, 2),
        "Maulafa": (54, 5),
        "Kota Lama": (11, 1),
        "Kelapa Lima": (54, 5),
    }
    assert sum(row.strength.ordered for row in found.satgas) == 151


def test_s1_the_bulletins_claim_raises_exactly_one_flag() -> None:
    checked = check_claims(
        plan_of_the_day().picture(), BULLETIN, at("07:00"), sight="guarded", name_of=name_of, vector={}
    )
    flagged = [each for each in checked.claims if each.flag]
    assert (checked.flags, len(checked.claims)) == (1, 4)
    assert [(each.claim, each.stated, each.counted, each.difference) for each in flagged] == [
        ("kecamatan", 6, 5, 1)
    ]
    assert [each.name for each in flagged[0].behind] == [
        "Alak", "Maulafa", "Kelapa Lima", "Oebobo", "Kota Lama",
    ]  # fmt: skip


def test_s1_the_bulletin_as_it_was_pasted_raises_the_same_flag() -> None:
    text = "151 (seratus lima puluh satu) personel di 14 lokasi pada 11 kelurahan, 6 kecamatan"
    checked = check_claims(
        plan_of_the_day().picture(),
        ClaimsToCheck(text=text),
        at("07:00"),
        sight="guarded",
        name_of=name_of,
        vector={},
    )
    assert [(each.claim, each.stated) for each in checked.claims] == [
        ("officers", 151), ("venues", 14), ("kelurahan", 11), ("kecamatan", 6),
    ]  # fmt: skip
    flagged = [each for each in checked.claims if each.flag]
    assert [(each.claim, each.counted, each.difference) for each in flagged] == [("kecamatan", 5, 1)]
    assert flagged[0].found is not None
    assert text[flagged[0].found.start : flagged[0].found.end] == flagged[0].found.words == "6 kecamatan"
    assert checked.not_taken == []


@pytest.mark.parametrize("seed", range(5))
def test_s2_retries_lists_and_late_reports_change_no_number(seed: int) -> None:
    teller, truth = day_as_it_was(seed)
    total = situation(teller, "22:00").total
    assert facts_of(total) | {"reported_late": 0} == {
        "ordered": 151, "present": 150, "at_place": 149, "on_time": 146, "late": 3, "wrong_place": 1,
        "elsewhere": 1, "absent": 1, "reported_late": 0,
    }  # fmt: skip
    assert truth.count("on_time") == 146


def test_s2_the_absent_one_is_named_to_who_may_see_him() -> None:
    teller, truth = day_as_it_was(1)
    asked = ClaimsToCheck(stated=Stated(present=150, absent=0, late=3))
    checked = check_claims(teller.picture(), asked, at("22:00"), sight="guarded", name_of=name_of, vector={})
    absent = next(each for each in checked.claims if each.claim == "absent")
    assert [each.code for each in absent.behind] == [truth.absent[0].officer_id]
    assert checked.flags == 1


def test_s2_the_same_digest_in_any_order_of_arrival() -> None:
    teller, _ = day_as_it_was(2)
    digests = set()
    for seed in range(3):
        told = list(teller.told)
        Random(seed).shuffle(told)
        picture = picture_of(told).operations[teller.operation_id]
        digests.add(digest_of(situation_of(picture, at("21:30"), sight="full", name_of=name_of)))
    assert digests == {digest_of(situation(teller, "21:30"))}


def _clock(ms: int) -> str:
    """Kupang's wall clock of a moment of that day, to the millisecond."""
    midnight_ms = 1_727_884_800_000  # 2024-10-03T00:00 WITA
    hours, rest = divmod(ms - midnight_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    assert from_ms(midnight_ms) == "2024-10-02T16:00:00.000Z"
    return f"{hours:02d}:{minutes:02d}:{rest / 1000:06.3f}"
