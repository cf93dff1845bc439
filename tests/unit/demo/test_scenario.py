"""The scenario has exactly the numbers of S1 and S2, whatever the seed."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import msgspec
import pytest

from pamwal.contracts.codec import decode_submission, encode
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import kecamatan_of
from pamwal.demo.day import POSTS, TASK_FORCES
from pamwal.demo.sayings import Saying
from pamwal.demo.scenario import ENDS_MS, PLANNED_MS, STARTS_MS, STATED, Scenario, scenario
from pamwal.demo.truth import MINUTE_MS
from pamwal.places import kupang

SEEDS = range(8)
GRACE_MS = 15 * MINUTE_MS


@pytest.fixture(params=SEEDS, scope="module")
def day(request: pytest.FixtureRequest) -> Scenario:
    return scenario(request.param)


def test_s1_one_day_in_kupang_has_its_posts_officers_venues_and_task_forces(day: Scenario) -> None:
    truth = day.truth
    by_kecamatan = Counter(kupang().kecamatan_name(kecamatan_of(o.rally.kelurahan)) for o in truth.officers)
    venues = Counter(kupang().place(rally.kelurahan).kecamatan for rally in truth.rallies)
    assert by_kecamatan == {"Alak": 11, "Oebobo": 21, "Maulafa": 54, "Kota Lama": 11, "Kelapa Lima": 54}
    assert venues == {"Alak": 1, "Oebobo": 2, "Maulafa": 5, "Kota Lama": 1, "Kelapa Lima": 5}
    assert len(truth.officers) == len({officer.officer_id for officer in truth.officers}) == 151
    assert {officer.satgas for officer in truth.officers} == {force.satgas_id for force in TASK_FORCES}
    assert (len(POSTS), len(TASK_FORCES), len(truth.rallies)) == (5, 6, 14)


def test_s1_the_bulletin_is_wrong_in_one_number_only(day: Scenario) -> None:
    found = {
        "officers": day.expected.ordered,
        "venues": day.expected.venues,
        "kelurahan": day.expected.kelurahan,
        "kecamatan": day.expected.kecamatan,
    }
    assert {name for name, stated in STATED.items() if stated != found[name]} == {"kecamatan"}
    assert found["kecamatan"] == 5


def test_s1_eleven_officers_stand_at_first_venues_and_ten_at_second_ones(day: Scenario) -> None:
    at = Counter(officer.rally.rally_id for officer in day.truth.officers)
    assert {rally: count for rally, count in at.items() if count != 11} == {
        "oebobo-2": 10,
        "sikumana-2": 10,
        "oesapa-2": 10,
    }
    assert all(sum(rally.required.values()) == at[rally.rally_id] for rally in day.truth.rallies)


def test_s2_the_truth_is_146_on_time_3_late_1_elsewhere_1_absent(day: Scenario) -> None:
    truth = day.truth
    assert [truth.count(kind) for kind in ("on_time", "late", "wrong_place")] == [146, 3, 1]
    assert (len(truth.absent), day.expected.present, day.expected.absent) == (1, 150, 1)
    for arrival in truth.arrivals:
        behind_ms = arrival.at_ms - arrival.officer.rally.starts_ms
        assert (behind_ms > GRACE_MS) == (arrival.presence == "late")
        assert (arrival.rally == arrival.officer.rally) == (arrival.presence != "wrong_place")


def test_s2_each_check_in_is_sent_one_to_four_times_by_app_and_by_list(day: Scenario) -> None:
    sent: dict[str, list[Saying]] = defaultdict(list)
    for saying in reports(day):
        sent[saying.submission.data.officer_id].append(saying)
    assert set(sent) == {arrival.officer.officer_id for arrival in day.truth.arrivals}
    assert {len(said) for said in sent.values()} == {1, 2, 3, 4}
    assert {saying.submission.channel for said in sent.values() for saying in said} == {"app", "paper"}
    for said in sent.values():
        assert len({saying.submission.id for saying in said}) == len({s.submission.channel for s in said})


def test_s2_a_tenth_arrives_late_but_never_more_than_45_minutes(day: Scenario) -> None:
    true_ms = {arrival.officer.officer_id: arrival.at_ms for arrival in day.truth.arrivals}
    behind = {
        officer: min(s.send_ms - at_ms for s in reports(day) if s.submission.data.officer_id == officer)
        for officer, at_ms in true_ms.items()
    }
    apps = [s for s in reports(day) if s.submission.channel == "app"]
    late = {
        s.submission.data.officer_id
        for s in apps
        if s.send_ms - true_ms[s.submission.data.officer_id] >= 10 * MINUTE_MS
    }
    assert 0 < len(late) <= 15
    assert min(behind.values()) >= 0
    assert max(s.send_ms - true_ms[s.submission.data.officer_id] for s in reports(day)) <= 45 * MINUTE_MS


def test_reports_of_one_officer_come_from_any_post_and_a_repeat_from_the_same(day: Scenario) -> None:
    posts_of: dict[str, set[str]] = defaultdict(set)
    posts_of_id: dict[str, set[str]] = defaultdict(set)
    for saying in reports(day):
        posts_of[saying.submission.data.officer_id].add(saying.post)
        posts_of_id[saying.submission.id].add(saying.post)
    assert any(len(posts) > 1 for posts in posts_of.values())
    assert all(len(posts) == 1 for posts in posts_of_id.values())
    assert {saying.post for saying in day.sayings} == {post.post_id for post in POSTS}


def test_a_repeat_says_exactly_what_its_first_said(day: Scenario) -> None:
    first: dict[tuple[str, str], Saying] = {}
    for saying in day.sayings:
        key = (saying.post, saying.submission.id)
        if saying.expected == "repeat":
            assert saying.submission == first[key].submission
        elif saying.expected == "accepted":
            assert key not in first
            first[key] = saying


def test_every_source_counts_without_a_gap_in_the_order_it_speaks(day: Scenario) -> None:
    counted: dict[str, list[int]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    planned = [saying for wave in day.planning for saying in wave]
    for saying in [*planned, *day.sayings]:
        said = saying.submission
        if (said.source, said.id) not in seen:
            seen.add((said.source, said.id))
            assert said.sourceseq is not None
            counted[said.source].append(said.sourceseq)
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in counted.values())
    assert all(
        numbers == sorted(numbers) for source, numbers in counted.items() if not source.endswith("/plan")
    )


def test_a_post_is_heard_often_enough_never_to_be_silent(day: Scenario) -> None:
    for post in POSTS:
        heard = [s.send_ms for s in day.sayings if s.post == post.post_id and is_heartbeat(s)]
        assert heard[0] - STARTS_MS <= 10 * MINUTE_MS
        assert ENDS_MS - heard[-1] <= 10 * MINUTE_MS
        assert max(later - earlier for earlier, later in itertools.pairwise(heard)) <= GRACE_MS / 2


def test_a_heartbeat_names_what_its_post_has_numbered_so_far(day: Scenario) -> None:
    last = {saying.post: saying.submission.data for saying in day.sayings if is_heartbeat(saying)}
    for post, heartbeat in last.items():
        assert isinstance(heartbeat, Heartbeat)
        assert f"/posts/{post}/devices/posko" in heartbeat.highest
        assert not any(source.endswith("/stranger") for source in heartbeat.highest)
        for source, highest in heartbeat.highest.items():
            numbers = {s.submission.sourceseq for s in day.sayings if s.submission.source == source}
            assert highest in numbers or source.endswith("/plan")


def test_three_clashes_are_deliberate(day: Scenario) -> None:
    clashing = {
        saying.expected: saying for saying in day.sayings if saying.expected not in {"accepted", "repeat"}
    }
    assert set(clashing) == {"double_booked", "key_reused", "not_yours"}
    assert clashing["double_booked"].service == "scheduler"
    assert clashing["not_yours"].borrowed_from not in {None, clashing["not_yours"].post}
    reused = clashing["key_reused"]
    firsts = [s for s in day.sayings if s.submission.id == reused.submission.id and s is not reused]
    assert [first.expected for first in firsts] == ["accepted"]
    assert firsts[0].submission.data != reused.submission.data


def test_everything_said_fits_the_contract_and_names_nobody(day: Scenario) -> None:
    for saying in [*(saying for wave in day.planning for saying in wave), *day.sayings]:
        assert decode_submission(encode(saying.submission)) == saying.submission
        assert to_ms(saying.submission.time) <= saying.send_ms
    names = {entry.person.name for entry in day.planning[1][0].submission.data.officers}
    assert all(name.startswith("Personel ") for name in names)


def test_the_day_lies_within_its_clock(day: Scenario) -> None:
    assert PLANNED_MS < STARTS_MS
    assert all(STARTS_MS <= saying.send_ms < ENDS_MS for saying in day.sayings)
    assert from_ms(STARTS_MS).startswith("2024-10-02T22:30")


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert msgspec.json.encode(scenario(7)) == msgspec.json.encode(scenario(7))
    assert msgspec.json.encode(scenario(7)) != msgspec.json.encode(scenario(8))


def reports(day: Scenario) -> list[Saying]:
    return [
        saying
        for saying in day.sayings
        if isinstance(saying.submission.data, CheckIn) and saying.expected in {"accepted", "repeat"}
    ]


def is_heartbeat(saying: Saying) -> bool:
    return isinstance(saying.submission.data, Heartbeat) and saying.expected == "accepted"
