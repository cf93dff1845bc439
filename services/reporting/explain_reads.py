"""What stands behind a number of the situation, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.explained import Explained, Row
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, MomentAsked
from services.reporting.known_names import not_there
from services.reporting.picture.decided import AnyData
from services.reporting.reads import DayAsked, Reads
from services.reporting.views.explain import NUMBERS, OF_OFFICERS, ROWS, NoRow, explain
from services.reporting.views.named import Unknown
from services.reporting.views.situation import SIGHT_OF

_EXPLAIN: Final = "/reporting/v1/operations/{operation_id}/explain"
KEY_MAX: Final = 100
OfAsked = Annotated[
    str,
    Query(
        json_schema_extra={"enum": sorted(NUMBERS)},
        description="the number: of a strength as it names it, else `rallies_active`, `incidents_open`, "
        "`posts_heard`, `alerts_standing`, `required_total` …",
    ),
]
KeyAsked = Annotated[
    str | None, Query(max_length=KEY_MAX, description="that of one row; of them all at most one is asked for")
]
RoleAsked = Annotated[DeploymentRole | None, Query(description="the same of what officers are ordered to do")]


def explain_routes(reads: Reads) -> APIRouter:
    """The facts behind a number."""
    router = APIRouter(tags=["reads"])

    @router.get(
        _EXPLAIN,
        summary="Whom a number counts, and the facts behind it",
        responses=says(Explained),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def explained(  # noqa: PLR0917 - a query's parameters, each with a name
        operation_id: str,
        caller: Reader,
        of: OfAsked = "present",
        venue: KeyAsked = None,
        site: KeyAsked = None,
        kelurahan: KeyAsked = None,
        kecamatan: KeyAsked = None,
        satgas: KeyAsked = None,
        pair: KeyAsked = None,
        role: RoleAsked = None,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        sight = SIGHT_OF[caller.claims.role]
        if of not in NUMBERS:
            names = ", ".join(sorted(NUMBERS))
            raise HttpProblem(422, "malformed", f"of: {of!r} is no number of the situation; ask for {names}")
        keys = zip(ROWS[1:], (venue, site, kelurahan, kecamatan, satgas, pair, role), strict=True)
        row, key = _row([(name, given) for name, given in keys if given is not None])
        if row != "total" and of not in OF_OFFICERS:
            raise HttpProblem(422, "malformed", f"{row}: {of} stands in the total only; ask without {row}")
        look = reads.look(operation_id, caller, at, known)
        found = explain(
            look.picture, look.at, number=of, row=row, key=key, sight=sight, day=reads.day(day),
            vector=look.vector, kept=_kept(reads, operation_id, caller),
        )  # fmt: skip
        if isinstance(found, NoRow):
            raise not_there(
                Unknown(parameter=row, asked=key, there=dict.fromkeys(found.keys, "")),
                f"is no {row} of the situation at that moment",
            )
        return json_answer(replace(found, knowledge=look.knowledge()))

    return router


def _kept(reads: Reads, operation_id: str, caller: Caller) -> Iterator[AnyData]:
    """Decisions of an operation that are kept whole, with who asked for them."""
    arrivals = reads.live.history.arrivals(operation_id, caller.claims.mode)
    return iter(()) if arrivals is None else chain(arrivals.plan.kept, arrivals.field.kept)


def _row(asked: list[tuple[Row, str]]) -> tuple[Row, str]:
    """Which row is meant; the total if none was named. HttpProblem 422 if it was more than one."""
    if len(asked) > 1:
        names = " and ".join(name for name, _ in asked)
        raise HttpProblem(422, "malformed", f"{names}: ask for one row; a number stands in one only")
    return asked[0] if asked else ("total", "")
