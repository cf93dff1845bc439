"""Strategies for all that may be said from the field, by every kind of token, in both modes."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.claims import Claims, Mode, Role
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    AttachToIncident,
    CallRoll,
    Casualties,
    CheckIn,
    CheckInSquad,
    CheckOut,
    ClosePost,
    ConfirmWatch,
    CountAttendance,
    EndPoll,
    EndRally,
    EnrolDevice,
    ErasePerson,
    EscalateIncident,
    HandOverWatch,
    Heartbeat,
    Invitation,
    InviteDevices,
    Location,
    MergeIncident,
    NotPresent,
    Relieve,
    ReopenPost,
    ReportIncident,
    ResetSource,
    RevokeDevices,
    StartPoll,
    StartRally,
    StoredFile,
    UnmergeIncident,
    Void,
)
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point
from services.checkin.deciding.incident_life import LEGAL
from tests.unit.checkin.said import OPERATION, moment, request

KELURAHAN: Final = "53.71.02.1008"
MODES: Final[tuple[Mode, ...]] = ("real", "exercise")
WHY: Final = PersonalRef(ref="5b1c", digest="0" * 64)
officers = st.sampled_from(["x", "y", "z"])
posts = st.sampled_from(["alak", "maulafa"])
persons = st.sampled_from(["ani", "budi", "citra"])
places = st.sampled_from(["rally/a", "rally/b", "site/s"])
rallies = st.sampled_from(["a", "b"])
incidents = st.sampled_from(["i-1", "i-2", "i-3"])
names = st.sampled_from(["one", "two"])
devices = st.sampled_from(["1", "2"])
days = st.sampled_from(["2024-10-02", "2024-10-03"])
zones = st.sampled_from(["Asia/Makassar", "Asia/Jayapura"])
codes = st.sampled_from(["a" * 64, "b" * 64])
severities = st.sampled_from(["minor", "severe"])
steps = st.sampled_from(sorted({name for following in LEGAL.values() for name in following}))
clocks = st.integers(0, 90).map(lambda minute: f"{1 + minute // 60:02d}:{minute % 60:02d}")
points = st.none() | st.builds(
    Point, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180, allow_nan=False)
)
seen = {
    "place": places,
    "method": st.sampled_from(["gps", "manual", "paper"]),
    "precision": st.sampled_from(["exact", "list"]),
    "position": points,
}
absences = st.builds(
    NotPresent, officer_id=officers, cause=st.sampled_from(["sakit", "izin", "tanpa_keterangan"])
)
harmed = st.none() | st.builds(Casualties, dead=st.integers(0, 2), injured=st.integers(0, 9))
pairs = st.sampled_from([[], ["walikota/1"]])
locations = st.none() | st.builds(Location, kelurahan=st.just(KELURAHAN), position=points)
assignees = st.none() | st.lists(st.sampled_from(["officer/x", "post/alak", "post/maulafa"]), max_size=2)
files = st.builds(StoredFile, sha256=codes, size=st.just(9), media_type=st.just("image/jpeg"))
invitations = st.builds(
    Invitation,
    device_id=devices,
    code_sha256=codes,
    expires_at=st.sampled_from([moment("01:30"), moment("23:00")]),
    officer_id=st.none() | officers,
)
OF_INCIDENT: Final = frozenset(
    {AdvanceIncident, AmendIncident, EscalateIncident, MergeIncident, UnmergeIncident, AttachToIncident}
)
OF_DEVICES: Final = frozenset({InviteDevices, EnrolDevice, RevokeDevices})
"""What is asked about them depends on what was asked before, as with all that can be refused for that."""


def _said_of(versions: st.SearchStrategy[int | None], numbers: int) -> dict[type, st.SearchStrategy[Any]]:
    facts = st.builds("q{}/{}".format, st.integers(0, numbers), st.integers(0, 1))
    of_one = {"incident_id": incidents, "expected_version": versions}
    return {
        CheckIn: st.builds(CheckIn, officer_id=officers, **seen),
        CheckOut: st.builds(CheckOut, officer_id=officers, **seen),
        Relieve: st.builds(Relieve, officer_id=officers, relieved_by=officers, **seen),
        CheckInSquad: st.builds(
            CheckInSquad, present=st.lists(officers, max_size=3), not_present=st.lists(absences, max_size=2),
            **seen,
        ),
        CallRoll: st.builds(
            CallRoll, unit=st.just("Samapta"), present=st.lists(officers, max_size=3),
            not_present=st.lists(absences, max_size=2),
        ),
        StartRally: st.builds(StartRally, rally_id=rallies),
        EndRally: st.builds(EndRally, rally_id=rallies),
        CountAttendance: st.builds(CountAttendance, rally_id=rallies, people=st.integers(0, 900)),
        Void: st.builds(
            Void, observation=facts, cause_ref=st.sampled_from([WHY, WHY, WHY, None]), post=st.none() | posts
        ),
        ReportIncident: st.builds(
            ReportIncident, incident_id=incidents, kind=st.sampled_from(["fire", "theft"]),
            severity=severities, kelurahan=st.just(KELURAHAN), place=st.none() | places, position=points,
            pairs=pairs, casualties=harmed,
        ),
        AdvanceIncident: st.builds(
            AdvanceIncident, step=steps, assignee=st.none() | st.sampled_from(["post/alak", "x"]), **of_one
        ),
        AmendIncident: st.builds(
            AmendIncident, severity=st.none() | severities, location=locations, casualties=harmed,
            pairs=st.none() | pairs, assignees=assignees, **of_one,
        ),
        EscalateIncident: st.builds(EscalateIncident, to=st.just("agency/polda"), **of_one),
        MergeIncident: st.builds(MergeIncident, duplicate_of=incidents, **of_one),
        UnmergeIncident: st.builds(UnmergeIncident, **of_one),
        AttachToIncident: st.builds(AttachToIncident, attachment=files, **of_one),
        Heartbeat: st.builds(
            Heartbeat, queue_length=st.integers(0, 3),
            highest=st.dictionaries(
                st.builds("/posts/{}/devices/{}".format, posts, devices), st.integers(1, 20), max_size=2
            ),
        ),
        ResetSource: st.builds(
            ResetSource, source=st.builds("/posts/{}/devices/{}".format, posts, devices),
            up_to=st.integers(1, 20), cause_ref=st.sampled_from([WHY, WHY, None]),
        ),
        ErasePerson: st.builds(
            ErasePerson, officer_id=officers, words=st.integers(0, 9), files=st.integers(0, 3),
            cause_ref=st.sampled_from([WHY, WHY, None]),
        ),
        InviteDevices: st.builds(InviteDevices, invitations=st.lists(invitations, min_size=1, max_size=3)),
        EnrolDevice: st.builds(EnrolDevice, device_id=devices, code_sha256=codes),
        RevokeDevices: st.builds(
            RevokeDevices, devices=st.lists(devices, min_size=1, max_size=2),
            lost_since=st.none() | st.just(moment("01:20")),
        ),
        ClosePost: st.builds(ClosePost, day=days, zone=zones),
        ReopenPost: st.builds(ReopenPost, day=days, zone=zones),
        HandOverWatch: st.builds(HandOverWatch, watch_id=names, from_=persons, to=persons),
        ConfirmWatch: st.builds(
            ConfirmWatch, watch_id=names, answer=st.sampled_from(["taken", "taken", "declined"])
        ),
        StartPoll: st.builds(
            StartPoll, poll_id=names, window_min=st.sampled_from([5, 30]), place=st.none() | places,
            post=st.none() | posts, officers=st.none() | st.lists(officers, min_size=1, max_size=3),
        ),
        AckPoll: st.builds(AckPoll, poll_id=names, officer_id=officers),
        EndPoll: st.builds(EndPoll, poll_id=names),
    }  # fmt: skip


SAID: Final = _said_of(st.none() | st.integers(1, 8), 24)
"""Type of request → what it may say; also such as is to be refused."""
KEPT: Final = {make: said for make, said in _said_of(st.none(), 24).items() if make not in OF_DEVICES}
"""The same of observations that name no version, so that none is refused for what came before it."""


@st.composite
def tokens(draw: st.DrawFn, post: str, mode: Mode) -> Claims:
    """Any token of an operation; most may say something."""
    likely: tuple[Role, ...] = ("command_post",) * 5 + ("ops_head",) * 3 + ("officer",) * 2
    role = draw(st.sampled_from((*likely, "field_commander", "admin", "viewer")))
    own = draw(st.sampled_from([post, post, post, None, "alak"])) if role != "command_post" else post
    bound: dict[str, Any] = {"post": own}
    if role == "officer":
        bound["officer"] = draw(officers)
    if role in {"officer", "command_post"}:
        bound["device"] = draw(st.none() | devices)
    return Claims(role=role, operation=OPERATION, mode=mode, **bound)


@st.composite
def clocked(draw: st.DrawFn, asked: Request[Any]) -> Request[Any]:
    """The same, told at once, late, or by a clock that is minutes or a whole day off."""
    recorded = draw(st.sampled_from([asked.recordedat] * 3 + [moment("02:40")]))
    match draw(st.sampled_from(["plain", "plain", "skewed", "day", "unsent"])):
        case "plain":
            return replace(asked, sentat=recorded, recordedat=recorded)
        case "skewed":
            return replace(asked, sentat=draw(clocks.map(moment)), recordedat=recorded)
        case "day":
            day = draw(st.sampled_from(["2024-10-02", "2024-10-04"]))
            wrong = f"{day}{asked.time[10:]}"
            return replace(asked, time=wrong, sentat=f"{day}{recorded[10:]}", recordedat=recorded)
        case _:
            return replace(asked, recordedat=recorded)


@st.composite
def said(draw: st.DrawFn, data: st.SearchStrategy[RequestData], name: str, token: Any = None) -> Request[Any]:
    """One request by a post, of a token of either mode unless `token` makes one."""
    post, device = draw(posts), draw(devices)
    claims = draw(tokens(post, draw(st.sampled_from(MODES)))) if token is None else token(post)
    source = f"/posts/{post}/devices/{claims.device or device}"
    asked = request(
        name, draw(clocks), draw(data), post=post, claims=claims, source=source, actor=draw(persons)
    )
    return draw(clocked(replace(asked, sourceseq=draw(st.none() | st.integers(1, 9)))))


@st.composite
def everything(draw: st.DrawFn) -> list[Request[Any]]:
    """Up to 24 requests of any type, by any token, of posts that may use the same ids."""
    shared = draw(st.sampled_from([1, 1, 2]))
    kinds = st.sampled_from(list(SAID.values())).flatmap(lambda one: one)
    count = draw(st.integers(1, 24))
    return [draw(said(kinds, f"q{number // shared}")) for number in range(count)]


@st.composite
def observed(draw: st.DrawFn) -> list[Request[Any]]:
    """Up to 24 observations by the head of operations, in both modes, each under its own id."""
    kinds = st.sampled_from(list(KEPT.values())).flatmap(lambda one: one)
    found = []
    for number in range(draw(st.integers(1, 24))):
        mode = draw(st.sampled_from(MODES))
        head = Claims(role="ops_head", operation=OPERATION, mode=mode)
        found.append(draw(said(kinds, f"q{number}", lambda _, head=head: head)))
    return found


def once(asked: list[Request[Any]]) -> list[Request[Any]]:
    """What the partition decider puts to the core: an id once for each mode and post."""
    first: dict[tuple[str, str, str], Request[Any]] = {}
    for one in asked:
        mode = "real" if "mode=real" in one.claims else "exercise"
        first.setdefault((mode, one.postid, one.id), one)
    return list(first.values())


def stored(one: Request[Any]) -> bytes:
    """The request as it stands in the log."""
    return encode(one)
