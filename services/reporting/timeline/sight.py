"""Which facts a reader may be told: nothing that names or places `intel` but to full sight. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from pamwal.contracts.field import FieldFactBase
from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import officer_key
from pamwal.contracts.reporting import Sight
from pamwal.contracts.reporting_alerts import AlertFact
from pamwal.contracts.zones import DAY_MS, HOUR_MS, OFFSET_H
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.presences import EARLY_MS
from services.reporting.timeline.subjects import Subject
from services.reporting.views.unnamed import unnamed_to
from services.reporting.views.window import zone_of


class Seen(Struct, frozen=True, kw_only=True):
    """One fact as its reader may see it."""

    subject: Subject
    officers: tuple[str, ...]
    """Whom it names, without those who are hidden."""


class Reader:
    """Who looks: with how much sight, and for whom alone."""

    def __init__(
        self, pictures: Sequence[OperationPicture], sight: Sight, *, only: str | None = None
    ) -> None:
        """`pictures`: the one that is looked at, and the one of now, for what is `intel` in either.

        `only`: an officer who is told of himself and of nobody else.
        """
        self.sight, self._only = sight, only
        self.unnamed = unnamed_to(sight, *pictures, but=only)
        """Officers on `intel`, also where they are named as who spoke, or as whose phone it was."""
        self._offset_ms = OFFSET_H[zone_of(pictures[0])] * HOUR_MS
        hidden = [
            each
            for picture in pictures
            for each in picture.plan.deployments.values()
            if each.role == "intel" and sight != "full"
        ]
        self._days = _intel_days(hidden, self._offset_ms)
        self._intel = {each.deployment_id for each in hidden}

    def sees(self, subject: Subject, at_ms: int) -> Seen | None:
        """The fact as this reader is told it; None if he is not.

        Of an officer with an `intel` duty on a local day, nothing is told that the field, or an alert, says
        of that day: it could place him. What was planned of him otherwise is told as of everybody.
        """
        if self._only is not None:
            own = getattr(subject.fact, "officer_id", None) or (
                subject.deployment.officer_id if subject.deployment is not None else None
            )
            is_own = own is not None and officer_key(own) == officer_key(self._only)
            return Seen(subject=subject, officers=(self._only,)) if is_own else None
        if self.sight == "full":
            return Seen(subject=subject, officers=subject.officers)
        if self._is_intel(subject):
            return None
        if not isinstance(subject.fact, FieldFactBase | AlertFact):
            return Seen(subject=subject, officers=subject.officers)
        day = (at_ms + self._offset_ms) // DAY_MS
        shown = tuple(each for each in subject.officers if day not in self._days.get(officer_key(each), ()))
        if subject.officers and not shown:
            return None
        return Seen(subject=subject, officers=shown)

    def _is_intel(self, subject: Subject) -> bool:
        """An alert whose beginning is not known might be of anybody."""
        if isinstance(subject.fact, AlertFact):
            return subject.alert is None or subject.alert.intel
        if getattr(subject.fact, "role", None) == "intel":
            return True
        return getattr(subject.fact, "deployment_id", None) in self._intel


def _intel_days(hidden: Iterable[Deployment], offset_ms: int) -> dict[str, set[int]]:
    """By `officer_key` the local days, counted since 1970, of his hidden duties, also of one that fell."""
    found: dict[str, set[int]] = {}
    for each in hidden:
        first = (to_ms(each.starts_at) - EARLY_MS + offset_ms) // DAY_MS
        last = (to_ms(each.ends_at) + offset_ms) // DAY_MS
        found.setdefault(officer_key(each.officer_id), set()).update(range(first, last + 1))
    return found
