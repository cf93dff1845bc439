"""Whether the claims of a request allow it: role, operation, post and device; the same for every service."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pamwal.contracts.claims import (
    BOUND_TO_OFFICER,
    BOUND_TO_POST,
    NOT_YOURS,
    READING_ROLES,
    Claims,
    read_claims,
)
from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.routes import ROUTES


def stranger_to(request: Request[Any]) -> Reason | None:
    """`not_yours` if its claims are of another operation, post, device or officer than it names; else None.

    A sender writes post and device into the source himself, and ids are a post's own: so this is asked before
    an id is looked up. Claims that cannot be read are left to the service.
    """
    return _stranger_to(request.claims, request.operationid, request.source, request.postid)


def not_allowed(request: Request[Any]) -> Reason | None:
    """`not_yours` if the role may not ask for this, or if its claims are a stranger's; else None.

    What a role may not do with some request of a type, such as an officer who reports another's presence, is
    left to the service.
    """
    return _not_this_role(request.claims, request.type) or stranger_to(request)


@lru_cache(maxsize=4_096)
def _not_this_role(text: str, type_: str) -> Reason | None:
    claims, route = read_claims(text), ROUTES.get(type_)
    if claims is None or route is None or claims.role in route.roles:
        return None  # what has no route is asked by a service itself
    return _refused(
        f"the role {claims.role} may not ask for {type_.split('.')[2]}",
        f"ask with a token of {' or '.join(route.roles)}",
    )


@lru_cache(maxsize=16_384)
def _stranger_to(text: str, operation_id: str, source: str, postid: str) -> Reason | None:
    claims = read_claims(text)
    if claims is None:
        return None
    own = f"/posts/{postid}"
    if claims.operation not in (operation_id, "*"):
        return _refused(
            f"this token is bound to operation {claims.operation}, not to {operation_id}",
            f"ask with a token of operation {operation_id}",
        )
    if claims.role in READING_ROLES:
        return _refused(f"the role {claims.role} only reads", f"ask with a token of post {postid}")
    if claims.role in BOUND_TO_POST and claims.post != postid:
        of = "no post" if claims.post is None else f"post {claims.post}"
        return _refused(f"this token is of {of}, not of {postid}", f"ask with a token of post {postid}")
    if not is_within(source, own):
        return _refused(f"the source {source} is not of post {postid}", f"name {own}/devices/… as the source")
    return foreign_source(claims, source)


def foreign_source(claims: Claims, source: str) -> Reason | None:
    """`not_yours` if a token that has a source of its own speaks as another one; else None."""
    own = own_source(claims)
    if own is None or is_within(source, own):
        return None
    of = f"officer {claims.officer}" if claims.device is None else f"device {claims.device}"
    return _refused(f"this token is of {of}; it does not speak as {source}", f"name {own} as the source")


def own_source(claims: Claims) -> str | None:
    """The source as which, or below which, a token speaks; None: any source of a post that it speaks for.

    A token of an enrolled device speaks as that device, one of an officer or a field commander without a
    device as the officer. No device can have the officer's source, whatever id it is invited under.
    """
    if claims.device is not None:
        return f"/posts/{claims.post}/devices/{claims.device}"
    if claims.role in BOUND_TO_OFFICER:
        return f"/posts/{claims.post}/officers/{claims.officer}"
    return None


def _refused(message: str, possible: str) -> Reason:
    return Reason(code=NOT_YOURS, message=message, possible=possible)


def is_within(source: str, owner: str) -> bool:
    """Whether a source is that post or device, or belongs to it."""
    return source == owner or source.startswith(f"{owner}/")
