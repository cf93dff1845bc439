"""Who may ask for what, by role and binding. The operation a token is bound to is the edge's to check."""

from __future__ import annotations

from functools import lru_cache

from pamwal.contracts.claims import BOUND_TO_OFFICER, Claims, Mode
from pamwal.contracts.envelope import Reason, RequestData
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.places import kecamatan_of
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import not_yours, unknown
from services.scheduler.deciding.state import RALLY, Deployment, Operation, Proposal, Rally, Schedule


@lru_cache(maxsize=4096)
def read_claims(text: str) -> Claims | Reason:
    """The claims of a request, or `not_yours` if they say nothing that can be read."""
    try:
        return Claims.from_text(text)
    except AccessDenied as error:
        return not_yours(str(error), "send it through an edge, with a valid token")


def about_one(data: RequestData) -> str | None:
    """The deployment that a request is about, if it is about one alone."""
    rows: list[object] = getattr(data, "rows", None) or getattr(data, "orders", None) or []
    if len(rows) != 1:
        return None
    named: str | None = getattr(getattr(rows[0], "release", rows[0]), "deployment_id", None)
    return named


def mode_reason(claims: Claims, mode: Mode) -> Reason | None:
    """`not_yours` if a token or clock of exercises meets a real operation, or the other way round."""
    if claims.mode != mode:
        return not_yours(
            f"the operation is {mode}, the token is for {claims.mode}", f"ask with a token of mode {mode}"
        )
    if claims.clock == "simulated" and mode != "exercise":
        return not_yours(
            "the edge runs on a simulated clock, the operation is real",
            "send it to an edge on the system clock",
        )
    return None


def post_reason(claims: Claims, operation: Operation, postid: str) -> Reason | None:
    """The operation must know the post in whose name a command post asks."""
    if claims.role != "command_post" or postid in operation.posts:
        return None
    return unknown("post", postid)


def officer_reason(claims: Claims, state: Schedule) -> Reason | None:
    """An officer's token is of the post that the roster names as his."""
    officer = state.officers.get(claims.officer or "") if claims.role in BOUND_TO_OFFICER else None
    if officer is None or officer.home_post == claims.post:
        return None
    return not_yours(
        f"officer {officer.officer_id} is of post {officer.home_post}, this token names post {claims.post}",
        f"ask post {officer.home_post} for a code for a new device",
        officer.officer_id,
    )


def home_reason(claims: Claims, home_post: str, officer_id: str) -> Reason | None:
    """A command post keeps the roster of its own officers."""
    if claims.role != "command_post" or claims.post == home_post:
        return None
    return not_yours(
        f"officer {officer_id} is, or would be, of post {home_post}, not of {claims.post}",
        f"let post {home_post} or the ops_head ask for it",
        officer_id,
    )


def notice_reason(draft: Draft, rally: Rally) -> Reason | None:
    """A command post notes and closes rallies in the kecamatan it answers for; naming none means all."""
    if draft.claims.role != "command_post":
        return None
    answers_for = draft.operation.posts[draft.postid].kecamatan
    if not answers_for or kecamatan_of(rally.venue.kelurahan) in answers_for:
        return None
    return not_yours(
        f"rally {rally.rally_id} is not in a kecamatan of post {draft.postid}",
        "let the post of that kecamatan or the ops_head say it",
        rally.rally_id,
    )


def release_reason(draft: Draft, deployment: Deployment) -> Reason | None:
    """A command post takes back its own orders only."""
    if draft.claims.role != "command_post" or draft.claims.post == deployment.postid:
        return None
    return not_yours(
        f"deployment {deployment.deployment_id} was ordered by post {deployment.postid}",
        f"ask post {deployment.postid} or the ops_head",
        deployment.deployment_id,
    )


def proposal_reason(draft: Draft, proposal: Proposal) -> Reason | None:
    """A command post replaces and throws away its own drafts only: another's may be about to be ordered."""
    if draft.claims.role != "command_post" or draft.claims.post == proposal.postid:
        return None
    keeper = "the head of operations" if proposal.postid is None else f"post {proposal.postid}"
    return not_yours(
        f"proposal {proposal.proposal_id} is kept by {keeper}",
        f"keep another under an id of its own, or ask {keeper}",
        proposal.proposal_id,
    )


def stand_down_reason(draft: Draft, deployment: Deployment) -> Reason | None:
    """A padal ends duty at a place he leads, a post that of its own orders and officers."""
    claims = draft.claims
    may = {"field_commander": _leads, "command_post": _is_theirs}.get(claims.role)
    if claims.role == "ops_head" or (may is not None and may(draft, deployment)):
        return None
    return not_yours(
        f"{_named(deployment)} is from post {deployment.postid}",
        "the padal there, the post or the ops_head ends it",
        deployment.deployment_id,
    )


def _named(deployment: Deployment) -> str:
    return f"deployment {deployment.deployment_id} of officer {deployment.officer_id} at {deployment.place}"


def _is_theirs(draft: Draft, deployment: Deployment) -> bool:
    """A post ordered it, or it is its own officer's."""
    officer = draft.state.officers.get(deployment.officer_id)
    home = officer.home_post if officer else None
    return draft.claims.post is not None and draft.claims.post in {deployment.postid, home}


def _leads(draft: Draft, deployment: Deployment) -> bool:
    """A padal leads who is at his rally, and at his site who is there in his hours: others on other days."""
    held = draft.held_at(draft.claims.officer or "", deployment.place)
    leading = [each for each in held if each.role == "field_commander"]
    if deployment.place.startswith(RALLY):
        return bool(leading)
    return any(
        each.starts_at < deployment.ends_at and deployment.starts_at < each.ends_at for each in leading
    )


def acknowledge_reason(draft: Draft, deployment: Deployment) -> Reason | None:
    """An officer alone, a padal for a place they lead unless each must, a post for its own people."""
    claims = draft.claims
    if claims.role == "ops_head" or claims.officer == deployment.officer_id:
        return None
    if claims.role == "field_commander" and draft.operation.policy.acknowledgement != "each":
        if _leads(draft, deployment):
            return None
    elif claims.role == "command_post" and _is_theirs(draft, deployment):
        return None
    return not_yours(
        f"{_named(deployment)} is not yours to answer for",
        "the officer, the padal there if the policy allows it, the post or the ops_head does",
        deployment.deployment_id,
    )
