"""Planning, noticing, closing and reinstating rallies."""

from __future__ import annotations

from typing import Final, cast

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    CloseRally,
    DeploymentRole,
    NoticeRally,
    PlanRallies,
    PlanRally,
    RallyClosed,
    RallyNoticed,
    RallyPlanned,
    RallyReinstated,
    RallyStage,
    ReinstateRally,
    SchedulingFact,
)
from services.scheduler.deciding.campaign import hours_reason, pairs_reason
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import (
    illegal_transition,
    outside_region,
    rally_cancelled,
    stale,
    unknown,
)
from services.scheduler.deciding.rights import notice_reason
from services.scheduler.deciding.rows import each_once, judge_rows
from services.scheduler.deciding.state import RALLY, Operation, Rally

NOT_REINSTATED_MAX: Final = 50
"""The most deployments that a reinstated rally names one by one."""


def plan_rally(draft: Draft, data: PlanRally) -> Verdict[SchedulingFact]:
    """Plans a rally, or replaces its plan; hours and venue of one with live deployments are moved instead."""
    reason = plan(draft, data)
    return Verdict(reason=reason) if reason else draft.verdict()


def plan_rallies(draft: Draft, data: PlanRallies) -> Verdict[SchedulingFact]:
    """Plans many rallies, each by the rules of one; those that come again unchanged stay as they are."""

    def judge(draft: Draft, row: PlanRally) -> Reason | None:
        return plan(draft, row, data.import_id)

    once = each_once("rally", lambda row: row.rally_id, judge)
    return judge_rows(draft, data.rallies, data.mode, once)


def plan(draft: Draft, data: PlanRally, import_id: str | None = None) -> Reason | None:
    """Records a rally's plan, or says why not; then nothing is recorded."""
    known = draft.state.rallies.get(data.rally_id)
    required = _required(draft.operation, data)
    reason = _replace_reason(data, known) or (required if isinstance(required, Reason) else None)
    if reason is not None or isinstance(required, Reason):
        return reason
    fact = RallyPlanned(
        id=draft.fact_id(),
        version=known.version + 1 if known else 1,
        rally_id=data.rally_id,
        kind=data.kind,
        pairs=data.pairs,
        venue=data.venue,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        required=required,
        expected_attendance=data.expected_attendance,
        receipt=data.receipt or (known.receipt if known else None),
        stage=data.stage,
        series_id=data.series_id or (known.series_id if known else None),
        import_id=import_id,
    )
    if known is not None and planned_as(known, fact.id, fact.version, import_id) == fact:
        draft.warn("unchanged", f"rally {data.rally_id} is planned so already", data.rally_id)
        return None
    reason = _plan_reason(draft, data, known)
    if reason is not None:
        return reason
    draft.record(fact)
    warn_unnoticed(draft, data.rally_id)
    return None


def planned_as(rally: Rally, fact_id: str, version: int, import_id: str | None = None) -> RallyPlanned:
    """The fact that would plan a rally as it stands."""
    return RallyPlanned(
        id=fact_id,
        version=version,
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue=rally.venue,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=rally.required,
        expected_attendance=rally.expected_attendance,
        receipt=rally.receipt,
        stage=cast("RallyStage", rally.status),
        series_id=rally.series_id,
        import_id=import_id,
    )


def notice_rally(draft: Draft, data: NoticeRally) -> Verdict[SchedulingFact]:
    """Records the notice receipt, or corrects it; the same again changes nothing."""
    rally = draft.state.rallies.get(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = notice_reason(draft, rally) or standing_reason(rally, data.expected_version)
    if reason is not None:
        return Verdict(reason=reason)
    if rally.receipt == data.receipt:
        draft.warn("unchanged", f"{data.receipt.number} is recorded already", data.rally_id)
        return draft.verdict()
    draft.record(
        RallyNoticed(
            id=draft.fact_id(), version=rally.version + 1, rally_id=data.rally_id, receipt=data.receipt
        )
    )
    return draft.verdict()


def close_rally(draft: Draft, data: CloseRally) -> Verdict[SchedulingFact]:
    """Closes a planned rally. Live deployments there stay: whoever is still on duty is stood down by name."""
    rally = draft.state.rallies.get(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = notice_reason(draft, rally) or standing_reason(rally, data.expected_version)
    if reason is None and rally.status == "notified":
        reason = illegal_transition(
            rally.rally_id,
            f"rally {rally.rally_id} is notified and was never planned",
            "rallies:cancel if it is not held; else plan it first",
        )
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(RallyClosed(id=draft.fact_id(), version=rally.version + 1, rally_id=rally.rally_id))
    live = draft.state.at_place.count(RALLY + rally.rally_id)
    if live:
        draft.warn(
            "still_live",
            f"{live} deployments at rally {rally.rally_id} are live",
            rally.rally_id,
            "deployments:stand-down ends duty that was done, deployments:cancel what was not",
        )
    return draft.verdict()


def reinstate_rally(draft: Draft, data: ReinstateRally) -> Verdict[SchedulingFact]:
    """Plans a cancelled or closed rally as it was; period, closed days, region and pairs bind anew."""
    rally = draft.state.rallies.get(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = stale(rally.rally_id, data.expected_version, rally.version)
    if reason is None and rally.status in {"notified", "planned"}:
        reason = illegal_transition(
            rally.rally_id, f"rally {rally.rally_id} is {rally.status} and stands", "nothing: it stands"
        )
    reason = reason or rules_reason(draft, rally)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(
        RallyReinstated(
            id=draft.fact_id(),
            version=rally.version + 1,
            rally_id=rally.rally_id,
            cause=data.cause,
            stage=rally.stage,
        )
    )
    warn_unnoticed(draft, rally.rally_id)
    _warn_not_reinstated(draft, rally)
    return draft.verdict()


def rules_reason(draft: Draft, rally: Rally) -> Reason | None:
    """Why a rally could not be planned now as it once was."""
    return (
        hours_reason(draft.state, draft.operation, rally.starts_at, rally.ends_at, rally.rally_id)
        or outside_region(draft.operation, rally.venue.kelurahan)
        or pairs_reason(draft.operation, rally.pairs, rally.rally_id)
    )


def standing_reason(rally: Rally, expected_version: int | None) -> Reason | None:
    """`stale`, or a cancelled or closed rally, which takes no change but `rallies:reinstate`."""
    reason = stale(rally.rally_id, expected_version, rally.version)
    if reason is None and rally.status == "cancelled":
        reason = rally_cancelled(rally.rally_id)
    if reason is None and rally.status == "closed":
        reason = illegal_transition(
            rally.rally_id, f"rally {rally.rally_id} is closed", "rallies:reinstate opens it again"
        )
    return reason


def warn_unnoticed(draft: Draft, rally_id: str) -> None:
    """Flags a rally without a notice receipt; nothing is refused for it."""
    if draft.state.rallies[rally_id].unnoticed:
        draft.warn(
            "unnoticed",
            f"no notice receipt (STTP) is known for rally {rally_id}",
            rally_id,
            "rallies:notice records it when it comes",
        )


def _warn_not_reinstated(draft: Draft, rally: Rally) -> None:
    """Names what was cancelled with the rally and is cancelled still."""
    deployments = draft.state.deployments
    released = [each for each in rally.released if deployments[each].status == "cancelled"]
    for each in released[:NOT_REINSTATED_MAX]:
        found = deployments[each]
        draft.warn(
            "not_reinstated",
            f"deployment {each} of officer {found.officer_id} was cancelled with the rally, and stays so",
            each,
            "deployments:reinstate asks every rule again",
        )
    if len(released) > NOT_REINSTATED_MAX:
        draft.warn(
            "not_reinstated",
            f"{len(released)} deployments were cancelled with rally {rally.rally_id}; not all are named here",
            rally.rally_id,
            "deployments:reinstate asks every rule again",
        )


def _plan_reason(draft: Draft, data: PlanRally, known: Rally | None) -> Reason | None:
    return (
        hours_reason(draft.state, draft.operation, data.starts_at, data.ends_at, data.rally_id)
        or outside_region(draft.operation, data.venue.kelurahan)
        or pairs_reason(draft.operation, data.pairs, data.rally_id)
        or (_bound_reason(draft, data, known) if known else None)
    )


def _replace_reason(data: PlanRally, known: Rally | None) -> Reason | None:
    """Whether the plan of a rally that is known may be replaced by this one."""
    if known is None:
        if data.expected_version is None:
            return None
        return unknown("rally", data.rally_id, "leave expected_version out to plan a new rally")
    if known.undone:
        reason = stale(known.rally_id, data.expected_version, known.version)
    else:
        reason = standing_reason(known, data.expected_version)
    if reason is None and known.status == "planned" and data.stage == "notified":
        reason = illegal_transition(
            known.rally_id, f"rally {known.rally_id} is planned already", "plan it again with stage planned"
        )
    if reason is None and known.series_id and data.series_id and known.series_id != data.series_id:
        reason = illegal_transition(
            known.rally_id,
            f"rally {known.rally_id} is of series {known.series_id}",
            "leave series_id out, or plan another rally_id",
        )
    return reason


def _bound_reason(draft: Draft, data: PlanRally, known: Rally) -> Reason | None:
    bound = draft.state.at_place.count(RALLY + data.rally_id)
    as_known = (known.starts_at, known.ends_at, known.venue) == (data.starts_at, data.ends_at, data.venue)
    if not bound or as_known:
        return None
    return illegal_transition(
        data.rally_id,
        f"rally {data.rally_id} has {bound} live deployments that its hours and venue bind",
        "rallies:move changes hours and venue together with the deployments",
    )


def _required(operation: Operation, data: PlanRally) -> dict[DeploymentRole, int] | Reason:
    """The strength of the cited pattern, and over it what the plan says itself."""
    if data.pattern is None:
        return data.required
    pattern = operation.patterns.get(data.pattern)
    if pattern is None:
        known = ", ".join(sorted(operation.patterns)) or "none yet; amend the operation"
        return unknown("pattern", data.pattern, f"one of: {known}")
    return {**pattern, **data.required}
