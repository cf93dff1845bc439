"""A state by snapshot and tail is the state from 0, wherever the snapshot was made: it decides the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Request
from pamwal.contracts.scheduling import PlanSeries, RegisterOfficers
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.snapshots.marks import mark_of
from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.snapshots.states import States, StatesByDecisions
from pamwal.wire.book import Book
from pamwal.wire.core import KeptCore
from pamwal.wire.judge import Judge
from pamwal.wire.log import Outgoing, Record
from pamwal.wire.partitioning import partition_of
from services.checkin.core import CheckinCore
from services.scheduler.core import SchedulerCore
from tests.properties.checkin.test_any_order import observations
from tests.properties.checkin.test_posts_any_order import sayings
from tests.properties.scheduler.everything import histories
from tests.unit.checkin import details
from tests.unit.checkin.said import OPERATION, check_in, heartbeat, incident, void
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


def a_judge(core: Any) -> Judge[Any]:
    """Of that partition."""
    return Judge(core, a_book(core), partition_of)


def asked(core: Any, number: int, request: Request[Any]) -> Record:
    """The request as the log would give it back."""
    return Record(core.requests_topic, 0, number, request.operationid.encode(), encode(request), (), 0)


def stored(core: Any, number: int, decision: Outgoing) -> Record:
    """The decision as the log would give it back, one transaction each."""
    return Record(core.decisions_topic, 0, 2 * number, decision.key, decision.value, decision.headers, 0)


def assert_goes_on_alike(
    core: KeptCore[Any], requests: Sequence[Request[Any]], folder: Path, states: States[Any] | None = None
) -> None:
    """From a snapshot behind each decision the rest is decided as it was, to the byte, and so is a repeat."""
    snapshots, live = DeciderSnapshots(folder, core), a_judge(core)
    snapshots.states = states or snapshots.states
    records = [asked(core, number, each) for number, each in enumerate(requests)]
    decided = [live.judge(record, KNOWN_AT) for record in records]
    again = asked(core, len(requests), requests[0])
    expected = live.propose(again, KNOWN_AT)
    for cut in range(1, len(records) + 1):
        folded = snapshots.states.new_judge(a_book(core))
        for number, decision in enumerate(decided[:cut]):
            folded.fold(stored(core, number, decision))
        packed = snapshots.pack(folded, mark_of(stored(core, cut - 1, decided[cut - 1])))
        found = read_snapshot(write_snapshot(folder, *packed))
        taken_up = a_judge(core)
        snapshots.take_up(taken_up, found)
        assert snapshots.pack(taken_up, packed.head.marks[0]).sections == packed.sections, "nothing unpacked"
        rest = [taken_up.judge(record, KNOWN_AT) for record in records[cut:]]
        assert rest == decided[cut:]
        assert taken_up.propose(again, KNOWN_AT) == expected


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
