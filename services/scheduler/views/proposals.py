"""Drafts that a person may order with one call."""

from __future__ import annotations

from pamwal.contracts.drafts import ProposalSummary, ProposalsView, ProposalView
from services.scheduler.deciding.state import Proposal, Schedule
from services.scheduler.views.sight import Sight


def proposals_view(schedule: Schedule, *, every: bool) -> ProposalsView:
    """Open drafts, or every one that was ever kept."""
    found = (each for _, each in sorted(schedule.proposals.items()) if every or each.open)
    return ProposalsView([_summary(each) for each in found])


def proposal_view(proposal: Proposal, sight: Sight) -> ProposalView:
    """One draft; orders of the role `intel` are for whoever may see such a deployment."""
    seen = [each for each in proposal.orders if sight.whole or each.role != "intel"]
    return ProposalView(
        proposal_id=proposal.proposal_id,
        open=proposal.open,
        version=proposal.version,
        complete=len(seen) == len(proposal.orders),
        orders=seen,
    )


def _summary(proposal: Proposal) -> ProposalSummary:
    return ProposalSummary(
        proposal_id=proposal.proposal_id,
        open=proposal.open,
        version=proposal.version,
        orders=len(proposal.orders),
        places=len({each.place for each in proposal.orders}),
        officers=len({each.officer_id for each in proposal.orders}),
    )
