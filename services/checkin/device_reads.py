"""GET: the devices of an operation, for who keeps them.

A post is told of its own, the head of operations and an admin of all.
"""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from pamwal.contracts.device_reads import DeviceList, DeviceShown, DeviceState
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.routes import KEEPERS
from pamwal.contracts.zones import Zone
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.shapes import answers, json_of
from services.checkin.plans import Plans
from services.checkin.reads import ROOT, FieldReads

PAGE_MAX: Final = 500
Name = Annotated[str | None, Query(max_length=64)]
After = Annotated[str | None, Query(max_length=200, description="`next_after` of the page before")]


def device_list_router(reads: FieldReads, plans: Plans) -> APIRouter:
    """The list."""
    router = APIRouter(tags=["devices"])

    @router.get(
        f"{ROOT}/devices",
        summary="Devices by post: whose each is, how it stands, and since when it is lost",
        responses=answers(DeviceList),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def devices(
        operation_id: str,
        caller: Reader,
        post: Name = None,
        officer: Name = None,
        state: Annotated[DeviceState | None, Query()] = None,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> Response:
        asked = _post_asked(caller, post)
        found = (
            one
            for one in reads.by(caller).devices.of(operation_id)
            if asked in {None, one.post}
            and officer in {None, one.officer_id}
            and state in {None, one.state}
            and (after is None or one.source > after)
        )
        page = list(islice(found, limit + 1))
        return json_of(_page(page, limit, plans.zone_of(operation_id)))

    return router


def _page(found: list[DeviceShown], limit: int, zone: Zone) -> DeviceList:
    more = len(found) > limit
    return DeviceList(devices=found[:limit], next_after=found[limit - 1].source if more else None, zone=zone)


def _post_asked(caller: Caller, post: str | None) -> str | None:
    """The post whose devices are asked for; None: all. AccessDenied."""
    own = caller.claims.post if caller.claims.role == "command_post" else None
    if own is not None and post not in {None, own}:
        raise AccessDenied("a post keeps its own devices", code="not_yours")
    return own or post
