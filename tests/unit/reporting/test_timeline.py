"""The log of an operation: in what order, what fits a search, and what is hidden from whom."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts import field
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.timeline import TimelineEntry
from pamwal.contracts.topics import decisions_of
from pamwal.wire.log import TopicPartition
from services.reporting.picture import Pictures
from services.reporting.picture.arrivals import Arrivals
from services.reporting.picture.as_of import Known
from services.reporting.picture.history import FIELD, History
from services.reporting.timeline.index import Entry, Key, Timeline
from services.reporting.timeline.matching import Asked, Matcher
from services.reporting.timeline.page import counts_of, page_of, shown
from services.reporting.timeline.sight import Reader
from tests.unit.reporting.telling import BATU_PLAT, OPERATION, Teller, at, at_ms

ALL = Known(2**62, 2**62, 2**62)
LATE_MS = at_ms("40:00")


class Kept:
    """A replica's memory of what was told, taken up in that order."""

    def __init__(self, teller: Teller, take: int | None = None) -> None:
        self.pictures = Pictures()
        self.history = History(self.pictures)
        self._offsets: dict[str, int] = {}
        for decision in teller.told[:take]:
            self.take(decision)

    def take(self, decision: Any) -> None:
        self.pictures.fold(decision)
        topic = decisions_of(decision.id.split("/")[0]).name
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        self.history.partition(TopicPartition(topic, 0)).take(offset, decision)

    @property
    def arrivals(self) -> Arrivals:
        found = self.history.arrivals(OPERATION, "exercise")
        assert found is not None
        return found

    def grow(self, timeline: Timeline) -> None:
        timeline.grow(self.history.marks(FIELD, 0).decided_ms)


def timeline_of(kept: Kept) -> Timeline:
    timeline = Timeline(kept.arrivals)
    kept.grow(timeline)
    return timeline


def looked(
    teller: Teller, sight: Any = "full", words: Any = lambda _: None, only: str | None = None, **asked: Any
) -> list[TimelineEntry]:
    """Everything a reader finds, newest first."""
    kept = Kept(teller)
    picture = kept.arrivals.picture
    matcher = Matcher(picture, Reader([picture], sight, only=only), Asked(**asked), words)
    page = page_of(timeline_of(kept).back_from(None, ALL, LATE_MS), matcher, 10_000)
    return [shown(picture, each, words) for each in page.found]


def said(entries: list[TimelineEntry]) -> list[str]:
    return [each.says for each in entries]


def a_day() -> Teller:
    """A guard and an intel officer at one rally, an incident there, and a late report."""
    teller = Teller()
    teller.clock = "06:00"
    teller.open()
    teller.register("A", "B")
    teller.plan("r", "09:00", "11:00", venue_id="balai")
    teller.order("A", "r", "09:00", "11:00")
    teller.order("B", "r", "09:00", "11:00", role="intel")
    teller.come("A", "r", "09:00")
    teller.come("B", "r", "09:01", recorded="10:30", post="maulafa")
    teller.beat("alak", "09:05")
    teller.observe(
        field.IncidentReported, "09:30", incident_id="i1", version=1, kind="crowd_clash", severity="severe",
        kelurahan=BATU_PLAT, place="rally/r", author="bripka-a",
        text_ref=PersonalRef(ref="t1", digest="d"),
    )  # fmt: skip
    teller.observe(
        field.IncidentAdvanced, "09:40", incident_id="i1", version=2, state="verified", author="chief"
    )
    return teller


def test_newest_first_by_when_it_happened_and_a_late_report_has_both_times() -> None:
    found = looked(a_day())
    assert said(found)[:4] == [
        "incident_advanced i1 rally/r", "incident_reported i1 rally/r", "checked_in B rally/r",
        "checked_in A rally/r",
    ]  # fmt: skip
    late = found[2]
    assert (late.at, late.recorded_at, late.post_id) == (at("09:01"), at("10:30"), "maulafa")
    assert [each.facts[0].type for each in found[4:]] == [
        "deployment_ordered", "deployment_ordered", "rally_planned", "officer_registered", "operation_opened",
    ]  # fmt: skip


def test_a_corrected_clock_says_both_what_it_showed_and_when_it_was() -> None:
    teller = Teller()
    teller.come("A", "r", "09:00", sent="09:00", recorded="09:10")
    (found,) = looked(teller)
    assert (found.at, found.said_at) == (at("09:10"), at("09:00"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"officer": "A"}, ["checked_in A rally/r", "deployment_ordered A rally/r"]),
        ({"post": "maulafa"}, ["checked_in B rally/r"]),
        ({"kinds": frozenset({"checked_in"})}, ["checked_in B rally/r", "checked_in A rally/r"]),
        ({"severity": "severe"}, ["incident_advanced i1 rally/r", "incident_reported i1 rally/r"]),
        ({"severity": "minor"}, []),
        ({"from_ms": at_ms("09:01"), "before_ms": at_ms("09:30")}, ["checked_in B rally/r"]),
        ({"text": ("crowd_clash", "alak")}, ["incident_reported i1 rally/r"]),
        ({"text": ("balai", "checked")}, ["checked_in B rally/r", "checked_in A rally/r"]),
        ({"text": ("nothing",)}, []),
    ],
)
def test_what_is_asked_for_is_found(asked: dict[str, Any], says: list[str]) -> None:
    assert [each for each in said(looked(a_day(), **asked)) if "registered" not in each] == says


def test_a_venue_is_all_rallies_held_there_and_a_place_is_itself() -> None:
    teller = a_day()
    teller.plan("s", "12:00", "13:00", venue_id="balai")
    teller.plan("t", "12:00", "13:00", venue_id="other")
    for each in ("s", "t"):
        teller.come("A", each, "12:00")
    kinds = frozenset({"checked_in"})
    assert said(looked(teller, venue="balai", kinds=kinds)) == [
        "checked_in A rally/s", "checked_in B rally/r", "checked_in A rally/r",
    ]  # fmt: skip
    assert said(looked(teller, venue="rally/t", kinds=kinds)) == ["checked_in A rally/t"]


def test_a_step_of_an_order_is_found_by_its_officer_and_place() -> None:
    teller = a_day()
    teller.cancel_order("A", "r")
    assert said(looked(teller, officer="A", venue="rally/r"))[-1].startswith("deployment_ordered")
    assert "deployment_cancelled A rally/r" in said(looked(teller, officer="A", venue="rally/r"))


def test_one_request_is_one_entry_whatever_it_led_to() -> None:
    teller = Teller()
    teller.relieve("A", "B", "r", "10:00")
    teller.call("07:00", ["A", "B"], {"C": "sakit"})
    relieved, called = looked(teller)
    assert (relieved.says, relieved.facts_count) == ("checked_out rally/r, 2 facts", 2)
    assert [(each.type, each.officer_id) for each in relieved.facts] == [
        ("checked_out", "A"), ("checked_in", "B"),
    ]  # fmt: skip
    assert [(each.type, each.count) for each in called.facts] == [("roll_called", 2)]
    assert said(looked(teller, officer="C")) == ["roll_called"]


def test_words_are_told_to_who_may_read_them_and_searched_and_erased_ones_are_said() -> None:
    def words(ref: PersonalRef) -> PersonalWords | None:
        return PersonalWords(text="Dua orang LUKA") if ref.ref == "t1" else None

    (found,) = looked(a_day(), words=words, text=("luka",))
    assert (found.words, found.erased) == (["Dua orang LUKA"], 0)
    (gone,) = looked(a_day(), kinds=frozenset({"incident_reported"}))
    assert (gone.words, gone.erased) == ([], 1)
    (unread,) = looked(a_day(), words=None, kinds=frozenset({"incident_reported"}))
    assert (unread.words, unread.erased) == ([], 0)
    assert looked(a_day(), words=None, text=("luka",)) == []


def test_what_was_taken_back_is_marked() -> None:
    teller = a_day()
    fact = teller.told[5].data.facts[0]
    teller.void(fact.id)
    found = looked(teller, officer="A", kinds=frozenset({"checked_in"}))
    assert [each.facts[0].taken_back for each in found] == [True]
    assert looked(teller, kinds=frozenset({"voided"}))[0].facts[0].subject == fact.id


def test_intel_is_told_to_full_sight_only_whatever_is_asked() -> None:
    teller = a_day()
    teller.cancel_order("B", "r")
    teller.call("07:00", ["A", "B"])
    teller.come("b", "r", "09:02", post="maulafa")
    for asked in ({}, {"officer": "B"}, {"text": ("b",)}, {"venue": "rally/r"}, {"post": "maulafa"}):
        for entry in looked(teller, "guarded", **asked):
            for fact in entry.facts:
                assert fact.officer_id not in {"B", "b"} or fact.type == "officer_registered", asked
                assert fact.deployment_id != "B-r"
    assert "checked_in B rally/r" in said(looked(teller, "full"))
    assert said(looked(teller, "guarded", officer="B")) == ["officer_registered B"]


def test_a_duty_on_intel_hides_nothing_else_that_is_planned_of_its_officer() -> None:
    """Given a roster registered on the day of the duty, and a guard's duty later that day."""
    teller = a_day()
    teller.plan("s", "14:00", "16:00")
    teller.order("B", "s", "14:00", "16:00")
    without = Teller()
    without.clock = "06:00"
    without.open()
    without.register("A", "B")
    without.plan("s", "14:00", "16:00")
    without.order("B", "s", "14:00", "16:00")

    def planned(told: Teller) -> list[tuple[str, list[str | None]]]:
        found = looked(told, "guarded", officer="B", kinds=frozenset(PLANNED))
        return [(each.says, [fact.officer_id for fact in each.facts]) for each in found]

    assert planned(teller) == planned(without)
    assert len(planned(teller)) == 2, "the roster and the guard's duty, and nothing of the other"


PLANNED: Final = ("officer_registered", "deployment_ordered")


def test_an_officer_is_told_of_himself_alone() -> None:
    teller = a_day()
    found = looked(teller, "counts", None, only="A")
    assert {fact.officer_id for each in found for fact in each.facts} == {"A"}
    assert said(found)[0] == "checked_in A rally/r"


def test_counts_are_of_the_kinds_and_hours_asked_for() -> None:
    kept = Kept(a_day())
    entries = list(timeline_of(kept).back_from(None, ALL, LATE_MS))
    picture, kinds = kept.arrivals.picture, frozenset({"checked_in", "rally_planned"})
    assert counts_of(picture, entries, Asked(kinds=kinds)) == {"checked_in": 2, "rally_planned": 1}
    assert counts_of(picture, entries, Asked(from_ms=at_ms("09:30"))) == {
        "incident_advanced": 1, "incident_reported": 1,
    }  # fmt: skip


def test_heartbeats_would_hide_all_else() -> None:
    assert not any("heartbeat" in each for each in said(looked(a_day())))


def test_nothing_later_than_known_or_than_the_moment_is_told() -> None:
    kept = Kept(a_day())
    timeline = timeline_of(kept)
    whole = [entry.key for entry in timeline.back_from(None, ALL, LATE_MS)]
    early = [entry.key for entry in timeline.back_from(None, ALL, at_ms("09:00"))]
    assert early == [key for key in whole if key.at_ms <= at_ms("09:00")]
    known = Known(plan=3, field=1, reporting=0)
    then = [entry.key for entry in timeline.back_from(None, known, LATE_MS)]
    assert then == [key for key in whole if key.place < (1 if key.context else 3)]


def test_a_search_that_finds_little_goes_on_with_the_next_page() -> None:
    kept = Kept(a_day())
    picture, timeline = kept.arrivals.picture, timeline_of(kept)
    matcher = Matcher(picture, Reader([picture], "full"), Asked(officer="A"), None)
    found: list[Entry] = []
    after: Key | None = None
    pages = 0
    while after is not None or not pages:
        pages += 1
        page = page_of(timeline.back_from(after, ALL, LATE_MS), matcher, 50, most=3)
        found += [each.entry for each in page.found]
        after = page.next_after
    assert pages == 3
    assert [entry.key for entry in found] == [
        entry.key for entry in timeline.back_from(None, ALL, LATE_MS) if matcher.fits(entry)
    ]


@given(st.lists(st.integers(0, 10), max_size=4), st.integers(1, 4))
def test_grown_bit_by_bit_is_grown_at_once_and_pages_are_the_whole(looks: list[int], limit: int) -> None:
    teller = a_day()
    kept, once = Kept(teller, 1), timeline_of(Kept(teller))
    timeline = Timeline(kept.arrivals)
    for number, decision in enumerate(teller.told[1:], start=1):
        if number in looks:
            kept.grow(timeline)
        kept.take(decision)
    kept.grow(timeline)
    assert [entry.key for entry in timeline.entries] == [entry.key for entry in once.entries]
    picture = kept.arrivals.picture
    matcher = Matcher(picture, Reader([picture], "full"), Asked(), None)
    found: list[Key] = []
    after: Key | None = None
    while True:
        page = page_of(timeline.back_from(after, ALL, LATE_MS), matcher, limit)
        found += [each.entry.key for each in page.found]
        after = page.next_after
        if after is None:
            break
    assert found == [entry.key for entry in reversed(timeline.entries)]
