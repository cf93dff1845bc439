"""What the desks of the posts say by themselves: heartbeats, incidents, and three deliberate clashes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from msgspec.structs import replace

from pamwal.client.identifiers import RANDOM_BITS, uuid7
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.field import AdvanceIncident, CheckIn, Heartbeat, IncidentStep, ReportIncident, Severity
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling import OrderDeployments
from pamwal.demo.day import DAY, POSTS, PlannedRally, local_ms
from pamwal.demo.planning import order_of
from pamwal.demo.sayings import Saying, Speaker, submission
from pamwal.demo.truth import MINUTE_MS, Truth

HEARTBEAT_MIN: Final = 6
"""A post is silent after 15 minutes; so two may be lost."""

REUSED_AFTER_MIN: Final = 30
"""The clash over a used id is sent well after its first: their order in the log is no matter of luck."""

# rally, local time, kind, severity, what was seen, the steps and the minutes after the report
_INCIDENTS: Final[tuple[tuple[str, str, str, Severity, str, tuple[tuple[IncidentStep, int], ...]], ...]] = (
    (
        "oepura-1", "09:40", "crowd_clash", "moderate", "Dua kelompok saling dorong di pintu masuk.",
        (("verified", 4), ("assigned", 6), ("on_scene", 15), ("contained", 35), ("closed", 80)),
    ),
    (
        "oesapa-1", "14:20", "traffic_jam", "minor", "Kendaraan menumpuk di simpang lapangan.",
        (("verified", 5), ("assigned", 9), ("on_scene", 20), ("contained", 50)),
    ),
    (
        "oebobo-2", "19:10", "unattended_bag", "severe", "Tas tanpa pemilik di dekat panggung.",
        (("unfounded", 18),),
    ),
)  # fmt: skip
INCIDENTS: Final = len(_INCIDENTS)
INCIDENTS_OPEN: Final = sum(steps[-1][0] not in {"closed", "unfounded"} for *_, steps in _INCIDENTS)


def heartbeats(start_ms: int, end_ms: int, chance: Random) -> list[Saying]:
    """Each post says every few minutes that it is there; `with_highest` fills in what it has numbered."""
    return [
        _say(post.post_id, "/heartbeats", at_ms, Heartbeat(), chance)
        for number, post in enumerate(POSTS)
        for at_ms in range(start_ms + number * MINUTE_MS, end_ms, HEARTBEAT_MIN * MINUTE_MS)
    ]


def with_highest(sayings: list[Saying]) -> Iterator[Saying]:
    """The same sayings, each heartbeat naming the highest number that each source of its post gave out."""
    highest: dict[str, dict[str, int]] = {post.post_id: {} for post in POSTS}
    for saying in sayings:
        said, own = saying.submission, highest[saying.post]
        if said.sourceseq is not None and saying.borrowed_from is None:
            own[said.source] = max(own.get(said.source, 0), said.sourceseq)
        if isinstance(said.data, Heartbeat):
            told = replace(said, data=Heartbeat(highest=dict(own)))
            yield replace(saying, submission=told)
        else:
            yield saying


def incidents(truth: Truth, chance: Random) -> list[Saying]:
    """Three incidents: one closed, one contained and still open, one unfounded."""
    said: list[Saying] = []
    places = {rally.rally_id: rally for rally in truth.rallies}
    for number, (rally_id, clock, kind, severity, text, steps) in enumerate(_INCIDENTS, start=1):
        rally, at_ms, incident_id = places[rally_id], local_ms(clock), f"K-{number}"
        report = ReportIncident(
            incident_id=incident_id,
            kind=kind,
            severity=severity,
            kelurahan=rally.kelurahan,
            place=rally.place,
            text=PersonalWords(text=text),
        )
        said.append(_say(rally.post, "/incidents", at_ms, report, chance, incident_id))
        said += [
            _say(
                rally.post,
                "/incidents:advance",
                at_ms + minutes * MINUTE_MS,
                AdvanceIncident(
                    incident_id=incident_id,
                    step=step,
                    assignee=rally.post if step == "assigned" else None,
                ),
                chance,
                incident_id,
            )
            for step, minutes in steps
        ]
    return said


def clashes(truth: Truth, at_ms: int, chance: Random) -> list[Saying]:
    """What must be refused: a second order for a busy officer, a used id, another post's token."""
    busy, idle = truth.officers[0], truth.officers[-1]
    oebobo, lasiana = _rally(truth, "oebobo-1"), _rally(truth, "lasiana-1")
    order = order_of(busy, oebobo, f"{busy.deployment_id}-lagi")
    second_order = OrderDeployments(sprin=f"SPRIN/BENTROK/{DAY}", orders=[order])
    first = _say(lasiana.post, "/heartbeats", at_ms, Heartbeat(), chance)
    other = CheckIn(officer_id=idle.officer_id, place=lasiana.place, method="radio")
    reused = _say(lasiana.post, "/check-ins", at_ms + REUSED_AFTER_MIN * MINUTE_MS, other, chance)
    borrowed = CheckIn(officer_id=idle.officer_id, place=idle.rally.place, method="manual")
    return [
        first,
        replace(reused, submission=replace(reused.submission, id=first.submission.id), expected="key_reused"),
        replace(
            _say(oebobo.post, "/deployments", at_ms, second_order, chance, speaker="plan"),
            service="scheduler",
            expected="double_booked",
        ),
        replace(
            _say(oebobo.post, "/check-ins", at_ms, borrowed, chance, speaker="stranger"),
            borrowed_from="alak",
            expected="not_yours",
        ),
    ]


def _rally(truth: Truth, rally_id: str) -> PlannedRally:
    return next(rally for rally in truth.rallies if rally.rally_id == rally_id)


def _say(
    post: str,
    path: str,
    at_ms: int,
    data: RequestData,
    chance: Random,
    subject: str | None = None,
    speaker: Speaker = "posko",
) -> Saying:
    return Saying(
        post=post,
        service="checkin",
        path=path,
        send_ms=at_ms,
        submission=submission(
            identifier=uuid7(at_ms, chance.getrandbits(RANDOM_BITS)),
            post=post,
            speaker=speaker,
            occurred_ms=at_ms,
            data=data,
            subject=subject,
        ),
    )
