"""Laws of what is kept from look to look: it shows what counting from nothing shows, always."""

from __future__ import annotations

from itertools import zip_longest

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import Policy
from services.reporting.core import ByMode, ReportingCore, ReportingState
from services.reporting.picture import OperationPicture, Picture
from services.reporting.views.kept_strength import KeptStrength
from services.reporting.views.own_counts import KeptCounts, own_counts
from services.reporting.views.situation import situation_of
from tests.properties.reporting.planning import MINUTE_MS, MORNING_MS, Planner
from tests.properties.reporting.test_fold_laws import officers, posts, tellings
from tests.unit.reporting.telling import OPERATION, Teller, name_of

SIGHTS: tuple[Sight, ...] = ("full", "guarded", "counts")
SILENT_MS = Policy().silent_post_min * MINUTE_MS
passing = st.lists(st.tuples(st.integers(-30, 90), st.sampled_from([-1, 0, 1])), min_size=3, max_size=60)
"""By how many minutes and milliseconds the clock goes on before each look; seldom back."""


class Kept:
    """What is kept of one operation."""

    def __init__(self) -> None:
        self.strengths: dict[Sight, KeptStrength] = {}
        self.counts: KeptCounts | None = None
        self.core = ReportingCore()


@st.composite
def days_of_field(draw: st.DrawFn) -> Teller:
    """A plan that stands, and what the field says of it: as it happens, or up to an hour late."""
    teller = Teller()
    planner = Planner(draw, teller)
    planner.open()
    for _ in range(draw(st.integers(0, 6))):
        planner.say()
    for _ in range(draw(st.integers(1, 12))):
        minute, late = draw(st.integers(-30, 400)), draw(st.sampled_from([0, 0, 0, 60]))
        clocks = {"occurred": clock(minute), "recorded": clock(minute + late), "post": draw(posts)}
        what, who = draw(st.sampled_from(["in", "in", "out", "beat", "roll"])), draw(officers)
        if what == "beat":
            device = f"/posts/{clocks['post']}/devices/app"
            teller.beat(clocks["post"], clock(minute), highest={device: draw(st.integers(1, 9))},
                        queue=draw(st.integers(0, 1)))  # fmt: skip
        elif what == "roll":
            teller.call(clock(minute), [], {who: draw(st.sampled_from(["sakit", "tanpa_keterangan"]))})
        else:
            teller.see(what, who, draw(st.sampled_from(["a", "b", "c", "site/s"])), **clocks)
    return teller


def clock(minute: int) -> str:
    """The wall clock so many minutes after eight."""
    return f"{(480 + minute) // 60:02d}:{(480 + minute) % 60:02d}"


@given(tellings(), passing)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_kept_shows_what_a_count_from_nothing_shows(
    teller: Teller, passed: list[tuple[int, int]]
) -> None:
    picture, now_ms = Picture("exercise"), MORNING_MS - 60 * MINUTE_MS
    kept = Kept()
    for decision, step in zip_longest(teller.told, passed):
        if decision is not None:
            picture.fold(decision)
        minutes, more_ms = step or (7, 0)
        now_ms += (minutes if minutes > -5 else minutes // 3) * MINUTE_MS + more_ms
        if OPERATION in picture.operations:
            assert_same(picture.operations[OPERATION], kept, now_ms)


@given(days_of_field())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_clock_alone_changes_what_is_kept_when_it_changes_the_count(teller: Teller) -> None:
    picture = Picture("exercise")
    field = [each for each in teller.told if each.id.startswith("pamwal.field")]
    for decision in teller.told:
        if decision not in field:
            picture.fold(decision)
    operation, kept = picture.operations[OPERATION], Kept()
    moments = sorted(deadlines(operation) | {to_ms(each.data.knownat) + SILENT_MS for each in field})
    for decision in sorted(field, key=lambda each: each.data.knownat):
        while moments and moments[0] < to_ms(decision.data.knownat):
            look_around(operation, kept, moments.pop(0))
        picture.fold(decision)
        assert_same(operation, kept, to_ms(decision.data.knownat))
    for at_ms in moments:
        look_around(operation, kept, at_ms)


def deadlines(picture: OperationPicture) -> set[int]:
    """When, by the plan, something may be otherwise."""
    plan = picture.plan
    grace_ms = plan.policy.grace_min * MINUTE_MS
    return {
        at_ms
        for each in plan.deployments.values()
        for at_ms in (each.starts_ms, each.starts_ms + grace_ms, each.ends_ms)
    }


def look_around(picture: OperationPicture, kept: Kept, at_ms: int) -> None:
    for now_ms in (at_ms - 1, at_ms, at_ms + 1):
        assert_same(picture, kept, now_ms, SIGHTS[:1])


def assert_same(
    picture: OperationPicture, kept: Kept, now_ms: int, sights: tuple[Sight, ...] = SIGHTS
) -> None:
    kept.counts = kept.counts or KeptCounts(picture)
    assert kept.counts.at(from_ms(now_ms), {}) == own_counts(picture, from_ms(now_ms), {})
    now = from_ms(now_ms)
    for sight in sights:
        own = kept.strengths.setdefault(sight, KeptStrength(picture, sight))
        found = situation_of(picture, now, sight=sight, name_of=name_of, kept=own)
        assert found == situation_of(picture, now, sight=sight, name_of=name_of)
    by_mode: ByMode = {"exercise": picture}
    judged = kept.core.judge(by_mode, ReportingState(), now, "c0~1")
    assert judged == ReportingCore().judge(by_mode, ReportingState(), now, "c0~1")
