"""Drafts that a person may order with one call."""

from __future__ import annotations

from pamwal.contracts.drafts import ProposalSummary, ProposalsView, ProposalView
from services.scheduler.deciding.state import Proposal, Schedule
from services.scheduler.views.sight import Sight


def may_see(proposal: Proposal, sight: Sight) -> bool:
    """Whether the caller is told that there is such a draft: not of one whose orders are all of `intel`."""
    return not proposal.open or bool(sight.orders(proposal.orders))


def proposals_view(schedule: Schedule, sight: Sight, *, every: bool) -> ProposalsView:
    """Open drafts, or every one that was ever kept."""
    found = (each for _, each in sorted(schedule.proposals.items()) if every or each.open)
    return ProposalsView([_summary(each, sight) for each in found if may_see(each, sight)])


def proposal_view(proposal: Proposal, sight: Sight) -> ProposalView:
    """One draft; orders of the role `intel` are for whoever may see such a deployment."""
    return ProposalView(
        proposal_id=proposal.proposal_id,
        open=proposal.open,
        version=proposal.version,
        complete=sight.whole,
        orders=sight.orders(proposal.orders),
    )


def _summary(proposal: Proposal, sight: Sight) -> ProposalSummary:
    orders = sight.orders(proposal.orders)
    return ProposalSummary(
        proposal_id=proposal.proposal_id,
        open=proposal.open,
        version=proposal.version,
        orders=len(orders),
        places=len({each.place for each in orders}),
        officers=len({each.officer_id for each in orders}),
    )
