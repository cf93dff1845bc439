"""How an officer stands on a day is the same by all his reports and by those near it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.wire.log import TopicPartition
from services.reporting.picture import Pictures
from services.reporting.picture.history import FIELD, PLAN, History
from services.reporting.views.stands import Window, officer_days
from tests.unit.reporting.telling import OPERATION, Teller, at_ms

DAY_MS = 86_400_000
DAYS = 14
MIDNIGHT_MS = at_ms("00:00")


def clock(minute: int) -> str:
    """A wall clock, from 24:00 on of the next days."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def fortnights(draw: st.DrawFn) -> Teller:
    """Officers with duties of any length over two weeks, told of densely on some days and not on others."""
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("a", "09:00", "11:00")
    teller.plan("b", "11:00", "13:00")
    for number in range(draw(st.integers(0, 9))):
        starts = draw(st.integers(0, DAYS * 24)) * 60
        hours = draw(st.sampled_from([1, 2, 8, 12, 30]))
        teller.order(
            "x",
            draw(st.sampled_from("ab")),
            clock(starts),
            clock(starts + hours * 60),
            deployment_id=f"d{number}",
        )
    minute = 0
    for _ in range(draw(st.integers(0, 40))):
        minute += draw(st.sampled_from([1, 8, 9, 11, 60, 600, 1500]))
        late = draw(st.sampled_from([0, 0, 5000]))
        teller.see(
            draw(st.sampled_from(["in", "in", "out"])),
            draw(st.sampled_from("xy")),
            draw(st.sampled_from("ab")),
            clock(minute),
            recorded=clock(minute + late),
            precision=draw(st.sampled_from(["exact", "exact", "list"])),
        )
    return teller


@given(fortnights(), st.integers(0, DAYS), st.integers(0, 24 * 60 - 1))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_left_out_changes_no_day(teller: Teller, day: int, minute: int) -> None:
    first_ms = MIDNIGHT_MS + day * DAY_MS
    window = Window(first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=first_ms + minute * 60_000)
    pictures = Pictures()
    history = History(pictures)
    for number, decision in enumerate(teller.told):
        pictures.fold(decision)
        topic = PLAN if ".scheduling." in decision.id else FIELD
        history.partition(TopicPartition(topic, 0)).take(number, decision)
    part = history.as_of(OPERATION, "real", history.end(0), window.now_ms)
    assert part is not None
    assert officer_days(part, window) == officer_days(teller.picture(), window)
