"""The core of check-in. Pure; its two tables say what happens when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from pamwal.contracts.claims import MODES, NOT_YOURS, Mode, modes_of, read_claims
from pamwal.contracts.codec import TYPE_OF, Fact
from pamwal.contracts.envelope import DecisionData, Request, Verdict, refuse
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    AttachToIncident,
    AttendanceCounted,
    CallRoll,
    CheckedIn,
    CheckedOut,
    CheckIn,
    CheckInSquad,
    CheckOut,
    ClosePost,
    ConfirmWatch,
    CountAttendance,
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    EndPoll,
    EndRally,
    EnrolDevice,
    ErasePerson,
    EscalateIncident,
    HandOverWatch,
    Heartbeat,
    HeartbeatHeard,
    IncidentAdvanced,
    IncidentDetail,
    IncidentReported,
    IncidentStepHeld,
    IncidentWitnessed,
    InviteDevices,
    MergeIncident,
    PersonErased,
    PollAcked,
    PollEnded,
    PollStarted,
    PostClosed,
    PostReopened,
    RallyEnded,
    RallyStarted,
    Relieve,
    ReopenPost,
    ReportIncident,
    ResetSource,
    RevokeDevices,
    RollCalled,
    SourceReset,
    StartPoll,
    StartRally,
    UnmergeIncident,
    Void,
    Voided,
    WatchAnswered,
    WatchHandedOver,
)
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.wire.core import ACCEPTED_ONLY
from services.checkin.deciding.clocks import clock_advice
from services.checkin.deciding.closing import close_post, closing_advice, closing_seen, reopen_post
from services.checkin.deciding.devices import (
    device_told,
    enrol_device,
    invite_devices,
    inviter_kept,
    lost_advice,
    lost_device,
    not_added_by_lost,
    revoke_devices,
)
from services.checkin.deciding.erasures import erase_person, erasure_kept
from services.checkin.deciding.incident_details import keep_detail, say_detail
from services.checkin.deciding.incident_rules import advance_incident, keep_incident, report_incident
from services.checkin.deciding.polls import ack_poll, acked, end_poll, ended, start_poll, started
from services.checkin.deciding.posts import heard, heartbeat, not_yours
from services.checkin.deciding.presence import presence, relieve, seen
from services.checkin.deciding.rallies import count_attendance, counted, rally_seen, rally_told
from services.checkin.deciding.rolls import call_roll, called, check_in_squad
from services.checkin.deciding.sequences import (
    number_taken,
    reset_kept,
    reset_source,
    said_advice,
    sequence_advice,
)
from services.checkin.deciding.state import CheckinState, new_state
from services.checkin.deciding.voids import void, voided
from services.checkin.deciding.watches import answered, confirm_watch, hand_over_watch, handed_over

VERSION: Final = "checkin/14"
"""Raised where the same requests may be decided otherwise: 2 takes steps by the corrected clock, and
suspects a clock that is minutes behind. By 3 an officer's void, also an early one, is of himself alone.
By 4 a lost device only adds presence and incident reports, and what it invited is revoked with it. By 5 the
tokens of officers and field commanders speak for the post that they name, and for none if they name none.
6 warns of a jump of numbers. 7 takes resets of sources. 8 holds tokens of
officers without a device to a source of their own. 9 invites no two devices with one code. 10 warns of a
reset far above every number that came. 11 names the source of such officers by the officer, not a device.
12 compares ids of officers without case. 13 warns of what is open when a post closes, and
says what to do where an id is not known yet. 14 takes erasures of persons."""
ByMode = dict[Mode, CheckinState]
"""What tokens of each mode have said in an operation. Neither ever meets the other."""
DECIDE: Final[dict[type, Callable[[CheckinState, Request[Any], str], Verdict[Any]]]] = {
    CheckIn: presence,
    CheckOut: presence,
    Relieve: relieve,
    CheckInSquad: check_in_squad,
    CallRoll: call_roll,
    StartRally: rally_told,
    EndRally: rally_told,
    CountAttendance: count_attendance,
    Void: void,
    ReportIncident: report_incident,
    AdvanceIncident: advance_incident,
    AmendIncident: say_detail,
    EscalateIncident: say_detail,
    MergeIncident: say_detail,
    UnmergeIncident: say_detail,
    AttachToIncident: say_detail,
    Heartbeat: heartbeat,
    ResetSource: reset_source,
    InviteDevices: invite_devices,
    EnrolDevice: enrol_device,
    RevokeDevices: revoke_devices,
    ErasePerson: erase_person,
    ClosePost: close_post,
    ReopenPost: reopen_post,
    HandOverWatch: hand_over_watch,
    ConfirmWatch: confirm_watch,
    StartPoll: start_poll,
    AckPoll: ack_poll,
    EndPoll: end_poll,
}
"""What happens when somebody asks."""
EVOLVE: Final[dict[type, Callable[[CheckinState, Any, str], None]]] = {
    CheckedIn: seen,
    CheckedOut: seen,
    RollCalled: called,
    RallyStarted: rally_seen,
    RallyEnded: rally_seen,
    AttendanceCounted: counted,
    Voided: voided,
    IncidentReported: keep_incident,
    IncidentWitnessed: keep_incident,
    IncidentStepHeld: keep_incident,
    IncidentAdvanced: keep_incident,
    **dict.fromkeys(get_args(IncidentDetail), keep_detail),
    HeartbeatHeard: heard,
    SourceReset: reset_kept,
    DeviceInvited: device_told,
    DeviceEnrolled: device_told,
    DeviceRevoked: device_told,
    PersonErased: erasure_kept,
    PostClosed: closing_seen,
    PostReopened: closing_seen,
    WatchHandedOver: handed_over,
    WatchAnswered: answered,
    PollStarted: started,
    PollAcked: acked,
    PollEnded: ended,
}
"""What is remembered when a fact holds."""


class CheckinCore:
    """An observation is refused only as malformed, not yours, or under an id that is taken."""

    service = "checkin"
    requests_topic = FIELD_REQUESTS.name
    decisions_topic = FIELD_DECISIONS.name
    version = VERSION
    evolves = ACCEPTED_ONLY
    state_type = ByMode

    def new_state(self, operation_id: str) -> ByMode:  # noqa: ARG002 - nothing differs by operation
        """Nobody has said anything."""
        return {mode: new_state() for mode in MODES}

    def decide(self, state: ByMode, request: Request[Any], knownat: str) -> Verdict[Any]:  # noqa: ARG002
        """The answer to one request that is not a repeat, by what tokens of its mode have said."""
        rule = DECIDE.get(type(request.data))
        if rule is None:
            name = TYPE_OF.get(type(request.data), request.type)
            return refuse(
                "malformed",
                f"{name} is no report from the field",
                possible="send it to the service that decides it: scheduling.* to the scheduler",
            )
        claims = read_claims(request.claims)
        if claims is None:
            return refuse(
                NOT_YOURS,
                "these claims cannot be read",
                possible="send it through an edge, with a valid token",
            )
        reason = not_yours(request, claims)
        if reason is not None:
            return Verdict(reason=reason)
        own = state[claims.mode]
        lost = lost_device(own, request, claims)
        foreign = not_added_by_lost(request, claims, lost)
        if foreign is not None:
            return refuse(NOT_YOURS, foreign, possible=f"say it with another device of post {request.postid}")
        verdict = rule(own, request, f"{request.id}/0")
        advice = clock_advice(request) + sequence_advice(own, request) + said_advice(own, request)
        advice += lost_advice(request, lost) + closing_advice(own, request)
        if verdict.reason is not None or not advice:
            return verdict
        return Verdict(facts=verdict.facts, warnings=verdict.warnings + advice)

    def evolve(self, state: ByMode, decision: DecisionData[Fact]) -> ByMode:
        """The state after an accepted decision; `state` itself is changed."""
        asked = decision.request
        post = asked.postid if asked is not None else None
        for mode in modes_of(asked.mode if asked is not None else None):
            own = state[mode]
            for fact in decision.facts:
                EVOLVE[type(fact)](own, fact, post or "")
                if isinstance(fact, DeviceInvited) and asked is not None:
                    inviter_kept(own, fact, post or "", asked.source or "")
            number_taken(own, decision)
        return state
