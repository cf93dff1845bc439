"""Laws of alerts: whoever judges, whenever, by whatever order of arrival.

Of each alert raised and retracted alternate, versions are dense, judged again nothing is left to say; and the
order between topics, or of what came between two judgements, changes nothing that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts import field
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.reporting_alerts import AlertFact, AlertRaised, AlertRetracted
from pamwal.contracts.scheduling import DeploymentAcknowledged
from services.reporting.core import ReportingCore
from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Watcher

OFFICERS = ("KPG-1", "KPG-2", "KPG-3")
PLACES = ("a", "b")
clocks = st.builds("{:02d}:{:02d}".format, st.integers(6, 13), st.integers(0, 59))
acts = st.one_of(
    st.tuples(st.just("come"), st.sampled_from(OFFICERS), st.sampled_from(PLACES), clocks),
    st.tuples(st.just("go"), st.sampled_from(OFFICERS), st.sampled_from(PLACES), clocks),
    st.tuples(st.just("beat"), st.sampled_from(("alak", "maulafa")), st.integers(0, 2), clocks),
    st.tuples(st.just("void"), st.integers(0, 5), st.just(0), clocks),
    st.tuples(st.just("acknowledge"), st.sampled_from(OFFICERS), st.just(0), clocks),
    st.tuples(st.just("report"), st.sampled_from(("i1", "i2")), st.just(0), clocks),
)
days = st.lists(acts, max_size=14).map(lambda found: sorted(found, key=lambda act: act[3]))


def planned() -> Teller:
    """Three officers at two rallies, the second of which no notice is known of."""
    teller = Teller()
    teller.open()
    teller.register(*OFFICERS)
    teller.plan("a", "08:00", "10:00", kelurahan=OEPURA, required={"guard": 2, "intel": 1})
    teller.plan("b", "09:00", "12:00", receipt=False)
    teller.order("KPG-1", "a", "08:00", "10:00")
    teller.order("KPG-2", "a", "08:00", "10:00", role="intel")
    teller.order("KPG-3", "b", "09:00", "12:00")
    return teller


def act(teller: Teller, number: int, what: tuple[str, Any, Any, str]) -> None:
    name, who, where, clock = what
    told = {"come": teller.come, "go": teller.go}
    if name in told:
        told[name](who, where, clock, post="maulafa", request_id=f"r{number}")
    elif name == "beat":
        highest = {f"/posts/{who}/devices/app": number + where}
        teller.beat(who, clock, queue=where, highest=highest if who == "maulafa" else None)
    elif name == "void":
        teller.void(f"r{who}/0", clock=clock)
    elif name == "acknowledge":
        place = "b" if who == "KPG-3" else "a"
        teller.step(DeploymentAcknowledged, f"{who}-{place}", number + 2, by=who)
    else:
        teller.observe(
            field.IncidentReported, clock, request_id=f"r{number}", incident_id=who, version=number + 1,
            kind="fire", severity="extreme", kelurahan=OEPURA, author="post",
        )  # fmt: skip


def held(facts: list[AlertFact]) -> None:
    """Raised and retracted alternate, and versions are dense, for each alert."""
    of: dict[str, list[AlertFact]] = {}
    for fact in facts:
        of.setdefault(fact.alert_id, []).append(fact)
    for own in of.values():
        assert [fact.version for fact in own] == list(range(1, len(own) + 1))
        words = [type(fact) for fact in own if isinstance(fact, AlertRaised | AlertRetracted)]
        assert words == [AlertRaised, AlertRetracted] * (len(words) // 2) + [AlertRaised] * (len(words) % 2)


@settings(max_examples=150, deadline=None)
@given(days, st.lists(clocks, max_size=4), st.booleans())
def test_raised_and_retracted_alternate_whenever_it_is_judged(
    day: list[tuple[str, Any, Any, str]], looks: list[str], by_deadlines: bool
) -> None:
    teller = planned()
    watcher = Watcher(teller)
    moments = sorted(
        [(what[3], 0, number) for number, what in enumerate(day)] + [(at_, 1, 0) for at_ in looks]
    )
    for clock, is_look, number in moments:
        if by_deadlines:
            watcher.run(clock)
        if not is_look:
            act(teller, number, day[number])
        if is_look or by_deadlines:
            watcher.judge(clock)
    watcher.judge("14:00")
    watcher.judge("56:00")
    held(watcher.facts)


@settings(max_examples=100, deadline=None)
@given(days, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing_that_is_said(
    day: list[tuple[str, Any, Any, str]], chance: Random
) -> None:
    teller = planned()
    for number, what in enumerate(day):
        act(teller, number, what)
    said = [judged_of(order, "09:20", "12:30") for order in orders(teller.told, chance)]
    assert said[0] == said[1] == said[2]


@settings(max_examples=60, deadline=None)
@given(days)
def test_deadlines_find_what_looking_every_minute_finds(day: list[tuple[str, Any, Any, str]]) -> None:
    """No deadline is forgotten: who is called only when one has come says the same as who always looks."""
    found = []
    for always in (False, True):
        teller = planned()
        watcher = Watcher(teller)
        watcher.judge("05:00")
        for number, what in enumerate(day):
            look(watcher, what[3], always=always)
            act(teller, number, what)
            watcher.judge(f"{what[3]}:30")
        look(watcher, "14:30", always=always)
        found.append([(type(fact), fact.alert_id) for fact in watcher.facts])
    assert sorted(map(str, found[0])) == sorted(map(str, found[1]))


@settings(max_examples=100, deadline=None)
@given(days, st.lists(clocks, min_size=1, max_size=4), st.integers(1, 3))
def test_what_is_stated_in_parts_is_what_is_stated_at_once(
    day: list[tuple[str, Any, Any, str]], looks: list[str], at_once: int
) -> None:
    """A decision takes so many facts; what is left is stated by the next, as if it had been one."""
    teller = planned()
    whole, parted = Watcher(teller), Watcher(teller, at_once=at_once)
    moments = sorted(
        [(what[3], 0, number) for number, what in enumerate(day)] + [(at_, 1, 0) for at_ in looks]
    )
    for clock, is_look, number in moments:
        if not is_look:
            act(teller, number, day[number])
            continue
        for watcher in (whole, parted):
            watcher.judge(clock)
    assert [replace(fact, id="") for fact in parted.facts] == [replace(fact, id="") for fact in whole.facts]
    assert parted.again_at == whole.again_at


def look(watcher: Watcher, until: str, *, always: bool) -> None:
    watcher.run(until)
    if always:
        for minute in range(5 * 60, 15 * 60):
            clock = f"{minute // 60:02d}:{minute % 60:02d}:00.500"
            if watcher.judged_at < at(clock) <= at(until):
                watcher.run(clock)
                assert watcher.judge(clock) == [], "a deadline was forgotten"


def orders(told: list[Decision[Fact]], chance: Random) -> Iterator[list[Decision[Fact]]]:
    yield told
    yield told[::-1]
    shuffled = [*told, *told[: len(told) // 2]]
    chance.shuffle(shuffled)
    yield shuffled


def judged_of(told: list[Decision[Fact]], *clocks_: str) -> list[Any]:
    """All facts of a fresh core that has seen everything, at some moments."""
    core = ReportingCore()
    picture, state = core.new_picture("turangga"), core.new_state("turangga")
    for decision in told:
        core.see(picture, decision.data)
    teller = Teller()
    watcher = Watcher(teller)
    watcher.picture, watcher.state = picture, state
    for clock in clocks_:
        watcher.judge(clock)
    return watcher.facts
