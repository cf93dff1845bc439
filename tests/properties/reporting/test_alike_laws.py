"""Of an earlier moment officers who were seen alike are counted by one of them: as if each was looked at."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts import field
from pamwal.wire.log import TopicPartition
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.history import FIELD, PLAN, History
from services.reporting.views.alike import days_alike
from services.reporting.views.entries import sort_of
from services.reporting.views.stands import OfficerDay, Window, officer_days
from tests.unit.reporting.telling import OPERATION, Teller, at_ms

DAY_MS = 86_400_000
MIDNIGHT_MS = at_ms("00:00")
OFFICERS = "pqrstuv"
"""The last of them stands on no roster."""
EDGES = [539, 540, 541, 555, 556, 659, 660, 661, 719, 720, 721]
"""Minutes of the day at which hours, grace and the witness window begin and end."""
minutes = st.one_of(st.integers(440, 800), st.sampled_from(EDGES))
comings = st.one_of(st.integers(500, 600), st.sampled_from([530, 540, 555, 556]))
NEAR = [("11:00", "13:00"), ("06:00", "07:00"), ("05:00", "06:59"), ("13:00", "14:00"), ("33:00", "35:00")]
ODD = ["list", *["void"] * 4, "roll", "relief", "lost", "excused", "stood down", "elsewhere"]


def clock(minute: int) -> str:
    """A wall clock, from 24:00 on of the next day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def days(draw: st.DrawFn) -> Teller:
    """Many with one order each who come and go, and what makes one of them unlike the others."""
    teller = Teller()
    teller.open()
    teller.register(*OFFICERS[:-1])
    teller.plan("a", "09:00", "11:00")
    teller.plan("b", "09:00", "11:00")
    ends = draw(st.sampled_from(["11:00", "11:00", "12:00"]))
    for officer in OFFICERS:
        teller.order(officer, "a", "09:00", ends, deployment_id=f"d-{officer}")
        if draw(st.integers(0, 7)) == 0:
            hours = draw(st.sampled_from(NEAR))
            teller.order(officer, draw(st.sampled_from("ab")), *hours, deployment_id=f"more-{officer}")
    teller.beat("alak", "09:10")
    for officer in draw(st.permutations(OFFICERS)):
        _come_and_go(draw, teller, officer)
    for number in range(draw(st.sampled_from([0, 1, 2, 4, 6]))):
        _tell_more(draw, teller, number)
    return teller


def _come_and_go(draw: st.DrawFn, teller: Teller, officer: str) -> None:
    """Seen by none to three; their ids say of two at one time which was first."""
    came = draw(comings)
    for again in draw(st.sampled_from([[], [0], [0], [0, 1], [0, 5, 12], [0, 40]])):
        at_minute, name = came + again, f"s{draw(st.integers(0, 9))}-{len(teller.told)}"
        heard = clock(at_minute + draw(st.sampled_from([0, 0, 0, 4, 6, 20, 90])))
        sent = draw(st.sampled_from([None, None, None, clock(at_minute)]))
        post = draw(st.sampled_from(["alak", "alak", "maulafa"]))
        said = {"recorded": heard, "sent": sent, "post": post}
        teller.come(officer, "a", clock(at_minute), request_id=name, **said)
    if draw(st.integers(0, 2)):
        went = came + draw(st.sampled_from([1, 5, 30, 60, 90, 120, 170]))
        teller.go(officer, "a", clock(went), recorded=clock(went + draw(st.sampled_from([0, 20]))))


def _tell_more(draw: st.DrawFn, teller: Teller, number: int) -> None:
    officer, at = draw(st.sampled_from(OFFICERS)), clock(draw(minutes))
    match draw(st.sampled_from(ODD)):
        case "list":
            teller.come(officer, "a", at, precision="list")
        case "elsewhere":
            teller.come(officer, "b", at)
        case "void":
            told = [each.data.facts[0] for each in teller.told if each.data.facts]
            seen = [each.id for each in told if isinstance(each, field.CheckedIn | field.CheckedOut)]
            teller.void(draw(st.sampled_from(seen or ["none"])))
        case "roll":
            teller.call(at, [draw(st.sampled_from(OFFICERS))], {officer: "sakit"})
        case "relief":
            teller.relieve(officer, draw(st.sampled_from(OFFICERS)), "a", at)
        case "lost":
            teller.observe(
                field.DeviceRevoked, at, device_id="app", postid=draw(st.sampled_from(["alak", "maulafa"])),
                author="x", version=number + 1, lost_since=teller.told[0].data.knownat,
            )  # fmt: skip
        case "excused":
            teller.excuse(officer, "08:00", "18:00")
        case _:
            teller.stand_down(f"d-{officer}", "10:00", version=number + 2)


def as_known(teller: Teller, plan: int, observed: int, at_ms: int) -> OperationPicture | None:
    """As of a moment, by what a replica knows that read all."""
    pictures = Pictures()
    history = History(pictures)
    for decision in teller.told:
        pictures.fold(decision)
        assert decision.data.request is not None
        topic = PLAN if ".scheduling." in decision.id else FIELD
        history.partition(TopicPartition(topic, 0)).take(decision.data.request.offset, decision)
    return history.as_of(OPERATION, "real", history.at_offsets(0, {PLAN: plan, FIELD: observed}), at_ms)


def sorts(picture: OperationPicture, days: list[tuple[OfficerDay, int]], now_ms: int) -> Counter[object]:
    """How many there are of each sort; who is of none is his own."""
    found: Counter[object] = Counter()
    for day, times in days:
        officer = picture.plan.officers.get(day.officer_id)
        found[sort_of(day, officer.satgas if officer else None, now_ms) or day.officer_id] += times
    return found


@given(
    days(),
    st.sampled_from([99, 99, 99, 12]),
    st.sampled_from([5, 12, 99, 99]),
    st.sampled_from([0, 0, 0, 1]),
    minutes,
)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_stands_for_all_who_are_like_him(
    teller: Teller, plan: int, observed: int, day: int, minute: int
) -> None:
    first_ms = MIDNIGHT_MS + day * DAY_MS
    window = Window(first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=MIDNIGHT_MS + minute * 60_000)
    picture = as_known(teller, plan, observed, window.now_ms)
    assert picture is not None
    each = [(day, 1) for day in officer_days(picture, window)]
    assert sorts(picture, days_alike(picture, window), window.now_ms) == sorts(picture, each, window.now_ms)
