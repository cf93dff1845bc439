"""Voids: taking one observation back. A tombstone wins whenever the observation arrives."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import NOT_YOURS, read_claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import Void, Voided
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.attendance import told_by
from services.checkin.deciding.state import CheckinState

WHO_MAY: Final = (
    "the post that said it takes it back, or the head of operations; an officer what is of himself"
)


def void(state: CheckinState, request: Request[Void], fact_id: str) -> Verdict[Any]:
    """A tombstone over one observation, also one that has not come yet."""
    named = request.data.observation
    if request.data.cause is None and request.data.cause_ref is None:
        return refuse("malformed", "a void says why", subject=named, possible="say why in cause")
    meant, foreign = _whose(state, request)
    if foreign is not None:
        return refuse(NOT_YOURS, foreign, subject=named, possible=WHO_MAY)
    fact = Voided(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        observation=named,
        cause=request.data.cause,
        cause_ref=request.data.cause_ref,
        author=request.actor,
        postid=meant,
        officer_id=_officer(request),
    )
    return Verdict(facts=[fact], warnings=_void_advice(state, named, meant, fact.officer_id or ""))


def voided(state: CheckinState, fact: Voided, post: str) -> None:  # noqa: ARG001
    """Keeps a tombstone."""
    state.voided.setdefault(fact.observation, set()).add(
        (fact.postid or "", officer_key(fact.officer_id or ""))
    )


def _whose(state: CheckinState, request: Request[Void]) -> tuple[str | None, str | None]:
    """The post whose observation is meant (None: any), and why it is not this caller's to take back, or None.

    What has not come yet is accepted too, for the caller's own post: the tombstone may arrive first. An
    officer's takes back what is of his own presence and nothing else, whatever then comes under that id.
    """
    named, post = request.data.observation, request.postid
    claims, said_of = read_claims(request.claims), request.data.post
    if claims is None or claims.role == "ops_head":
        return said_of, None
    if claims.role != "officer" and said_of not in {None, post}:
        return None, f"post {said_of} takes back what it said, or the head of operations does"
    if claims.role == "officer" and not claims.officer:
        return None, "this token names no officer whose reports could be taken back"
    said_by = state.posts_of(named)
    if claims.role == "officer":
        own = told_by(state.attendance, claims.officer or "", named) if said_by else {post}
        own = own if said_of is None else own & {said_of}
        if not own:
            return None, "an officer takes back reports of his own presence only"
        return (post if post in own else min(own)), None
    if said_by and post not in said_by:
        return None, f"post {min(said_by)} said this: it, or the head of operations, takes it back"
    return post, None


def _officer(request: Request[Void]) -> str | None:
    """Whose own presence is meant, where an officer speaks."""
    claims = read_claims(request.claims)
    return claims.officer if claims is not None and claims.role == "officer" else None


def _void_advice(state: CheckinState, named: str, meant: str | None, officer_id: str) -> list[Reason]:
    if state.is_void(named, meant or "", officer_id):
        return [Reason(code="witness", message="this was already taken back", subject=named)]
    if named in state.steps:
        sentence = "it is corrected by saying more, such as reopened or unmerge_incident, and not taken back"
        return [Reason(code="without_effect", message=sentence, subject=named)]
    if named not in state.said_by:
        sentence = "nothing is known under this id yet; if it comes, it will not count"
        return [Reason(code="early", message=sentence, subject=named)]
    if meant is None and len(used_by := state.posts_of(named)) > 1:
        sentence = f"{', '.join(sorted(used_by))} used this id: all of it is taken back; name `post` for one"
        return [Reason(code="ambiguous", message=sentence, subject=named)]
    return []
