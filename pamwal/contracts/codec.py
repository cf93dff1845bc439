"""Bytes to contracts and back: one decoder a type, made once; older versions are lifted by upcasters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts import field, scheduling
from pamwal.contracts.envelope import Coded, Decision, Request, RequestData, Submission
from pamwal.contracts.errors import Undecodable, UnknownType, WrongShape
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AssignAlerts, SnoozeAlerts
from pamwal.contracts.reporting_deliveries import NoteDelivery
from pamwal.contracts.reporting_facts import ReportingFact
from pamwal.contracts.sitreps import PublishSitRep, SignSitRep
from pamwal.contracts.unknown_facts import LeftOut
from pamwal.contracts.wording import in_words

Fact = scheduling.SchedulingFact | field.FieldFact | ReportingFact

SCHEDULING_REQUEST_TYPES: Final[dict[str, type[RequestData]]] = {
    "pamwal.scheduling.open_operation.v1": scheduling.OpenOperation,
    "pamwal.scheduling.amend_operation.v1": scheduling.AmendOperation,
    "pamwal.scheduling.close_operation.v1": scheduling.CloseOperation,
    "pamwal.scheduling.reopen_operation.v1": scheduling.ReopenOperation,
    "pamwal.scheduling.admit_child.v1": scheduling.AdmitChild,
    "pamwal.scheduling.dismiss_child.v1": scheduling.DismissChild,
    "pamwal.scheduling.close_day.v1": scheduling.CloseDay,
    "pamwal.scheduling.reopen_day.v1": scheduling.ReopenDay,
    "pamwal.scheduling.register_sites.v1": scheduling.RegisterSites,
    "pamwal.scheduling.withdraw_sites.v1": scheduling.WithdrawSites,
    "pamwal.scheduling.revert_import.v1": scheduling.RevertImport,
    "pamwal.scheduling.register_officers.v1": scheduling.RegisterOfficers,
    "pamwal.scheduling.withdraw_officers.v1": scheduling.WithdrawOfficers,
    "pamwal.scheduling.record_absences.v1": scheduling.RecordAbsences,
    "pamwal.scheduling.withdraw_absences.v1": scheduling.WithdrawAbsences,
    "pamwal.scheduling.lend_officers.v1": scheduling.LendOfficers,
    "pamwal.scheduling.recall_officers.v1": scheduling.RecallOfficers,
    "pamwal.scheduling.plan_rally.v1": scheduling.PlanRally,
    "pamwal.scheduling.plan_rallies.v1": scheduling.PlanRallies,
    "pamwal.scheduling.plan_series.v1": scheduling.PlanSeries,
    "pamwal.scheduling.notice_rally.v1": scheduling.NoticeRally,
    "pamwal.scheduling.move_rally.v1": scheduling.MoveRally,
    "pamwal.scheduling.cancel_rally.v1": scheduling.CancelRally,
    "pamwal.scheduling.reinstate_rally.v1": scheduling.ReinstateRally,
    "pamwal.scheduling.close_rally.v1": scheduling.CloseRally,
    "pamwal.scheduling.reserve_deployments.v1": scheduling.ReserveDeployments,
    "pamwal.scheduling.order_deployments.v1": scheduling.OrderDeployments,
    "pamwal.scheduling.order_reserved.v1": scheduling.OrderReserved,
    "pamwal.scheduling.order_series.v1": scheduling.OrderSeries,
    "pamwal.scheduling.acknowledge_deployments.v1": scheduling.AcknowledgeDeployments,
    "pamwal.scheduling.reject_deployments.v1": scheduling.RejectDeployments,
    "pamwal.scheduling.cancel_deployments.v1": scheduling.CancelDeployments,
    "pamwal.scheduling.reinstate_deployments.v1": scheduling.ReinstateDeployments,
    "pamwal.scheduling.stand_down_deployments.v1": scheduling.StandDownDeployments,
    "pamwal.scheduling.reassign_deployments.v1": scheduling.ReassignDeployments,
    "pamwal.scheduling.reassign_unit.v1": scheduling.ReassignUnit,
    "pamwal.scheduling.swap_deployments.v1": scheduling.SwapDeployments,
    "pamwal.scheduling.propose_deployments.v1": scheduling.ProposeDeployments,
    "pamwal.scheduling.order_proposal.v1": scheduling.OrderProposal,
    "pamwal.scheduling.discard_proposal.v1": scheduling.DiscardProposal,
}
FIELD_REQUEST_TYPES: Final[dict[str, type[RequestData]]] = {
    "pamwal.field.check_in.v1": field.CheckIn,
    "pamwal.field.check_out.v1": field.CheckOut,
    "pamwal.field.relieve.v1": field.Relieve,
    "pamwal.field.check_in_squad.v1": field.CheckInSquad,
    "pamwal.field.call_roll.v1": field.CallRoll,
    "pamwal.field.start_rally.v1": field.StartRally,
    "pamwal.field.end_rally.v1": field.EndRally,
    "pamwal.field.count_attendance.v1": field.CountAttendance,
    "pamwal.field.void.v1": field.Void,
    "pamwal.field.report_incident.v1": field.ReportIncident,
    "pamwal.field.advance_incident.v1": field.AdvanceIncident,
    "pamwal.field.amend_incident.v1": field.AmendIncident,
    "pamwal.field.escalate_incident.v1": field.EscalateIncident,
    "pamwal.field.merge_incident.v1": field.MergeIncident,
    "pamwal.field.unmerge_incident.v1": field.UnmergeIncident,
    "pamwal.field.attach_to_incident.v1": field.AttachToIncident,
    "pamwal.field.heartbeat.v1": field.Heartbeat,
    "pamwal.field.invite_devices.v1": field.InviteDevices,
    "pamwal.field.enrol_device.v1": field.EnrolDevice,
    "pamwal.field.revoke_devices.v1": field.RevokeDevices,
    "pamwal.field.reset_source.v1": field.ResetSource,
    "pamwal.field.erase_person.v1": field.ErasePerson,
    "pamwal.field.close_post.v1": field.ClosePost,
    "pamwal.field.reopen_post.v1": field.ReopenPost,
    "pamwal.field.hand_over_watch.v1": field.HandOverWatch,
    "pamwal.field.confirm_watch.v1": field.ConfirmWatch,
    "pamwal.field.start_poll.v1": field.StartPoll,
    "pamwal.field.ack_poll.v1": field.AckPoll,
    "pamwal.field.end_poll.v1": field.EndPoll,
}
REPORTING_REQUEST_TYPES: Final[dict[str, type[RequestData]]] = {
    "pamwal.reporting.acknowledge_alerts.v1": AcknowledgeAlerts,
    "pamwal.reporting.snooze_alerts.v1": SnoozeAlerts,
    "pamwal.reporting.assign_alerts.v1": AssignAlerts,
    "pamwal.reporting.publish_sitrep.v1": PublishSitRep,
    "pamwal.reporting.sign_sitrep.v1": SignSitRep,
    "pamwal.reporting.note_delivery.v1": NoteDelivery,
}
REQUEST_TYPES: Final[dict[str, type[RequestData]]] = {
    **SCHEDULING_REQUEST_TYPES,
    **FIELD_REQUEST_TYPES,
    **REPORTING_REQUEST_TYPES,
}
TYPE_OF: Final[dict[type, str]] = {data: name for name, data in REQUEST_TYPES.items()}

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[str, Upcaster]] = {}
"""Old type → function from the whole old request (as JSON objects) to the next version's, `type` included."""

E = TypeVar("E")
DECISION_TYPE = "pamwal.decision.v1"


class _TypeOnly(Struct):
    type: str


class _FactOnly(_TypeOnly):
    id: Any = None


_fact_only = msgspec.json.Decoder(_FactOnly)
_type_of = msgspec.json.Decoder(_TypeOnly)
_REQUEST: Final[dict[str, msgspec.json.Decoder[Request[Any]]]] = {
    name: msgspec.json.Decoder(Request[data])  # type: ignore[valid-type]
    for name, data in REQUEST_TYPES.items()
}
_STORED: Final = {name.encode(): (name, decoder) for name, decoder in _REQUEST.items()}
_TYPE_BEGINS: Final = b'"type":"'
_SUBMISSION: Final[dict[str, msgspec.json.Decoder[Coded[Any]]]] = {
    name: msgspec.json.Decoder(Coded[data])  # type: ignore[valid-type]
    for name, data in REQUEST_TYPES.items()
}
_decision: Final = msgspec.json.Decoder(Decision[Fact])
_decision_of_any: Final = msgspec.json.Decoder(Decision[msgspec.Raw])
_fact: Final = msgspec.json.Decoder(Fact)
_encoder: Final = msgspec.json.Encoder(order=None)
_digest_encoder: Final = msgspec.json.Encoder(order="sorted")


def encode(record: Struct) -> bytes:
    """The bytes of a record as they stand in the log (JSON, UTF-8, no spaces)."""
    return _encoder.encode(record)


def decode_type(value: bytes) -> str:
    """The `type` of an encoded envelope. Undecodable if there is none."""
    try:
        return _type_of.decode(value).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"not a JSON object with a text `type`: {error}") from error


def decode_request(value: bytes) -> Request[Any]:
    """A stored request. Undecodable, UnknownType or WrongShape (each says where) if it is none.

    One of an older type carries the digest it had then: a new upcaster makes no repeat another request.
    """
    request = _as_named(value)
    if request is not None:
        return request
    name, lifted = lift(value, _REQUEST)
    request = _decode(name, lifted, _REQUEST)
    if lifted is value or request.original is not None:
        return request
    return replace(request, original=plain_digest(msgspec.json.decode(value)))


def _as_named(value: bytes) -> Request[Any] | None:
    """The request by the first type that it names: nearly all are read once that way, and not twice.

    None if it turns out to be of another type or is not to be read so: then it is looked at from the start.
    """
    begins = value.find(_TYPE_BEGINS) + len(_TYPE_BEGINS)
    known = _STORED.get(value[begins : value.find(b'"', begins)])
    if known is None:
        return None
    name, decoder = known
    try:
        request = decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return request if request.type == name else None


def decode_submission(value: bytes) -> Submission[Any]:
    """What a sender posted, `Coded` if with a code. Undecodable, UnknownType or WrongShape if it is none."""
    posted = _decode(*lift(value, _SUBMISSION), _SUBMISSION)
    if posted.code is not None:
        return posted
    return Submission(**{name: getattr(posted, name) for name in Submission.__struct_fields__})


def decode_decision(value: bytes) -> Decision[Fact]:
    """A stored decision of any context. Undecodable if it is none."""
    try:
        return _decision.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"not a decision: {error}") from error


def decode_known(value: bytes) -> tuple[Decision[Fact], list[LeftOut]]:
    """A stored decision with the facts that this version knows, and what those it does not know are called.

    For readers, who go on when a newer decider writes new facts. A fact in a form that does not fit its type
    counts as not known. Undecodable if it is no decision.
    """
    try:
        return _decision.decode(value), []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        decision = _decision_of_any.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"not a decision: {error}") from error
    facts, unknown = known_facts(decision.data.facts)
    return cast(Decision[Fact], replace(decision, data=replace(decision.data, facts=facts))), unknown


def known_facts(raws: Iterable[msgspec.Raw]) -> tuple[list[Fact], list[LeftOut]]:
    """The facts that this version knows, and type and id of the others."""
    facts: list[Fact] = []
    unknown: list[LeftOut] = []
    for raw in raws:
        try:
            facts.append(_fact.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unknown.append(_left_out(raw))
    return facts, unknown


def _left_out(fact: msgspec.Raw) -> LeftOut:
    try:
        found = _fact_only.decode(fact)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return LeftOut("unreadable")
    return LeftOut(found.type[:120], found.id[:120] if isinstance(found.id, str) else None)


def request_digest(request: Request[Any]) -> str:
    """Hex SHA-256 over type, subject, time and data: two requests with one id must agree on it.

    The digests of NRPs are left out, so that a request of an earlier release and its retry agree: only the
    retry has them. The digest of an officer's words covers the NRP.
    """
    if request.original is not None:
        return request.original
    data = request.data
    if isinstance(data, scheduling.RegisterOfficers):
        data = data.without_nrps()
    return _digest(request.type, request.subject, request.time, data)


def plain_digest(said: Mapping[str, Any]) -> str:
    """The same of an envelope as JSON objects, by no contract: what its type's own release came to."""
    return _digest(said["type"], said.get("subject"), said.get("time"), said.get("data"))


def lift(value: bytes, known: Container[str]) -> tuple[str, bytes]:
    """Type and bytes of an envelope, raised by the upcasters until its type is one of the known.

    Undecodable, UnknownType; WrongShape if an old request does not have the shape its upcaster reads.
    """
    name = decode_type(value)
    while name not in known:
        upcaster = UPCASTERS.get(name)
        if upcaster is None:
            raise UnknownType(f"no contract is named {name[:120]!r}")
        value = _next_version(name, upcaster, value)
        name = decode_type(value)
    return name, value


def plainly(message: str) -> str:
    """`in_words` of a sentence about a value whose contract is not at hand."""
    return in_words(message, str)


def _digest(*said: Any) -> str:
    return hashlib.sha256(_digest_encoder.encode(said)).hexdigest()


def _decode(name: str, value: bytes, decoders: Mapping[str, msgspec.json.Decoder[E]]) -> E:
    try:
        return decoders[name].decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongShape(f"{name}: {in_words(str(error), decoders[name].type)}") from error


def _next_version(name: str, upcaster: Upcaster, value: bytes) -> bytes:
    """An upcaster that cannot read an old request says that its shape is wrong, whatever it raises."""
    try:
        return msgspec.json.encode(upcaster(msgspec.json.decode(value)))
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        RecursionError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise WrongShape(f"{name}: cannot be read as its next version: {error!r:.200}") from error
