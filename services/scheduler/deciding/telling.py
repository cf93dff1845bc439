"""What a decision names: each thing while it fits a record, and of `intel` only what one may know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import WITHHELD
from services.scheduler.deciding.state import Deployment

WARNINGS_MAX: Final = 5000
"""The most warnings that are named one by one; at about 300 bytes each they take 1.5 MB of a record's 8."""


def tell(draft: Draft, reasons: Sequence[Reason]) -> None:
    """Adds warnings, each by name while there is room; then one `and_more` says how many are not named."""
    room = max(0, WARNINGS_MAX - len(draft.warnings))
    draft.warnings += reasons[:room]
    left = reasons[room:]
    if left:
        said = f"{len(left)} more are not named, the first: {left[0].code}: {left[0].message}"
        draft.warnings.append(replace(left[0], code="and_more", message=said))


def as_seen(draft: Draft, deployment: Deployment) -> Deployment:
    """A deployment as whoever asks may see it: of `intel`, only an ops_head sees which and where it is.

    Source: domain section 5, the filter for every route; what a decision says is a route as well.
    """
    if deployment.role != "intel" or draft.claims.role == "ops_head":
        return deployment
    return replace(deployment, deployment_id=WITHHELD, place=WITHHELD)
