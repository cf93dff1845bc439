"""What readers ask for: incidents with all that was said, and where the log keeps an officer's reports.

A fold of the field's decisions, like everything else. Reports of presence are many and seldom asked for, so
only their time and offset are kept; the log has the rest.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Final, get_args

from msgspec import Struct

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import CheckedIn, CheckedOut, IncidentAttached, PollAcked, RollCalled, Voided
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field.incident_account import IncidentAccount, IncidentTold, Stand, duplicates
from pamwal.contracts.incident_reads import IncidentHistory, IncidentSummary, OwnHistory
from pamwal.contracts.persons import officer_key
from pamwal.contracts.zones import Zone
from services.checkin.views.incidents import is_theirs, own_history, summary_of

_INCIDENT: Final = get_args(IncidentTold)


class _Presence(Struct):
    """Times and offsets of an officer's reports, in order of arrival."""

    at_ms: array[int]
    offsets: array[int]


class _Operation(Struct):
    incidents: dict[str, IncidentAccount]
    presence: dict[str, _Presence]
    """By `officer_key`."""
    voids: dict[str, list[tuple[str, Voided]]]
    """Observation → each that takes it back, behind the Instant at which that was decided."""
    files: dict[str, set[str]]
    """SHA-256 → the incidents that name it, also those that do so no more."""
    voids_told: int = 0

    def voided(self, post: str, fact_id: str) -> bool:
        """True if somebody took that post's observation back."""
        return _void_of(self, post, fact_id) is not None

    def stand(self, incident_id: str) -> Stand | None:
        """What holds of an incident, None if it is not known, not reported yet or taken back.

        A witness of a report that is not folded yet is no incident.
        """
        account = self.incidents.get(incident_id)
        return (
            account.stand(self.voided, self.voids_told) if account is not None and account.version else None
        )

    def counts_as(self) -> dict[str, str]:
        """Duplicate → the incident that counts in its place."""
        edges = ((name, account.edge()) for name, account in self.incidents.items())
        known = {name: edge for name, edge in edges if edge is not None}
        return duplicates(known, lambda name: self.stand(name) is not None) if known else {}


class Whose(Struct, frozen=True):
    """For whom incidents are asked: those this author spoke of, or this officer was assigned to."""

    actor: str
    officer: str | None


class Journal:
    """What this service's readers may ask. Folding a decision of another context is harmless."""

    def __init__(self) -> None:
        self._operations: dict[str, _Operation] = {}

    def fold(self, decision: Decision[Fact], offset: int) -> None:
        """Takes an accepted decision in; `offset` is where the decisions topic keeps it."""
        if decision.data.outcome != "accepted" or not decision.data.facts:
            return
        known = self._operations.get(decision.operationid)
        if known is None:
            known = self._operations[decision.operationid] = _Operation({}, {}, {}, {})
        ref = decision.data.request
        post, channel = (ref.postid or "", ref.channel or "") if ref is not None else ("", "")
        for fact in decision.data.facts:
            match fact:
                case CheckedIn() | CheckedOut() | PollAcked():
                    _note(known.presence, fact.officer_id, happened_ms(fact)[0], offset)
                case RollCalled():
                    at_ms, _ = happened_ms(fact)
                    for officer_id in [*fact.present, *(each.officer_id for each in fact.not_present)]:
                        _note(known.presence, officer_id, at_ms, offset)
                case Voided():
                    known.voids.setdefault(fact.observation, []).append((decision.data.knownat, fact))
                    known.voids_told += 1
                case _ if isinstance(fact, _INCIDENT):
                    known.incidents.setdefault(fact.incident_id, IncidentAccount()).take(fact, post, channel)
                    if isinstance(fact, IncidentAttached):
                        known.files.setdefault(fact.attachment.sha256, set()).add(fact.incident_id)
                case _:
                    pass

    def incidents(self, operation_id: str, whose: Whose | None = None) -> list[IncidentSummary]:
        """The incidents of an operation that are reported, and not taken back, latest first."""
        known = self._operations.get(operation_id)
        if known is None:
            return []
        counts_as = known.counts_as()
        found = [
            summary_of(name, account, stand, counts_as.get(name))
            for name, account, stand in _standing(known, whose)
        ]
        return sorted(found, key=lambda one: (one.occurred_at, one.incident_id), reverse=True)

    def incident(
        self, operation_id: str, incident_id: str, zone: Zone, whose: Whose | None = None
    ) -> IncidentHistory | None:
        """One reported incident with its duplicates, as far as they are the caller's; or None.

        `zone` is the operation's.
        """
        known = self._operations.get(operation_id)
        stand = known.stand(incident_id) if known is not None else None
        if known is None or stand is None:
            return None
        if whose is not None and not _is_theirs(known, incident_id, stand, whose):
            return None
        counts_as = known.counts_as()
        same = sorted(name for name, root in counts_as.items() if root == incident_id)
        told = (_own(known, name, whose) for name in same)
        return IncidentHistory(
            **own_history(incident_id, known.incidents[incident_id], stand, known.voided),
            duplicate_of=counts_as.get(incident_id),
            duplicates=[each for each in told if each is not None],
            zone=zone,
        )

    def attachment(self, operation_id: str, sha256: str, whose: Whose | None = None) -> str | None:
        """The media type said of a file of any incident the caller may see; None if there is none."""
        known = self._operations.get(operation_id)
        if known is None:
            return None
        for name in sorted(known.files.get(sha256, ())):
            stand = known.stand(name)
            if stand is None or (whose is not None and not _is_theirs(known, name, stand, whose)):
                continue
            for told in stand.attached:
                if told.fact.attachment.sha256 == sha256:
                    return told.fact.attachment.media_type
        return None

    def knows(self, operation_id: str) -> bool:
        """Whether anything was decided of an operation."""
        return operation_id in self._operations

    def cites(self, operation_id: str, sha256: str) -> bool:
        """Whether a file belongs to any incident of the operation, taken back or not."""
        known = self._operations.get(operation_id)
        return known is not None and sha256 in known.files

    def reports_of(self, operation_id: str, officer_id: str, first_ms: int, end_ms: int) -> list[int]:
        """Offsets of the decisions on that officer's presence in the half-open interval, in order of time."""
        known = self._operations.get(operation_id)
        seen = known.presence.get(officer_key(officer_id)) if known is not None else None
        if seen is None:
            return []
        found = [
            (at_ms, offset)
            for at_ms, offset in zip(seen.at_ms, seen.offsets, strict=True)
            if first_ms <= at_ms < end_ms
        ]
        return [offset for _, offset in sorted(found)]

    def void_of(
        self,
        operation_id: str,
        post: str,
        fact_id: str,
        officer_id: str | None = None,
        knew: Callable[[str], bool] = lambda _: True,
    ) -> Voided | None:
        """The tombstone of a post's observation, or None if it stands; of whose presence, if of one's.

        `knew`: whether what was decided at an Instant counts.
        """
        known = self._operations.get(operation_id)
        return _void_of(known, post, fact_id, officer_id, knew) if known is not None else None


def _void_of(
    known: _Operation,
    post: str,
    fact_id: str,
    officer_id: str | None = None,
    knew: Callable[[str], bool] = lambda _: True,
) -> Voided | None:
    voids = known.voids.get(fact_id, [])
    return next((void for at, void in voids if knew(at) and void.takes_back(post, officer_id)), None)


def _standing(known: _Operation, whose: Whose | None) -> Iterator[tuple[str, IncidentAccount, Stand]]:
    """The incidents that are reported and that the caller may see."""
    for name, account in known.incidents.items():
        stand = known.stand(name)
        if stand is not None and (whose is None or _is_theirs(known, name, stand, whose)):
            yield name, account, stand


def _is_theirs(known: _Operation, incident_id: str, stand: Stand, whose: Whose) -> bool:
    return is_theirs(known.incidents[incident_id], stand, whose.actor, whose.officer)


def _own(known: _Operation, incident_id: str, whose: Whose | None) -> OwnHistory | None:
    stand = known.stand(incident_id)
    if stand is None or (whose is not None and not _is_theirs(known, incident_id, stand, whose)):
        return None
    return OwnHistory(**own_history(incident_id, known.incidents[incident_id], stand, known.voided))


def _note(presence: dict[str, _Presence], officer_id: str, at_ms: int, offset: int) -> None:
    key = officer_key(officer_id)
    seen = presence.get(key)
    if seen is None:
        seen = presence[key] = _Presence(array("q"), array("q"))
    if not seen.offsets or seen.offsets[-1] != offset:  # a squad's list names him twice in one decision
        seen.at_ms.append(at_ms)
        seen.offsets.append(offset)
