"""Whom a reader is not told of, wherever somebody is named as who speaks and not as who is deployed. Pure."""

from __future__ import annotations

from pamwal.contracts.persons import officer_key
from pamwal.contracts.reporting import Sight
from pamwal.withheld import NOBODY, Withheld
from services.reporting.picture import OperationPicture
from services.reporting.picture.earlier import EarlierPicture


def on_intel_since(picture: OperationPicture) -> frozenset[str]:
    """Officers with a duty on `intel` that an earlier picture does not know of; none in the one of now."""
    return picture.on_intel_since if isinstance(picture, EarlierPicture) else frozenset()


def learn(then: OperationPicture, now: OperationPicture) -> None:
    """Tells an earlier picture whom nobody is told of since."""
    if isinstance(then, EarlierPicture) and then.plan is not now.plan and now.plan.on_intel:
        known = then.plan.deployments
        then.on_intel_since = frozenset(
            each.officer_id
            for each in now.plan.deployments.values()
            if each.role == "intel"
            and (each.deployment_id not in known or known[each.deployment_id].role != "intel")
        )


def unnamed_to(sight: Sight, *pictures: OperationPicture, but: str | None = None) -> Withheld:
    """Officers on `intel` in any of these pictures, on whatever day; `but` is the reader himself."""
    if sight == "full":
        return NOBODY
    reader = officer_key(but or "")
    officers = {
        each
        for picture in pictures
        for each in (*picture.plan.on_intel, *on_intel_since(picture))
        if officer_key(each) != reader
    }
    return Withheld(officers) if officers else NOBODY
