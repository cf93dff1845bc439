"""Erasures: the record that a person's words were erased. Nothing that is decided depends on one."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import Request, Verdict, refuse
from pamwal.contracts.field import ErasePerson, PersonErased
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.state import CheckinState


def erase_person(state: CheckinState, request: Request[ErasePerson], fact_id: str) -> Verdict[Any]:  # noqa: ARG001
    """Records who had whose words erased, and how many."""
    said = request.data
    if said.cause is None and said.cause_ref is None:
        return refuse("malformed", "an erasure says why", subject=said.officer_id, possible="say it in cause")
    fact = PersonErased(
        id=fact_id,
        officer_id=said.officer_id,
        words=said.words,
        files=said.files,
        author=request.actor,
        cause_ref=said.cause_ref,
        **clocks_of(request),
    )
    return Verdict(facts=[fact])


def erasure_kept(state: CheckinState, fact: PersonErased, post: str) -> None:  # noqa: ARG001
    """An erasure is not taken back: a void of it is answered so."""
    state.steps.add(fact.id)
