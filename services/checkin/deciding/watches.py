"""The watch of a post, handed over from one person to another: he asks, the other confirms or declines.

Who holds it is the picture's to say: the two halves may come in any order, and an answer of somebody else is
kept and counts for nothing.
"""

from __future__ import annotations

from bisect import insort
from typing import Any

from pamwal.contracts.claims import NOT_YOURS, read_claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import ConfirmWatch, HandOverWatch, WatchAnswered, WatchHandedOver
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.early import not_known_yet
from services.checkin.deciding.own_affairs import Answered, Handed, Watch
from services.checkin.deciding.state import CheckinState


def hand_over_watch(state: CheckinState, request: Request[HandOverWatch], fact_id: str) -> Verdict[Any]:
    """Who hands over asks himself, and names another."""
    said, myself = request.data, _persons(request)
    if officer_key(said.from_) not in myself:
        sentence = f"who hands over asks himself: this is the word of {request.actor}, not of {said.from_}"
        possible = f"{said.from_} signs on and asks himself"
        return refuse(NOT_YOURS, sentence, possible=possible)
    if officer_key(said.to) in {*myself, officer_key(said.from_)}:
        return refuse("malformed", "nobody hands over to himself", possible="name another person in `to`")
    fact = WatchHandedOver(
        id=fact_id,
        postid=request.postid,
        watch_id=said.watch_id,
        from_=said.from_,
        to=said.to,
        author=request.actor,
        open_items=said.open_items,
        text_ref=said.text_ref,
        **clocks_of(request),
    )
    known = _watch(state, request.postid, said.watch_id)
    if known is None or not known.handed:
        return Verdict(facts=[fact])
    sentence = f"the handover {said.watch_id} was already told; another one takes a new id"
    advice = Reason(code="witness", message=sentence, subject=known.handed[0].fact_id)
    return Verdict(facts=[fact], warnings=[advice])


def confirm_watch(state: CheckinState, request: Request[ConfirmWatch], fact_id: str) -> Verdict[Any]:
    """Who takes over says so himself, or declines."""
    said = request.data
    claims = read_claims(request.claims)
    fact = WatchAnswered(
        id=fact_id,
        postid=request.postid,
        watch_id=said.watch_id,
        answer=said.answer,
        author=request.actor,
        officer_id=claims.officer if claims is not None else None,
        **clocks_of(request),
    )
    return Verdict(facts=[fact], warnings=_answer_advice(state, request, said))


def handed_over(state: CheckinState, fact: WatchHandedOver, post: str) -> None:
    """Keeps a handover in its place by time; the first under an id counts."""
    insort(_watch_of(state, post, fact.watch_id).handed, Handed(happened_ms(fact)[0], fact.id, fact.to))
    state.steps.add(fact.id)


def answered(state: CheckinState, fact: WatchAnswered, post: str) -> None:
    """Keeps an answer in its place by time."""
    persons = (fact.author,) if fact.officer_id is None else (fact.author, fact.officer_id)
    keys = tuple(map(officer_key, persons))
    told = Answered(happened_ms(fact)[0], fact.id, fact.answer == "taken", keys)
    insort(_watch_of(state, post, fact.watch_id).answers, told)
    state.steps.add(fact.id)


def _answer_advice(state: CheckinState, request: Request[ConfirmWatch], said: ConfirmWatch) -> list[Reason]:
    known = _watch(state, request.postid, said.watch_id)
    if known is None or not known.handed:
        return [not_known_yet(f"the handover {said.watch_id} is not known yet", said.watch_id)]
    first = known.handed[0]
    if officer_key(first.to) not in _persons(request):
        sentence = f"{first.to} is to take the watch over and confirms it himself"
        return [Reason(code="without_effect", message=sentence, subject=first.fact_id)]
    before = next((each for each in reversed(known.answers) if officer_key(first.to) in each.persons), None)
    if before is None or before.taken != (said.answer == "taken"):
        return []  # of his answers the last counts
    return [Reason(code="witness", message="this was already answered", subject=before.fact_id)]


def _persons(request: Request[Any]) -> set[str]:
    """What who asks may be called, by `officer_key`: who his token was issued to, and its officer."""
    claims = read_claims(request.claims)
    officer = None if claims is None else claims.officer
    return {officer_key(each) for each in (request.actor, officer) if each}


def _watch(state: CheckinState, post: str, watch_id: str) -> Watch | None:
    own = state.own.get(post)
    return own.watches.get(watch_id) if own is not None else None


def _watch_of(state: CheckinState, post: str, watch_id: str) -> Watch:
    return state.own_of(post).watches.setdefault(watch_id, Watch())
