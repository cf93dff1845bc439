"""What posts say of an incident beside its steps, and what readers make of all they said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pamwal.contracts.envelope import Request
from pamwal.contracts.field import (
    AmendIncident,
    AttachToIncident,
    EscalateIncident,
    MergeIncident,
    StoredFile,
    UnmergeIncident,
    Voided,
)
from pamwal.contracts.field.incident_account import IncidentAccount, Stand, duplicates
from tests.unit.checkin.said import Heard, request


def amend(identity: str, clock: str, incident_id: str = "i-1", **more: Any) -> Any:
    """An amendment; `more` is split between the data's fields and those of the request."""
    fields = {name: more.pop(name) for name in list(more) if name in AmendIncident.__struct_fields__}
    return request(identity, clock, AmendIncident(incident_id=incident_id, **fields), **more)


def escalate(
    identity: str,
    clock: str,
    to: str = "post/ops",
    incident_id: str = "i-1",
    *,
    expected: int | None = None,
    **more: Any,
) -> Any:
    """It is handed up."""
    data = EscalateIncident(incident_id=incident_id, to=to, expected_version=expected)
    return request(identity, clock, data, **more)


def merge(identity: str, clock: str, one: str, into: str, *, expected: int | None = None, **more: Any) -> Any:
    """Two incidents are the same."""
    data = MergeIncident(incident_id=one, duplicate_of=into, expected_version=expected)
    return request(identity, clock, data, **more)


def unmerge(identity: str, clock: str, one: str, *, expected: int | None = None, **more: Any) -> Any:
    """It is one of its own."""
    return request(identity, clock, UnmergeIncident(incident_id=one, expected_version=expected), **more)


def attach(identity: str, clock: str, digit: str = "a", incident_id: str = "i-1", **more: Any) -> Any:
    """A photo whose digest is that digit 64 times."""
    file = StoredFile(sha256=digit * 64, size=9, media_type="image/jpeg")
    return request(identity, clock, AttachToIncident(incident_id=incident_id, attachment=file), **more)


class Reader:
    """Folds what was decided, as every reader does."""

    def __init__(self, heard: Iterable[tuple[Request[Any], list[Any]]]) -> None:
        self.accounts: dict[str, IncidentAccount] = {}
        self._voids: set[tuple[str | None, str]] = set()
        for asked, facts in heard:
            for fact in facts:
                if isinstance(fact, Voided):
                    self._voids.add((fact.postid, fact.observation))
                else:
                    account = self.accounts.setdefault(fact.incident_id, IncidentAccount())
                    account.take(fact, asked.postid, asked.channel)

    def voided(self, post: str, fact_id: str) -> bool:
        """True if that was taken back."""
        return not self._voids.isdisjoint({(post, fact_id), (None, fact_id)})

    def stands(self) -> dict[str, Stand]:
        """Every incident that is reported."""
        found = {
            name: account.stand(self.voided, len(self._voids)) for name, account in self.accounts.items()
        }
        return {name: stand for name, stand in found.items() if stand is not None}

    def duplicates(self) -> dict[str, str]:
        """Duplicate → the one that counts."""
        edges = {name: account.edge() for name, account in self.accounts.items()}
        known = {name: edge for name, edge in edges.items() if edge is not None}
        return duplicates(known, self.stands().__contains__)


def read(*asked: Request[Any]) -> Reader:
    """What is read of requests that are all accepted, in that order."""
    heard = Heard()
    return Reader([(one, heard.hear_all(one)[0].facts) for one in asked])
