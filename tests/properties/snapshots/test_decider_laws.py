"""A state by snapshot and tail is the state from 0, wherever the snapshot was made: it decides the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import decode_decision, encode
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AlertRaised, AlertRetracted, alert_id
from pamwal.contracts.reporting_deliveries import NoteDelivery
from pamwal.contracts.scheduling import PlanSeries, RegisterOfficers
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.snapshots.marks import mark_of
from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.snapshots.states import States, StatesByDecisions
from pamwal.wire.book import Book, Strand
from pamwal.wire.causes import WatchingJudge
from pamwal.wire.core import WatchingCore
from pamwal.wire.judge import Judge
from pamwal.wire.log import Outgoing, Record
from pamwal.wire.partitioning import partition_of
from pamwal.wire.watched import Watched
from services.checkin.core import CheckinCore
from services.reporting.core import ReportingCore
from services.scheduler.core import SchedulerCore
from tests.properties.checkin.test_any_order import observations
from tests.properties.checkin.test_posts_any_order import sayings
from tests.properties.scheduler.everything import histories
from tests.unit.checkin import details
from tests.unit.checkin.said import OPERATION, check_in, heartbeat, incident, void
from tests.unit.checkin.said import request as said
from tests.unit.checkin.test_devices import enrol, invite, revoke
from tests.unit.scheduler.asked import ADMIN, KELURAHAN, entry, opening, plan, request, site, sites

KNOWN_AT = "2024-10-03T05:00:00.000Z"
SERIES = PlanSeries(series_id="s1", first=plan("x", "09:00", "11:00"), recurrence="FREQ=DAILY;COUNT=3")
GIVEN = [
    request("g0", opening(), by=ADMIN),
    request("g1", RegisterOfficers(officers=[entry(f"k-{number}") for number in (1, 2, 3)])),
    *(request(f"g2{rally_id}", plan(rally_id)) for rally_id in KELURAHAN),
    request("g3", sites(site("kpu"), site("tps"))),
    request(
        "g4", PlanSeries(series_id="s1", first=plan("x", "09:00", "11:00"), recurrence="FREQ=DAILY;COUNT=3")
    ),
]
"""An operation with officers, rallies, sites and a series, as something of each kind can then be asked."""


def a_book(core: Any) -> Book:
    """Of the only partition of its topics, so that every operation lives there."""
    return Book("cluster", core.requests_topic, core.decisions_topic, 0, 1)


def a_judge(core: Any, seen: Sequence[Record] = ()) -> Judge[Any]:
    """Of that partition; one that watches has seen these decisions of other contexts."""
    book = a_book(core)
    if not isinstance(core, WatchingCore):
        return Judge(core, book, partition_of)
    strands = [Strand("cluster", topic, 0, 1) for topic in core.follows]
    watched = Watched(core, strands, partition_of)
    judge: WatchingJudge[Any, Any] = WatchingJudge(
        core, book, watched, partition_of, lambda: book.next_offset + book.causes
    )
    for record in seen:
        judge.see(record)
    return judge


def asked(core: Any, number: int, request: Request[Any]) -> Record:
    """The request as the log would give it back."""
    return Record(core.requests_topic, 0, number, request.operationid.encode(), encode(request), (), 0)


def stored(core: Any, number: int, decision: Outgoing) -> Record:
    """The decision as the log would give it back, one transaction each."""
    return Record(core.decisions_topic, 0, 2 * number, decision.key, decision.value, decision.headers, 0)


def decided_elsewhere(core: Any, requests: Sequence[Request[Any]]) -> list[Record]:
    """What another service decided of these requests, as one that watches it reads it."""
    judge = a_judge(core)
    decided = [judge.judge(asked(core, number, each), KNOWN_AT) for number, each in enumerate(requests)]
    return [stored(core, number, each) for number, each in enumerate(decided)]


def caused(judge: Judge[Any]) -> Iterator[Outgoing]:
    """What is decided now without a request; nothing by a judge that does not watch."""
    if isinstance(judge, WatchingJudge) and judge.gather(KNOWN_AT):
        while judge.waiting:
            judgement = judge.judge_next(KNOWN_AT)
            assert judgement.error is None
            if judgement.written is not None:
                yield judgement.written


def decided_on(judge: Judge[Any], records: Sequence[Record]) -> list[Outgoing]:
    """All decisions from where this judge stands, with what each makes necessary right behind it."""
    found = list(caused(judge))
    for record in records[judge.book.next_offset :]:
        found.append(judge.judge(record, KNOWN_AT))
        found += caused(judge)
    return found


def assert_goes_on_alike(
    core: Any,
    requests: Sequence[Request[Any]],
    folder: Path,
    states: States[Any] | None = None,
    seen: Sequence[Record] = (),
) -> list[Outgoing]:
    """From a snapshot behind each decision the rest is decided as it was, to the byte, and so is a repeat.

    Returns all decisions.
    """
    snapshots, live = DeciderSnapshots(folder, core), a_judge(core, seen)
    snapshots.states = states or snapshots.states
    records = [asked(core, number, each) for number, each in enumerate(requests)]
    decided = decided_on(live, records)
    again = asked(core, len(requests), requests[0])
    expected = live.propose(again, KNOWN_AT)
    for cut in range(1, len(decided) + 1):
        folded = snapshots.states.new_judge(a_book(core))
        for number, decision in enumerate(decided[:cut]):
            folded.fold(stored(core, number, decision))
        packed = snapshots.pack(folded, mark_of(stored(core, cut - 1, decided[cut - 1])))
        found = read_snapshot(write_snapshot(folder, *packed))
        taken_up = a_judge(core, seen)
        snapshots.take_up(taken_up, found)
        assert snapshots.pack(taken_up, packed.head.marks[0]).sections == packed.sections, "nothing unpacked"
        assert decided_on(taken_up, records) == decided[cut:]
        assert taken_up.propose(again, KNOWN_AT) == expected
    return decided


@settings(max_examples=25, deadline=None)
@given(histories(length_max=12))
def test_the_scheduler_goes_on_from_any_snapshot(tmp_path_factory: Any, requests: list[Request[Any]]) -> None:
    assert_goes_on_alike(SchedulerCore(), [*GIVEN, *requests], tmp_path_factory.mktemp("snapshots"))


@settings(max_examples=40, deadline=None)
@given(observations(interactive=True) | sayings())
def test_checkin_goes_on_from_any_snapshot(tmp_path_factory: Any, requests: list[Request[Any]]) -> None:
    assert_goes_on_alike(CheckinCore(), requests, tmp_path_factory.mktemp("snapshots"))


@settings(max_examples=20, deadline=None)
@given(sayings())
def test_states_packed_as_what_made_them_go_on_alike(
    tmp_path_factory: Any, requests: list[Request[Any]]
) -> None:
    core = CheckinCore()
    folder, states = tmp_path_factory.mktemp("snapshots"), StatesByDecisions(core)
    assert_goes_on_alike(core, requests, folder, states)


def test_each_kind_of_state_goes_on_from_any_snapshot(tmp_path: Path) -> None:
    head = Claims(role="ops_head", operation=OPERATION, mode="exercise")
    said = [
        incident("q0", "01:00"),
        incident("q1", "01:01", "i-2"),
        details.amend("q2", "01:02", severity="severe"),
        details.escalate("q3", "01:03"),
        details.merge("q4", "01:04", "i-2", "i-1"),
        details.attach("q5", "01:05"),
        details.unmerge("q6", "01:06", "i-2"),
        void("q7", "01:07", "q2/0", claims=head),
        invite("q8"),
        enrol("q9"),
        revoke("q10", "03:00"),
        replace(check_in("q11", "04:00"), sourceseq=3),
        replace(heartbeat("q12", "04:01", {"/posts/maulafa/devices/1": 5}), sourceseq=1),
        replace(check_in("q13", "04:02"), sourceseq=3),
    ]
    assert_goes_on_alike(CheckinCore(), said, tmp_path)


DEVICE = "/posts/maulafa/devices/1"
GAP = alert_id("sequence_gap", DEVICE.removeprefix("/"), "1")
NOBODYS = alert_id("silent_post", "post/nobody", "never")
OPENED = decided_elsewhere(SchedulerCore(), GIVEN)
BEATEN = decided_elsewhere(
    CheckinCore(), [said("b0", "04:00", Heartbeat(highest={DEVICE: 4}), source="/posts/maulafa/devices/2")]
)
"""The post says that its device gave out four numbers, and that nothing waits there any more."""
OPS_HEAD = Claims(role="ops_head", operation=OPERATION, mode="exercise")
REAL = Claims(role="ops_head", operation=OPERATION, mode="real")
REPORTING = replace(OPS_HEAD, service="reporting")
ITSELF = Claims(role="ops_head", operation=OPERATION, mode="exercise", service="reporting")


def numbered(
    identity: str, data: RequestData, number: int | None = None, claims: Claims = OPS_HEAD
) -> Request[Any]:
    """Something asked of reporting by that device."""
    return replace(said(identity, "04:30", data, claims=claims), sourceseq=number)


@st.composite
def asked_of_reporting(draw: st.DrawFn) -> list[Request[Any]]:
    """Requests of every outcome: accepted, refused, a repeat, parked; numbered, and in either mode."""
    said: list[RequestData] = [
        AcknowledgeAlerts(alerts=[GAP]), AcknowledgeAlerts(alerts=[NOBODYS]),
        NoteDelivery(sink="default", upto=1), PublishSitRep(), Heartbeat(),
    ]  # fmt: skip
    numbers, claims = st.none() | st.integers(1, 4), st.sampled_from([OPS_HEAD, REAL, ITSELF])
    rows = draw(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from(said), numbers, claims), min_size=1, max_size=8)
    )
    return [numbered(f"q{name}", data, number, allowed) for name, data, number, allowed in rows]


@settings(max_examples=25, deadline=None)
@given(asked_of_reporting())
def test_reporting_goes_on_from_any_snapshot(tmp_path_factory: Any, requests: list[Request[Any]]) -> None:
    folder = tmp_path_factory.mktemp("snapshots")
    assert_goes_on_alike(ReportingCore(), requests, folder, seen=[*OPENED, *BEATEN])


def test_a_number_that_was_refused_is_known_from_a_snapshot_too(tmp_path: Path) -> None:
    requests = [
        numbered("q1", PublishSitRep(), 1),
        numbered("q2", AcknowledgeAlerts(alerts=[NOBODYS]), 2),
        numbered("q1", PublishSitRep(), 3),
        numbered("q4", AcknowledgeAlerts(alerts=[NOBODYS]), 4),
    ]
    decided = assert_goes_on_alike(ReportingCore(), requests, tmp_path, seen=[*OPENED, *BEATEN])
    data = [decode_decision(each.value).data for each in decided]
    outcomes = [each.outcome for each in data if each.request is not None]
    assert outcomes == ["accepted", "refused", "repeat", "refused"]
    said = [(type(fact), fact.alert_id) for each in data if each.request is None for fact in each.facts]
    assert (AlertRaised, GAP) in said
    assert (AlertRetracted, GAP) in said
