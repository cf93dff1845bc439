"""Drafts of deployments: kept, ordered with one call, or thrown away. Nobody is bound by a draft."""

from __future__ import annotations

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    DeploymentsProposed,
    DiscardProposal,
    Order,
    OrderProposal,
    ProposalDiscarded,
    ProposeDeployments,
    SchedulingFact,
)
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.orders import place_order
from services.scheduler.deciding.refusals import illegal_transition, malformed, unknown
from services.scheduler.deciding.rights import proposal_reason
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.state import Proposal


def propose_deployments(draft: Draft, data: ProposeDeployments) -> Verdict[SchedulingFact]:
    """Keeps a draft as it is; it is judged when it is ordered. The same id again replaces an open draft."""
    known = draft.state.proposals.get(data.proposal_id)
    reason = None if known is None else proposal_reason(draft, known)
    if reason is not None:
        return Verdict(reason=reason)
    if known is not None and not known.open:
        return Verdict(reason=_over(known))
    twice = _twice(data.orders)
    if twice is not None:
        return Verdict(reason=malformed(f"deployment {twice} stands twice in the draft", twice))
    if known is not None and known.orders == data.orders:
        draft.warn("unchanged", f"proposal {data.proposal_id} is kept so already", data.proposal_id)
        return draft.verdict()
    draft.record(
        DeploymentsProposed(
            id=draft.fact_id(),
            version=known.version + 1 if known else 1,
            proposal_id=data.proposal_id,
            orders=data.orders,
            postid=draft.claims.post if draft.claims.role == "command_post" else None,
        )
    )
    return draft.verdict()


def order_proposal(draft: Draft, data: OrderProposal) -> Verdict[SchedulingFact]:
    """Orders every row of a draft by the rules of now; a draft of which anything was ordered is done."""
    known = _open(draft, data.proposal_id)
    if isinstance(known, Reason):
        return Verdict(reason=known)
    verdict = judge_rows(
        draft, known.orders, data.mode, lambda draft, order: place_order(draft, order, data.sprin or "")
    )
    if verdict.reason is not None:
        return verdict
    _close(draft, known, ordered=True)
    return Verdict(facts=draft.facts, warnings=verdict.warnings)


def discard_proposal(draft: Draft, data: DiscardProposal) -> Verdict[SchedulingFact]:
    """Throws a draft away."""
    known = _open(draft, data.proposal_id)
    reason = known if isinstance(known, Reason) else proposal_reason(draft, known)
    if isinstance(known, Reason) or reason is not None:
        return Verdict(reason=reason)
    _close(draft, known, ordered=False)
    return draft.verdict()


def _close(draft: Draft, known: Proposal, *, ordered: bool) -> None:
    draft.record(
        ProposalDiscarded(
            id=draft.fact_id(), version=known.version + 1, proposal_id=known.proposal_id, ordered=ordered
        )
    )


def _open(draft: Draft, proposal_id: str) -> Proposal | Reason:
    known = draft.state.proposals.get(proposal_id)
    if known is None:
        return unknown("proposal", proposal_id, "proposals keeps one")
    return known if known.open else _over(known)


def _over(known: Proposal) -> Reason:
    return illegal_transition(
        known.proposal_id,
        f"proposal {known.proposal_id} was ordered or discarded",
        "propose again under a new proposal_id",
    )


def _twice(orders: list[Order]) -> str | None:
    seen: set[str] = set()
    for order in orders:
        if order.deployment_id in seen:
            return order.deployment_id
        seen.add(order.deployment_id)
    return None
