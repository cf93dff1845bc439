"""What became of one deployment, decision by decision: what, who, when and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, Reason, Request
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.load_reads import HistoryStep, WhyNot
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentStoodDown,
    DeploymentSwapped,
)

WordsOf = Callable[[PersonalRef], PersonalWords | None]
"""The words about a person behind a reference; None where they were erased, or may not be read."""
WHAT: Final[dict[type, str]] = {
    DeploymentReserved: "reserved",
    DeploymentOrdered: "ordered",
    DeploymentAcknowledged: "acknowledged",
    DeploymentMoved: "moved",
    DeploymentCancelled: "cancelled",
    DeploymentSwapped: "swapped",
    DeploymentRejected: "rejected",
    DeploymentReinstated: "reinstated",
    DeploymentStoodDown: "stood_down",
}
"""Fact about a deployment → what it is called in a history."""


def deployments_told(decision: Decision[Fact]) -> set[str]:
    """Ids of deployments that a decision's facts, reasons or warnings speak of."""
    found = {fact.deployment_id for fact in _facts(decision)}
    return found | {each.subject for each in _reasons(decision) if each.subject is not None}


def steps_of(
    decision: Decision[Fact],
    request: Request[Any] | None,
    deployment_id: str,
    *,
    whole: bool,
    words_of: WordsOf,
) -> list[HistoryStep]:
    """What a decision says of the deployment; nothing if it does not speak of it.

    What an ops_head was refused for may name deployments on intel: unless `whole`, only the code is told.
    `words_of` reads causes that are about a person.
    """
    asked = _asked(decision, request)
    steps = [
        HistoryStep(what=WHAT[type(fact)], version=fact.version, **_of_fact(fact, request, words_of), **asked)
        for fact in _facts(decision)
        if fact.deployment_id == deployment_id
    ]
    if steps:
        return steps
    left = "refused" if decision.data.outcome == "refused" else "left_out"
    reason = next((each for each in _reasons(decision) if each.subject == deployment_id), None)
    if reason is None:
        return []
    return [
        HistoryStep(
            what=left,
            why_not=_alone(reason, told=whole or asked.get("role") != "ops_head"),
            **_cause(None, request, words_of),
            **asked,
        )
    ]


def _facts(decision: Decision[Fact]) -> list[Any]:
    return [fact for fact in decision.data.facts if type(fact) in WHAT]


def _reasons(decision: Decision[Fact]) -> list[Reason]:
    reason = decision.data.reason
    rows = [] if reason is None else [*reason.rows, reason]
    return rows + decision.data.warnings


def _alone(reason: Reason, *, told: bool) -> WhyNot:
    if not told:
        return WhyNot(code=reason.code, message="told to the ops_head", row=reason.row)
    return WhyNot(
        code=reason.code,
        message=reason.message,
        row=reason.row,
        winner=reason.winner,
        possible=reason.possible,
    )


def _asked(decision: Decision[Fact], request: Request[Any] | None) -> dict[str, Any]:
    ref = decision.data.request
    found: dict[str, Any] = {"knownat": decision.data.knownat, "decision": decision.id}
    if request is not None:
        found |= {
            "actor": request.actor,
            "role": _role(request.claims),
            "postid": request.postid,
            "channel": request.channel,
            "occurred_at": request.time,
            "recordedat": request.recordedat,
            "request_id": request.id,
            "request_type": request.type,
        }
    elif ref is not None:
        found |= {
            "postid": ref.postid,
            "channel": ref.channel,
            "request_id": ref.id,
            "request_type": ref.type,
        }
    return found


def _role(claims: str) -> str | None:
    try:
        return Claims.from_text(claims).role
    except AccessDenied:
        return None


def _cause(fact: Any, request: Request[Any] | None, words_of: WordsOf) -> dict[str, Any]:
    """Why: in the fact's words, or in the request's where the fact needs none."""
    said_by = (fact, request.data if request else None)
    ref = next((ref for each in said_by if (ref := getattr(each, "cause_ref", None)) is not None), None)
    words = None if ref is None else words_of(ref)
    plain = next((cause for each in said_by if (cause := getattr(each, "cause", None)) is not None), None)
    return {"cause": plain if words is None else words.text, "cause_ref": ref}


def _of_fact(fact: Any, request: Request[Any] | None, words_of: WordsOf) -> dict[str, Any]:
    """The fact's own words."""
    return {
        **_cause(fact, request, words_of),
        "officer_id": getattr(fact, "officer_id", None),
        "place": getattr(fact, "place", None),
        "duty": getattr(fact, "role", None),
        "starts_at": getattr(fact, "starts_at", None),
        "ends_at": getattr(fact, "ends_at", None),
        "sprin": getattr(fact, "sprin", None),
        "overridden": list(getattr(fact, "overridden", ())),
        "override_cause": getattr(fact, "override_cause", None),
        "acknowledged_by": getattr(fact, "by", None),
        "successor": getattr(fact, "successor", None),
    }
