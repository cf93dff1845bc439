"""Whom a reader is not told of, wherever somebody is named as who speaks and not as who is deployed. Pure."""

from __future__ import annotations

from pamwal.contracts.reporting import Sight
from pamwal.withheld import NOBODY, Withheld
from services.reporting.picture import OperationPicture


def unnamed_to(sight: Sight, *pictures: OperationPicture, but: str | None = None) -> Withheld:
    """Officers on `intel` in any of these pictures, on whatever day; `but` is the reader himself."""
    if sight == "full":
        return NOBODY
    officers = {each for picture in pictures for each in picture.plan.on_intel} - {but}
    return Withheld(officers) if officers else NOBODY
