"""GET: the code of a place as JSON, as SVG and as sheets to hang up; and the page that its address opens."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.routes import KEEPERS
from pamwal.contracts.zones import DAY_MS, HOUR_MS, Zone, midnight
from pamwal.edge.access import PUBLIC, for_roles
from pamwal.edge.app import Edge, Reader
from pamwal.edge.attached import attached
from pamwal.edge.moments import OptionalDay, instant
from pamwal.edge.shapes import answers, json_of, turned_away
from pamwal.printing import words
from pamwal.printing.paper import paper_of
from services.checkin.codes import HERE, MINUTE_MS, PlaceCode, PlaceCodes
from services.checkin.planned.book import OperationPlan, Spot
from services.checkin.plans import Plans
from services.checkin.sheets.place_codes import KINDS, place_code_press, place_code_sheets, svg_of, where_of

ROOT: Final = "/checkin/v1/operations/{operation_id}"
AROUND_MS: Final = 12 * HOUR_MS
"""How long before and after its hours the code of a rally or site holds, unless it is asked otherwise."""
LASTS_MAX_MS: Final = 400 * DAY_MS
SHEETS_MAX: Final = 200
HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
PAGE_HEADERS: Final = {
    **HEADERS,
    "content-security-policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}
PlaceAsked = Annotated[
    str, Query(max_length=80, description="rally/{rally_id}, site/{site_id} or post/{post_id}")
]
HoldsFrom = Annotated[
    str | None, Query(max_length=40, description="RFC 3339 with an offset; else 12 hours before the place's")
]
HoldsUntil = Annotated[
    str | None, Query(max_length=40, description="RFC 3339 with an offset; else 12 hours after the place's")
]


class CodeOfPlace(Struct, frozen=True, kw_only=True):
    """A place's code: the address its QR holds, the letters below it, and from when to when it holds."""

    place: str
    name: str
    address: str
    letters: str
    zone: Zone
    """The operation's own, to show the two below in."""
    holds_from: str
    holds_until: str


def _binary(media: str) -> dict[int | str, dict[str, Any]]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "To be hung up at the place", "content": {media: schema}}}


PDF: Final = _binary("application/pdf")


_PAGE: Final = {"text/html": {"schema": {"type": "string"}}}


class PdfResponse(Response):
    """Says its media type to the description of the API as well."""

    media_type = "application/pdf"


class SvgResponse(Response):
    """The same for an SVG."""

    media_type = "image/svg+xml"


class HtmlResponse(Response):
    """The same for a page."""

    media_type = "text/html"


def pdf_answer(pdf: bytes, name: str, *, exercise: bool) -> Response:
    """200 with the PDF, to be opened in the browser and printed from there."""
    named = attached(f"{name}.pdf", exercise=exercise, shown=True)
    return PdfResponse(pdf, headers={**HEADERS, "content-disposition": named})


def page_of(template: str, status: int = 200, **values: Any) -> Response:
    """A page of the service."""
    page = _environment().get_template(template).render(**values)
    return HtmlResponse(page, status, headers=PAGE_HEADERS)


def code_router(plans: Plans, codes: PlaceCodes) -> APIRouter:
    """Routes of posts and the head of operations; the page is for anybody who scans."""
    router = APIRouter(tags=["codes of places"])
    _add_one(router, plans, codes)
    _add_sheets(router, plans, codes)
    _add_page(router, plans, codes)
    return router


def _add_one(router: APIRouter, plans: Plans, codes: PlaceCodes) -> None:
    @router.get(
        f"{ROOT}/codes",
        summary="The code of a rally, site or post",
        responses=answers(CodeOfPlace),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def code(
        operation_id: str,
        _caller: Reader,
        place: PlaceAsked,
        holds_from: HoldsFrom = None,
        holds_until: HoldsUntil = None,
    ) -> Response:
        found, spot = _code(plans.opened(operation_id), operation_id, place, holds_from, holds_until)
        return json_of(
            CodeOfPlace(
                place=found.place,
                name=spot.name,
                address=codes.address_of(found),
                letters=codes.letters_of(found),
                holds_from=from_ms(found.from_ms),
                holds_until=from_ms(found.until_ms),
                zone=plans.zone_of(operation_id),
            )
        )

    @router.get(
        f"{ROOT}/codes.svg",
        summary="The QR code of a rally, site or post",
        responses=_binary("image/svg+xml"),
        response_class=SvgResponse,
        openapi_extra=for_roles(*KEEPERS),
    )
    async def svg(
        operation_id: str,
        _caller: Reader,
        place: PlaceAsked,
        holds_from: HoldsFrom = None,
        holds_until: HoldsUntil = None,
    ) -> Response:
        found, _ = _code(plans.opened(operation_id), operation_id, place, holds_from, holds_until)
        return SvgResponse(svg_of(codes.address_of(found)), headers=HEADERS)


def _add_sheets(router: APIRouter, plans: Plans, codes: PlaceCodes) -> None:
    press = place_code_press()

    @router.get(
        f"{ROOT}/sheets/place-codes.pdf",
        summary="A sheet to hang up, of one place or of each of a day",
        responses=PDF,
        response_class=PdfResponse,
        openapi_extra=for_roles(*KEEPERS),
    )
    async def sheets(
        operation_id: str,
        _caller: Reader,
        request: Request,
        place: PlaceAsked | None = None,
        day: OptionalDay = None,
        holds_from: HoldsFrom = None,
        holds_until: HoldsUntil = None,
    ) -> Response:
        plan = plans.opened(operation_id)
        if (place is None) == (day is None):
            raise HttpProblem(422, "malformed", "sheets are of one place or of one day; say place= or day=")
        asked = [place] if place is not None else _places_of(plan, day or date.min)
        edge: Edge = request.app.state.edge
        vector = ",".join(f"{at.topic}-{at.partition}-{n}" for at, n in plans.vector_of(operation_id))
        paper = paper_of(plan.name, plan.zone, vector, edge.clock.now(), exercise=plan.mode == "exercise")
        found = [_code(plan, operation_id, each, holds_from, holds_until) for each in asked]
        pdf = await press.pdf_of(place_code_sheets(paper, found, codes), request.receive)
        return pdf_answer(pdf, "kode-lokasi", exercise=plan.mode == "exercise")


def _add_page(router: APIRouter, plans: Plans, codes: PlaceCodes) -> None:
    @router.get(
        f"{HERE}/{{operation_id}}/{{kind}}/{{place_id}}/{{code}}",
        summary="What whoever scans a place's code with a camera is shown; needs no token",
        response_class=HtmlResponse,
        responses={
            404: {"description": "No code of this operation's", "content": _PAGE},
            410: {"description": "A code that does not hold now", "content": _PAGE},
            **turned_away({422: "A code of nothing that has one"}),
        },
        openapi_extra=PUBLIC,
    )
    async def here(
        operation_id: str,
        kind: Annotated[Literal["rally", "site", "post"], Path(description="of what it is the code")],
        place_id: str,
        code: str,
        request: Request,
    ) -> Response:
        edge: Edge = request.app.state.edge
        found = codes.read(f"{operation_id}/{kind}/{place_id}/{code}")
        status, page = _page(plans, found, to_ms(edge.clock.now()))
        return HtmlResponse(page, status, headers=PAGE_HEADERS)


def _code(
    plan: OperationPlan, operation_id: str, place: str, holds_from: str | None, holds_until: str | None
) -> tuple[PlaceCode, Spot]:
    spot = plan.spot(place)
    if spot is None:
        raise HttpProblem(404, "unknown_place", f"no {place[:80]!r}; say rally/ID, site/ID or post/ID")
    around_ms = 0 if place.startswith("post/") else AROUND_MS
    from_at = spot.starts_ms - around_ms if holds_from is None else to_ms(instant("holds_from", holds_from))
    until_at = spot.ends_ms + around_ms if holds_until is None else to_ms(instant("holds_until", holds_until))
    code = PlaceCode(
        operation_id=operation_id,
        place=place,
        from_ms=from_at // MINUTE_MS * MINUTE_MS,
        until_ms=until_at // MINUTE_MS * MINUTE_MS,
    )
    if not 0 <= code.until_ms - code.from_ms <= LASTS_MAX_MS:
        told = f"{place} is held from {from_ms(spot.starts_ms)} to {from_ms(spot.ends_ms)}"
        raise HttpProblem(
            422, "malformed", f"{told}; say holds_from and a holds_until behind it, 400 days at the most"
        )
    return code, spot


def _places_of(plan: OperationPlan, day: date) -> list[str]:
    first_ms, before_ms = (to_ms(midnight(day.isoformat(), plan.zone, days_later=n)) for n in (0, 1))
    found = [
        place
        for place, spot in plan.spots.items()
        if spot.told and spot.standing and spot.starts_ms < before_ms and spot.ends_ms > first_ms
    ]
    if len(found) > SHEETS_MAX:
        raise HttpProblem(
            422, "too_large", f"{len(found)} places that day; print them one by one, with place="
        )
    return sorted(found)


def _page(plans: Plans, code: PlaceCode | None, now_ms: int) -> tuple[int, str]:
    template = _environment().get_template("here.html")
    if code is None:
        return 404, template.render(name="Kode", exercise=False, trouble="Kode ini bukan buatan operasi ini.")
    plan = plans.opened(code.operation_id)
    spot = plan.spot(code.place) or Spot(name=code.place)
    expired = not code.from_ms <= now_ms < code.until_ms + MINUTE_MS
    page = template.render(
        name=spot.name,
        exercise=plan.mode == "exercise",
        trouble="Kode ini tidak berlaku sekarang." if expired else "",
        kind=KINDS[code.place.partition("/")[0]],
        where=where_of(spot),
        operation=plan.name,
        post=code.place.startswith("post/"),
        until=words.moment(from_ms(code.until_ms), plan.zone),
    )
    return 410 if expired else 200, page


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.checkin"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
