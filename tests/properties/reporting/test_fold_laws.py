"""Laws of the picture: any order, any repetition and any batching of both contexts give the same picture."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts import field
from pamwal.contracts.codec import decode_decision, encode
from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting import Strength
from services.reporting.picture import Picture
from services.reporting.picture.plan_facts import PlanFacts
from services.reporting.views.situation import digest_of, situation_of
from tests.properties.reporting.planning import MINUTE_MS, MORNING_MS, Planner
from tests.unit.reporting.telling import (
    BATU_PLAT,
    OEPURA,
    OPERATION,
    Teller,
    at_ms,
    name_of,
    picture_of,
)

minutes = st.integers(0, 300)
skews_ms = st.integers(-10 * MINUTE_MS, 10 * MINUTE_MS)
officers = st.sampled_from(["x", "X", "y", "Z", "z"])
"""As the field writes them: in whatever case."""
rallies = st.sampled_from(["a", "b", "c"])
places = st.sampled_from(["rally/a", "rally/b", "rally/c", "site/s", "site/t"])
posts = st.sampled_from(["alak", "maulafa"])
precisions: st.SearchStrategy[field.Precision] = st.sampled_from(["exact", "list"])
STATES: list[field.IncidentState] = ["verified", "assigned", "on_scene", "contained", "closed"]

DETAILS: list[tuple[Any, dict[str, Any]]] = [
    (field.IncidentAmended, {"severity": "extreme", "casualties": field.Casualties(injured=1)}),
    (field.IncidentAmended, {"kind": "fire", "assignees": ["post/alak"]}),
    (field.IncidentEscalated, {"to": "post/alak"}),
    (field.IncidentMerged, {}),
    (field.IncidentUnmerged, {}),
    (
        field.IncidentAttached,
        {"attachment": field.StoredFile(sha256="a" * 64, size=1, media_type="image/png")},
    ),
]


@st.composite
def tellings(draw: st.DrawFn) -> Teller:
    """An operation with a plan and five to 45 more decisions of both contexts, plans of every kind."""
    teller = Teller()
    planner = Planner(draw, teller)
    planner.open()
    for number in range(draw(st.integers(5, 45))):
        match draw(
            st.sampled_from(
                ["in"] * 3
                + ["out"] * 2
                + ["beat", "void", "incident", "step", "detail", "no", "more"]
                + ["plan"] * 5
            )
        ):
            case "in" | "out" as what:
                _see(draw, teller, what)
            case "no":
                told: Any = draw(st.sampled_from(["refused", "repeat", "parked"]))
                code = draw(st.sampled_from(["not_yours", "stale"]))
                teller.decide(
                    [], post=draw(st.sampled_from(["alak", "ghost"])), outcome=told, refused_as=code
                )
            case "beat":
                seen = {"/posts/alak/devices/app": draw(st.integers(1, 40))}
                teller.beat(draw(posts), f"{8 + draw(st.integers(0, 4)):02d}:30", highest=seen)
            case "void":
                of_officer = draw(st.none() | officers)
                teller.void(
                    f"s{draw(st.integers(0, 30))}/0", of_post=draw(st.none() | posts), of_officer=of_officer
                )
            case "more":
                _more(draw, teller)
            case "incident":
                _incident(draw, teller)
            case "step":
                _step(draw, teller, number)
            case "detail":
                _detail(draw, teller)
            case _:
                planner.say()
    return teller


def _see(draw: st.DrawFn, teller: Teller, what: str) -> None:
    true_ms, skew_ms = MORNING_MS + draw(minutes) * MINUTE_MS, draw(skews_ms)
    late_ms = draw(st.sampled_from([0, 0, 20 * MINUTE_MS]))
    make = field.CheckedIn if what == "in" else field.CheckedOut
    request_id = f"s{len(teller.told)}"
    fact = make(
        id=f"{request_id}/0",
        occurred_at=from_ms(true_ms - skew_ms),
        sent_at=from_ms(true_ms + late_ms - skew_ms),
        recorded_at=from_ms(true_ms + late_ms),
        officer_id=draw(officers),
        place=draw(places),
        method="manual",
        precision=draw(precisions),
    )
    teller.decide([fact], post=draw(posts), request_id=request_id, knownat=fact.recorded_at)


def _more(draw: st.DrawFn, teller: Teller) -> None:
    """A relief, a roll call, or something of a rally; one of them may be a device's that began anew."""
    clock = _clock(8 * 60 + draw(minutes))
    match draw(st.sampled_from(["relief", "roll", "rally", "anew"])):
        case "relief":
            gone, come = draw(st.permutations(["x", "y", "z"]))[:2]
            teller.relieve(gone, come, draw(rallies), clock)
        case "roll":
            why: field.NotPresentCause = draw(st.sampled_from(["sakit", "tanpa_keterangan"]))
            request_id, post = f"s{len(teller.told)}", draw(posts)
            teller.call(clock, [draw(officers)], {draw(officers): why}, post=post, request_id=request_id)
        case "rally":
            make: Any = draw(st.sampled_from([field.RallyStarted, field.RallyEnded, field.AttendanceCounted]))
            more = {"people": draw(st.integers(0, 900))} if make is field.AttendanceCounted else {}
            request_id, post = f"s{len(teller.told)}", draw(posts)
            teller.observe(
                make, clock, rally_id=draw(rallies), author="p", post=post, request_id=request_id, **more
            )
        case _:
            teller.decide([], sequence=draw(st.integers(1, 9)), warned_of=["sequence_restarted"])


def _incident(draw: st.DrawFn, teller: Teller) -> None:
    clock = from_ms(MORNING_MS + draw(minutes) * MINUTE_MS)
    make: Any = draw(st.sampled_from([field.IncidentReported, field.IncidentWitnessed]))
    more = {"version": 1} if make is field.IncidentReported else {}
    request_id, one = f"s{len(teller.told)}", draw(st.sampled_from(["i", "i", "j"]))
    fact = make(
        id=f"{request_id}/0", occurred_at=clock, recorded_at=clock, incident_id=one, kind="traffic_jam",
        severity=draw(st.sampled_from(["minor", "severe"])), kelurahan=BATU_PLAT, author="post", **more,
    )  # fmt: skip
    teller.decide([fact], request_id=request_id)


def _step(draw: st.DrawFn, teller: Teller, number: int) -> None:
    clock = from_ms(MORNING_MS + draw(minutes) * MINUTE_MS)
    fact = field.IncidentAdvanced(
        id=f"step{number}/0", occurred_at=clock, recorded_at=clock, incident_id="i", version=number + 2,
        state=draw(st.sampled_from(STATES)), author="post",
    )  # fmt: skip
    teller.decide([fact], request_id=f"step{number}")


def _detail(draw: st.DrawFn, teller: Teller) -> None:
    """Something is said of an incident beside its steps, of two that may be one."""
    clock = from_ms(MORNING_MS + draw(minutes) * MINUTE_MS)
    request_id, one = f"s{len(teller.told)}", draw(st.sampled_from(["i", "j"]))
    make, fields = draw(st.sampled_from(DETAILS))
    if make is field.IncidentMerged:
        fields = {"duplicate_of": "j" if one == "i" else "i"}
    fact = make(
        id=f"{request_id}/0", occurred_at=clock, recorded_at=clock, incident_id=one, author="post", **fields
    )
    teller.decide([fact], post=draw(posts), request_id=request_id)


def digests(picture: Picture) -> list[str]:
    """What readers see, at three moments; looking in between must change nothing."""
    operation = picture.operations[OPERATION]
    moments = ("09:20", "10:30", "14:00")
    return [
        digest_of(situation_of(operation, from_ms(at_ms(clock)), sight="full", name_of=name_of))
        for clock in moments
    ]


@given(tellings(), st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_shuffled_is_sorted(teller: Teller, chance: Any) -> None:
    shuffled = list(teller.told)
    chance.shuffle(shuffled)
    assert digests(picture_of(shuffled)) == digests(picture_of(teller.told))


@given(tellings(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_twice_is_once(teller: Teller, chance: Any) -> None:
    twice = teller.told + [each for each in teller.told if chance.random() < 0.5]
    chance.shuffle(twice)
    assert digests(picture_of(twice)) == digests(picture_of(teller.told))


@given(tellings(), st.integers(0, 40))
@settings(max_examples=80, deadline=None)
def test_who_looked_half_way_sees_the_same_at_the_end(teller: Teller, half: int) -> None:
    """What a view keeps for the next one must not outlive the fact that changes it."""
    picture = picture_of(teller.told[:half] or teller.told[:1])
    digests(picture)
    for decision in teller.told[half:]:
        picture.fold(decision)
        digests(picture)
    assert digests(picture) == digests(picture_of(teller.told))


@given(tellings())
@settings(max_examples=60, deadline=None)
def test_batched_is_single(teller: Teller) -> None:
    """All facts of a post in one decision, or each in its own: ids and versions count, not the envelope."""
    alaks = [each for each in teller.told if each.data.request and each.data.request.postid == "alak"]
    joined = Teller()
    joined.told = [each for each in teller.told if each not in alaks]
    joined.decide([fact for each in alaks for fact in each.data.facts])
    single, batched = teller.picture(), joined.picture()
    assert {officer: set(own) for officer, own in batched.reports.items()} == {
        officer: set(own) for officer, own in single.reports.items()
    }
    assert batched.voids.keys() == single.voids.keys()
    assert batched.rolls_called == single.rolls_called
    assert batched.rallies_seen == single.rallies_seen
    assert _told(batched.planned) == _told(single.planned)
    assert {each: incident.newest for each, incident in batched.incidents.items()} == {
        each: incident.newest for each, incident in single.incidents.items()
    }


def _told(facts: PlanFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__slots__}


@given(tellings())
@settings(max_examples=60, deadline=None)
def test_replayed_from_bytes_is_the_same(teller: Teller) -> None:
    stored = [encode(each) for each in teller.told]
    assert digests(picture_of([decode_decision(each) for each in stored])) == digests(picture_of(teller.told))


@given(tellings(), st.integers(0, 400))
@settings(max_examples=120, deadline=None)
def test_every_ordered_officer_is_in_exactly_one_state(teller: Teller, minute: int) -> None:
    now = from_ms(MORNING_MS + minute * MINUTE_MS)
    situation = situation_of(teller.picture(), now, sight="full", name_of=name_of)
    rows = [
        *situation.venues,
        *situation.sites,
        *situation.kelurahan,
        *situation.kecamatan,
        *situation.satgas,
    ]
    for strength in (situation.total, *(row.strength for row in rows)):
        check_sums(strength)
    total = situation.total
    assert total.elsewhere == total.wrong_place
    for name in (
        "ordered",
        "at_place",
        "absent",
        "unplanned",
        "late",
        "unknown",
        "awaited",
        "excused",
        "relieved",
        "reserved",
        "on_call",
        "reinforcement",
        "unregistered",
    ):
        assert sum(getattr(row.strength, name) for row in situation.satgas) == getattr(total, name)


def check_sums(strength: Strength) -> None:
    """The two sums a strength promises."""
    assert strength.ordered == (
        strength.at_place + strength.elsewhere + strength.awaited + strength.excused + strength.absent
        + strength.unknown + strength.relieved + strength.left
    )  # fmt: skip
    assert strength.present == strength.at_place + strength.wrong_place + strength.unplanned
    assert strength.reported_late <= strength.on_time
    assert strength.on_time + strength.late <= strength.ordered
    assert strength.reinforcement + strength.on_call <= strength.ordered


@st.composite
def days_of_two_orders(draw: st.DrawFn) -> tuple[Teller, str]:
    """Two officers with up to three orders each, one after the other, seen anywhere; and a moment to look."""
    teller = Teller()
    teller.open()
    teller.register("x", "y")
    teller.plan("a", "09:00", "11:00")
    teller.plan("b", "11:00", "13:00", kelurahan=OEPURA)
    teller.plan("c", "12:00", "15:00", kelurahan=OEPURA)
    for officer in ("x", "y"):
        starts = 8 * 60
        for number in range(draw(st.integers(0, 3))):
            starts += draw(st.sampled_from([0, 0, 30, 120]))
            ends = starts + draw(st.sampled_from([60, 120]))
            order_id = f"{officer}{number}"
            teller.order(officer, draw(rallies), _clock(starts), _clock(ends), deployment_id=order_id)
            starts = ends
    for _ in range(draw(st.integers(0, 6))):
        what = draw(st.sampled_from(["in", "in", "out"]))
        seen_at = _clock(draw(st.integers(5 * 60, 14 * 60)))
        teller.see(
            what, draw(st.sampled_from(["x", "y"])), draw(rallies), seen_at, precision=draw(precisions)
        )
    clock = _clock(draw(st.integers(8 * 60, 15 * 60)))
    for post in ("alak", "maulafa") if draw(st.booleans()) else ():
        teller.beat(post, clock)
    return teller, clock


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@given(days_of_two_orders())
@settings(max_examples=200, deadline=None)
def test_who_stands_in_the_rows_is_who_stands_in_the_total(day: tuple[Teller, str]) -> None:
    teller, clock = day
    situation = teller.situation(clock)
    for rows in (situation.venues, situation.satgas):
        assert sum(row.strength.present for row in rows) == situation.total.present
    for area in situation.kecamatan:
        inside = [venue for venue in situation.venues if venue.kecamatan == area.code]
        assert sum(venue.strength.present for venue in inside) == area.strength.present
    for strength in (situation.total, *(row.strength for row in (*situation.venues, *situation.kecamatan))):
        check_sums(strength)
    assert situation.total.elsewhere == situation.total.wrong_place


@given(days_of_two_orders())
@settings(max_examples=200, deadline=None)
def test_nobody_is_present_and_missed_at_once(day: tuple[Teller, str]) -> None:
    teller, clock = day
    total = teller.total(clock)
    standing = {
        officer
        for officer in ("x", "y")
        if (stays := teller.picture().attendance(officer, at_ms(clock)).presences)
        and stays[-1].ended_ms is None
    }
    assert total.present == len(standing)
    assert total.present + total.absent + total.unknown <= 2
