"""Hearing a post: when an edge last had its word, and whose word it was (domain sections 2 and 5)."""

from __future__ import annotations

from random import Random

import pytest

from pamwal.contracts import field
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Outcome
from pamwal.contracts.numbers import SOURCES_MAX
from pamwal.contracts.posts_shown import PostRow
from services.reporting.picture import Picture, decode_decided
from services.reporting.picture.operation import UNLISTED_MAX, OperationPicture
from tests.unit.reporting.telling import OPERATION, Teller, at, facts_of, picture_of

DEVICE = "/posts/maulafa/devices/app"


@pytest.fixture
def teller() -> Teller:
    """An operation with two posts; maulafa was heard at 08:00 and then went dark."""
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("p", "09:00", "11:00")
    teller.order("x", "p", "09:00", "11:00")
    teller.beat("maulafa", "08:00", highest={DEVICE: 2})
    return teller


def post(teller: Teller, post_id: str, clock: str = "12:00") -> PostRow:
    """One post's row."""
    return next(row for row in teller.situation(clock).posts.rows if row.post_id == post_id)


def read(teller: Teller) -> OperationPicture:
    """The picture as a replica reads it from the log."""
    picture = Picture("exercise")
    for told in teller.told:
        picture.fold(decode_decided(encode(told)))
    return picture.operations[OPERATION]


@pytest.mark.parametrize("outcome", ["refused", "repeat"])
def test_a_stranger_who_names_a_post_is_not_the_post(teller: Teller, outcome: Outcome) -> None:
    before = post(teller, "maulafa")
    teller.decide([], post="maulafa", outcome=outcome, refused_as="not_yours", knownat=at("11:59"))
    teller.decide([], post="nowhere", outcome=outcome, refused_as="not_yours", knownat=at("11:59"))
    assert post(teller, "maulafa") == before
    assert before.missing == 2
    for picture in (teller.picture(), read(teller)):
        assert "nowhere" not in picture.posts
        assert picture.posts["maulafa"].sources[DEVICE].numbers.count == 0


def test_a_stranger_makes_no_absence_sure(teller: Teller) -> None:
    teller.beat("alak", "08:55")
    teller.decide([], post="alak", outcome="refused", refused_as="not_yours", knownat=at("09:39"))
    assert facts_of(teller.total("09:40")) == {"ordered": 1, "unknown": 1}


def test_what_a_post_was_refused_fills_its_gap(teller: Teller) -> None:
    teller.decide([], post="maulafa", outcome="refused", refused_as="stale", sequence=2)
    assert [(gap.first, gap.last) for gap in post(teller, "maulafa").sources[1].gaps] == [(1, 1)]


@pytest.mark.parametrize("outcome", ["repeat", "refused"])
def test_a_post_is_heard_when_an_edge_had_its_word_not_when_that_was_decided(
    teller: Teller, outcome: Outcome
) -> None:
    """The decider was away; a retry of 08:06 is answered at 11:59."""
    teller.decide([], post="maulafa", outcome=outcome, refused_as="stale", knownat=at("11:59"))
    teller.see("in", "x", "p", "08:02", recorded="08:05", post="maulafa")
    row = post(teller, "maulafa")
    assert (row.last_heard, row.silent) == (at("08:05"), True)


def test_a_step_that_takes_its_place_now_was_heard_before(teller: Teller) -> None:
    """Maulafa's step of 08:00 waited for alak's report, which an edge had at 10:00."""
    reported = field.IncidentReported(
        id="r/0", occurred_at=at("07:55"), recorded_at=at("10:00"), incident_id="i", version=1, kind="fire",
        severity="minor", kelurahan="53.71.01.1009", author="a",
    )  # fmt: skip
    placed = field.IncidentAdvanced(
        id="r/1", occurred_at=at("08:00"), recorded_at=at("08:00"), incident_id="i", version=2,
        state="verified", author="b", of="s/0",
    )  # fmt: skip
    teller.decide([reported, placed], post="alak", knownat=at("10:00"))
    assert post(teller, "alak", "10:05").last_heard == at("10:00")


def test_the_queue_is_that_of_the_newest_heartbeat_whatever_comes_last(teller: Teller) -> None:
    teller.beat("maulafa", "09:05", queue=0)
    teller.beat("maulafa", "09:00", recorded="09:06", queue=40)
    assert post(teller, "maulafa").queue_length == 0


def test_what_was_parked_says_nothing_whatever_operation_and_post_it_names(teller: Teller) -> None:
    before = teller.situation("12:00")
    teller.decide([], post="ghost", outcome="parked", knownat=at("11:59"))
    assert teller.situation("12:00") == before
    stray = Teller("unattributed")
    stray.decide([], outcome="parked")
    picture = Picture("exercise")
    picture.fold(stray.told[0])
    assert picture.operations == {}


@pytest.mark.parametrize("seed", range(3))
def test_of_too_many_unlisted_posts_the_first_by_name_are_kept_in_any_order(
    teller: Teller, seed: int
) -> None:
    names = [f"ghost-{number:04d}" for number in range(UNLISTED_MAX + 3)]
    for name in (*names, "a-ghost", *names[-3:], "alak"):
        teller.beat(name, "09:00")
    opening, *told = teller.told
    Random(seed).shuffle(told)
    posts = picture_of([opening, *told]).operations[OPERATION].posts
    assert set(posts) == {"alak", "maulafa", "a-ghost", *names[: UNLISTED_MAX - 1]}
    assert {heard.last_heard for name, heard in posts.items() if name != "maulafa"} == {at("09:00")}


@pytest.mark.parametrize("seed", range(3))
def test_of_too_many_devices_of_a_post_the_first_by_name_are_kept_in_any_order(
    teller: Teller, seed: int
) -> None:
    names = [f"/posts/alak/devices/d{number:04d}" for number in range(SOURCES_MAX + 5)]
    teller.beat("alak", "09:00", highest=dict.fromkeys(names[: SOURCES_MAX - 1], 3))
    teller.beat("alak", "09:01", highest=dict.fromkeys(names[SOURCES_MAX - 1 :], 3))
    teller.beat("alak", "09:02", highest={names[-1]: 9, "/posts/alak/devices/a": 1})
    chance = Random(seed)
    told = [*teller.told, *chance.sample(teller.told, 2)]
    chance.shuffle(told)
    picture = picture_of(told).operations[OPERATION]
    kept = picture.posts["alak"].sources
    first = {f"/posts/alak/devices/{name}" for name in ("a", "api", "app")}
    assert set(kept) == {*first, *names[: SOURCES_MAX - 3]}
    assert {source.said for name, source in kept.items() if name in names} == {3}
    other = Teller()
    other.told = told
    assert post(other, "alak", "09:03").crowded


def test_too_many_unlisted_posts_are_said_and_a_few_are_not(teller: Teller) -> None:
    teller.beat("ghost", "09:00")
    posts = teller.situation("09:01").posts
    assert (posts.crowded, [row.crowded for row in posts.rows]) == (False, [False, False, False])
    for number in range(UNLISTED_MAX):
        teller.beat(f"ghost-{number:04d}", "09:00")
    assert teller.situation("09:01").posts.crowded


def test_while_a_post_comes_home_nobody_is_absent_who_may_stand_in_its_queue() -> None:
    device = "/posts/alak/devices/app"
    # given two officers due at nine, and a post that is back at 09:40 with four reports to tell
    teller = Teller()
    teller.open()
    for officer in ("x", "y"):
        teller.register(officer)
    teller.plan("p", "09:00", "11:00")
    for officer in ("x", "y"):
        teller.order(officer, "p", "09:00", "11:00")
    asked = teller.told[-1].data.request
    assert asked is not None
    assert asked.source == device
    last = (asked.sourceseq or 0) + 4
    teller.beat("alak", "09:40", highest={device: last}, queue=4)

    # when half of it is there, one officer's among it
    teller.see("in", "x", "p", "09:02", recorded="09:41", post="alak")
    teller.decide([], post="alak", outcome="refused", refused_as="stale")
    half = facts_of(teller.total("09:42"))

    # then the other is not known to be absent until all is there, or the post has nothing left to tell
    assert (half["unknown"], half.get("absent", 0)) == (1, 0)
    told = list(teller.told)
    for _ in range(2):
        teller.decide([], post="alak", outcome="refused", refused_as="stale")
    assert facts_of(teller.total("09:42"))["absent"] == 1
    teller.told[:] = told
    teller.beat("alak", "09:43", highest={device: last})
    assert facts_of(teller.total("09:44"))["absent"] == 1


def test_the_newest_heartbeat_is_by_when_it_was_true_whatever_was_looked_at_before(teller: Teller) -> None:
    teller.beat("maulafa", "08:30")
    teller.beat("maulafa", "08:10")
    told = read(teller).posts["maulafa"]
    facts = [fact for decision in teller.told for fact in decision.data.facts]
    first, newest, late = (fact for fact in facts if isinstance(fact, field.HeartbeatHeard))
    assert told.heartbeat == newest

    told.heartbeat = first  # as it was known earlier
    told.beat(late)

    assert told.heartbeat == late
