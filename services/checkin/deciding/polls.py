"""Accountability polls (PAR). Whom a poll asks stands in the plan, which is not read here."""

from __future__ import annotations

from bisect import insort
from typing import Any

from pamwal.contracts.claims import read_claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import AckPoll, EndPoll, PollAcked, PollEnded, PollStarted, StartPoll
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.attendance import MINUTE_MS
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.early import not_known_yet
from services.checkin.deciding.own_affairs import Ended, Poll, Started
from services.checkin.deciding.state import CheckinState, taken_back


def start_poll(state: CheckinState, request: Request[StartPoll], fact_id: str) -> Verdict[Any]:
    """A poll begins; it names a place, a post or officers."""
    said = request.data
    if sum(each is not None for each in (said.place, said.post, said.officers)) != 1:
        told = "a poll is of a place, of a post or of officers"
        return refuse("malformed", f"{told}: name one of the three", possible="name one of the three")
    if said.officers is not None and len(set(map(officer_key, said.officers))) < len(said.officers):
        return refuse("malformed", "an officer stands in the list twice", possible="name each officer once")
    fact = PollStarted(
        id=fact_id,
        poll_id=said.poll_id,
        postid=request.postid,
        author=request.actor,
        window_min=said.window_min,
        place=said.place,
        post=said.post,
        officers=said.officers,
        **clocks_of(request),
    )
    known = state.polls.get(said.poll_id)
    if known is None or not known.started:
        return Verdict(facts=[fact])
    sentence = f"the poll {said.poll_id} was already begun; another one takes a new id"
    advice = Reason(code="witness", message=sentence, subject=known.started[0].fact_id)
    return Verdict(facts=[fact], warnings=[advice])


def ack_poll(state: CheckinState, request: Request[AckPoll], fact_id: str) -> Verdict[Any]:
    """An officer is accounted for, whoever says so and whenever."""
    said = request.data
    claims = read_claims(request.claims)
    fact = PollAcked(
        id=fact_id,
        poll_id=said.poll_id,
        officer_id=said.officer_id,
        author=request.actor,
        said_as=claims.role if claims is not None else "command_post",
        **clocks_of(request),
    )
    advice = taken_back(state, fact_id, request.postid)
    return Verdict(facts=[fact], warnings=advice or _ack_advice(state, said))


def end_poll(state: CheckinState, request: Request[EndPoll], fact_id: str) -> Verdict[Any]:
    """A poll is over."""
    poll_id = request.data.poll_id
    fact = PollEnded(
        id=fact_id, poll_id=poll_id, postid=request.postid, author=request.actor, **clocks_of(request)
    )
    known = state.polls.get(poll_id)
    if known is None or not known.started or known.started[0].post == request.postid:
        return Verdict(facts=[fact], warnings=_early(known, poll_id))
    first = known.started[0]
    sentence = f"{first.post} began this poll, and ends it"
    advice = Reason(code="without_effect", message=sentence, subject=first.fact_id)
    return Verdict(facts=[fact], warnings=[advice])


def started(state: CheckinState, fact: PollStarted, post: str) -> None:
    """Keeps the beginning in its place by time; the first under an id counts."""
    at_ms, _ = happened_ms(fact)
    insort(
        _poll(state, fact.poll_id).started, Started(at_ms, fact.id, post, at_ms + fact.window_min * MINUTE_MS)
    )
    state.steps.add(fact.id)


def acked(state: CheckinState, fact: PollAcked, post: str) -> None:
    """Keeps who was accounted for."""
    insort(_poll(state, fact.poll_id).acked.setdefault(officer_key(fact.officer_id), []), (fact.id, post))
    state.said(fact.id, post)


def ended(state: CheckinState, fact: PollEnded, post: str) -> None:
    """Keeps when it was ended."""
    insort(_poll(state, fact.poll_id).ended, Ended(happened_ms(fact)[0], fact.id, post))
    state.steps.add(fact.id)


def _ack_advice(state: CheckinState, said: AckPoll) -> list[Reason]:
    known = state.polls.get(said.poll_id)
    before = known.acked.get(officer_key(said.officer_id), ()) if known is not None else ()
    standing = next((each for each, post in before if not state.is_void(each, post)), None)
    if standing is not None:
        return [Reason(code="witness", message="he was already accounted for", subject=standing)]
    return _early(known, said.poll_id)


def _early(known: Poll | None, poll_id: str) -> list[Reason]:
    if known is not None and known.started:
        return []
    return [not_known_yet(f"the poll {poll_id} is not known yet", poll_id)]


def _poll(state: CheckinState, poll_id: str) -> Poll:
    found = state.polls.get(poll_id)
    if found is None:
        found = state.polls[poll_id] = Poll()
    return found
