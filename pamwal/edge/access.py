"""Who may use a route, declared with the route as the OpenAPI field `security`, and read back from there.

A declaration goes into the `openapi_extra` of a FastAPI route: `FOR_ANY_TOKEN`, `PUBLIC` or `for_roles(…)`.
So what the description of the API says is what is enforced. No edge is built with a route that has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from pamwal.contracts.claims import ROLES, Role
from pamwal.contracts.errors import SettingsError

SCHEME: Final = "token"
"""The name of the bearer token among the security schemes of the API's description."""
PUBLIC: Final[dict[str, Any]] = {"security": []}
"""Nobody is asked for a token."""
FOR_ANY_TOKEN: Final[dict[str, Any]] = {"security": [{SCHEME: []}]}
"""A token of any role is let in."""


def for_roles(*roles: Role) -> dict[str, Any]:
    """A token of one of these roles is let in; OpenAPI 3.1 lists them as alternative requirements."""
    return {"security": [{SCHEME: [role]} for role in roles]}


def roles_of(route: APIRoute) -> tuple[Role, ...] | None:
    """The roles that a route's declaration lets in: none if it is public; None if there is no declaration."""
    security = (route.openapi_extra or {}).get("security")
    if security is None:
        return None
    if security == FOR_ANY_TOKEN["security"]:
        return ROLES
    return tuple(role for requirement in security for role in requirement[SCHEME])


def declared_routes(routers: Iterable[APIRouter]) -> list[APIRoute]:
    """All routes. SettingsError for one without a declaration: it would be open to every token."""
    found = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for route in found:
        if roles_of(route) is None:
            methods = " ".join(sorted(route.methods or ()))
            raise SettingsError(
                f"{methods} {route.path} does not say which roles may use it:"
                " give it `openapi_extra` from pamwal.edge.access"
            )
    return found
