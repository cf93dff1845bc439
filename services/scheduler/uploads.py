"""Files in and out over HTTP: templates, imports with a preview, exports."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from pamwal.bounded_queue import BoundedQueue
from pamwal.client.identifiers import new_id
from pamwal.contracts.envelope import OFFICE, RequestData
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.import_answers import ImportAnswer
from pamwal.contracts.routes import KEEPERS
from pamwal.contracts.scheduling import OfficerEntry, Order, PlanRally
from pamwal.contracts.zones import Zone
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.asking import Asking
from pamwal.edge.attached import attached
from pamwal.edge.http import Receive, read_body
from pamwal.edge.shapes import answers, json_of
from pamwal.places import Gazetteer, Place
from services.scheduler.deciding.state import Deployment, Officer, Operation, Rally, Schedule
from services.scheduler.file_reader import FileReader
from services.scheduler.files import (
    CalendarEntry,
    CalendarHead,
    OrderLine,
    Parsed,
    export_orders,
    export_plan,
    export_roster,
    orders_calendar,
    plan_calendar,
    template,
)
from services.scheduler.files.columns import folded
from services.scheduler.files.process import FileToRead
from services.scheduler.importing import (
    Chunk,
    Said,
    carry_out,
    nobody_removed,
    order_chunks,
    plan_chunks,
    roster_chunks,
)
from services.scheduler.plans import Plans
from services.scheduler.query import ROOT
from services.scheduler.views.places import place_of
from services.scheduler.views.sight import Sight, sight_of

FILE_BYTES_MAX: Final = 20 * 1024 * 1024
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ics": "text/calendar; charset=utf-8",
}
Kind = Literal["roster", "plan", "orders"]
Filename = Annotated[str, Query(max_length=200, description="its ending says the form: .csv, .xlsx, .ics")]
DryRun = Annotated[bool, Query(description="only say what would happen")]
EveryLine = Annotated[bool, Query(description="answer lines that change nothing as well")]
Remove = Annotated[bool, Query(description="withdraw who is on the roster and not in the file")]
ImportId = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$",
        description="to send the same import again after a cut; made up if left out",
    ),
]
PostAsked = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", description="who speaks; the token's post"),
]


def _files(*forms: str) -> dict[str, Any]:
    """What the description of a route that answers with a file says of it."""
    content = {MEDIA[form]: {"schema": {"type": "string", "format": "binary"}} for form in forms}
    return {"response_class": Response, "responses": {200: {"description": "The file", "content": content}}}


def upload_router(plans: Plans, places: Gazetteer, reader: FileReader, exports: BoundedQueue) -> APIRouter:
    """Templates, imports, exports; a plan's kelurahan may be named where `places` is sure.

    `exports` holds the places for files that are being written.
    """
    router = APIRouter(tags=["files"])
    _add_templates(router)
    _add_imports(router, plans, places, reader)
    _add_exports(router, plans, exports)
    return router


def _add_templates(router: APIRouter) -> None:
    @router.get(
        "/scheduler/v1/templates/{kind}.{form}",
        summary="An empty file with its columns explained",
        **_files("csv", "xlsx"),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def empty(kind: Kind, form: Literal["csv", "xlsx"], _caller: Reader) -> Response:
        return _file(template(kind, form), f"{kind}.{form}")


class Upload(NamedTuple):
    """A file somebody sent, and what is to become of it."""

    operation_id: str
    content: bytes
    filename: str
    name: str
    """The import's id."""
    dry_run: bool
    every_line: bool
    caller: Caller
    asking: Asking
    receive: Receive

    def to_read(self, kind: Kind, zone: Zone, places: tuple[Place, ...] = ()) -> FileToRead:
        """The file, for its reader."""
        return FileToRead(kind=kind, content=self.content, filename=self.filename, zone=zone, places=places)


async def _uploaded(
    operation_id: str,
    caller: Reader,
    request: Request,
    *,
    filename: Filename,
    dry_run: DryRun = True,
    import_id: ImportId = None,
    post: PostAsked = None,
    every_line: EveryLine = False,
) -> Upload:
    body = await read_body(dict(request.scope["headers"]), request.receive, FILE_BYTES_MAX)
    if not body:
        raise HttpProblem(400, "malformed", "the body is empty: send the file itself as the body")
    asking = Asking(
        request.app.state.edge,
        caller,
        operation_id,
        post=post or caller.claims.post or OFFICE,
        device="import",
        channel="import",
    )
    name = import_id or f"import-{new_id()[-12:]}"
    return Upload(operation_id, body, filename, name, dry_run, every_line, caller, asking, request.receive)


Uploaded = Annotated[Upload, Depends(_uploaded)]


def _add_imports(router: APIRouter, plans: Plans, places: Gazetteer, reader: FileReader) -> None:
    said = answers(ImportAnswer)
    binary = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
    body = {"required": True, "content": dict.fromkeys(("application/octet-stream", *MEDIA.values()), binary)}

    @router.post(
        f"{ROOT}/imports/roster",
        summary="Officers from a file (CSV, XLSX)",
        responses=said,
        openapi_extra={**for_roles(*KEEPERS), "requestBody": body},
    )
    async def roster(upload: Uploaded, *, remove: Remove = False) -> Response:
        schedule, operation = plans.opened(upload.operation_id)
        file = msgspec.structs.replace(upload.to_read("roster", _zone(operation)), names=names_of(operation))
        parsed = await reader.read(file, upload.receive)
        claims = upload.caller.claims
        own = claims.post if claims.role == "command_post" else None
        chunks = roster_chunks(schedule, parsed, upload.name, remove=remove, home_post=own)
        parsed.notes.extend(nobody_removed(parsed) if remove else [])
        return await _answer(plans, upload, parsed, chunks)

    @router.post(
        f"{ROOT}/imports/plan",
        summary="Rallies from a file (CSV, XLSX, iCal)",
        responses=said,
        openapi_extra={**for_roles("ops_head"), "requestBody": body},
    )
    async def plan(upload: Uploaded) -> Response:
        _, operation = plans.opened(upload.operation_id)
        here = places.within(operation.region, operation.kelurahan)
        parsed = await reader.read(upload.to_read("plan", _zone(operation), here.places), upload.receive)
        return await _answer(plans, upload, parsed, plan_chunks(parsed, upload.name))

    @router.post(
        f"{ROOT}/imports/orders",
        summary="Deployments from a file",
        responses=said,
        openapi_extra={**for_roles("command_post", "ops_head"), "requestBody": body},
    )
    async def orders(upload: Uploaded) -> Response:
        _, operation = plans.opened(upload.operation_id)
        parsed = await reader.read(upload.to_read("orders", _zone(operation)), upload.receive)
        return await _answer(plans, upload, parsed, order_chunks(parsed.rows, upload.name))


def names_of(operation: Operation) -> dict[str, dict[str, str]]:
    """Column of a roster → id and name of each task force or post → the id; a name of two stands for none."""

    def told(called: Sequence[tuple[str, str]]) -> dict[str, str]:
        count = Counter(folded(name) for _, name in called)
        names = {name: each for each, name in called if count[folded(name)] == 1}
        return names | {each: each for each, _ in called}

    return {
        "satgas": told([(each.satgas_id, each.name) for each in operation.task_forces]),
        "home_post": told([(each.post_id, each.name) for each in operation.posts.values()]),
    }


async def _answer(plans: Plans, upload: Upload, parsed: Parsed[Any], chunks: Iterator[Chunk]) -> Response:
    attempt = new_id()[-8:]
    """Sent again after a cut, its requests are new ones: what was done before is unchanged."""

    rehearsal = plans.rehearsal(upload.operation_id)

    async def check(number: str, data: RequestData) -> Said:
        await asyncio.sleep(0)
        request = upload.asking.request(f"{upload.name}.{attempt}.{number}", data)
        return rehearsal.judge(request, request.recordedat)

    async def decide(number: str, data: RequestData) -> Said:
        return (await upload.asking.ask(f"{upload.name}.{attempt}.{number}", data)).data

    return json_of(
        await carry_out(
            parsed,
            chunks,
            check if upload.dry_run else decide,
            import_id=upload.name,
            dry_run=upload.dry_run,
            every_line=upload.every_line,
        )
    )


def _add_exports(router: APIRouter, plans: Plans, exports: BoundedQueue) -> None:
    async def exported(write: Callable[[], bytes], name: str, operation: Operation) -> Response:
        async with exports.place():
            content = await asyncio.to_thread(write)
        return _file(content, name, exercise=operation.mode == "exercise")

    @router.get(
        f"{ROOT}/exports/roster.{{form}}",
        summary="The roster as a file, without names",
        **_files("csv", "xlsx"),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def roster(operation_id: str, form: Literal["csv", "xlsx"], _caller: Reader) -> Response:
        schedule, operation = plans.opened(operation_id)
        found = [_entry(each) for _, each in sorted(schedule.officers.items()) if not each.withdrawn]
        return await exported(lambda: export_roster(found, form), f"{operation_id}-roster.{form}", operation)

    @router.get(
        f"{ROOT}/exports/plan.{{form}}",
        summary="The rallies as a file; a calendar calls off those that were cancelled",
        **_files(*MEDIA),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def plan(
        operation_id: str, form: Literal["csv", "xlsx", "ics"], caller: Reader, request: Request
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        sight, zone = sight_of(schedule, caller.claims), _zone(operation)
        held = sorted(schedule.rallies.values(), key=lambda each: (each.starts_at, each.rally_id))
        if form == "ics":
            entries = [_rally_entry(each, sight) for each in held]
            write = partial(plan_calendar, entries, _head(operation_id, operation, request))
        else:
            found = [_rally(each, sight) for each in held if each.status != "cancelled"]
            write = partial(export_plan, found, zone, form)
        return await exported(write, f"{operation_id}-plan.{form}", operation)

    @router.get(
        f"{ROOT}/exports/orders.{{form}}",
        summary="The live deployments as a file; a calendar calls off those that were released",
        **_files(*MEDIA),
        openapi_extra=for_roles("ops_head"),
    )
    async def orders(
        operation_id: str, form: Literal["csv", "xlsx", "ics"], _caller: Reader, request: Request
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        given = [each for _, each in sorted(schedule.deployments.items())]
        if form == "ics":
            entries = [_order_entry(each, schedule) for each in given if each.status != "stood_down"]
            write = partial(orders_calendar, entries, _head(operation_id, operation, request))
        else:
            found = [_order(each) for each in given if each.live]
            write = partial(export_orders, found, _zone(operation), form)
        return await exported(write, f"{operation_id}-orders.{form}", operation)


def _head(operation_id: str, operation: Operation, request: Request) -> CalendarHead:
    edge: Edge = request.app.state.edge
    return CalendarHead(
        operation_id=operation_id,
        mode=operation.mode,
        zone=_zone(operation),
        written_at=edge.clock.now(),
    )


def _rally_entry(rally: Rally, sight: Sight) -> CalendarEntry:
    """A rally that was cancelled is called off: a calendar that has it already would keep it otherwise."""
    if rally.status == "cancelled":
        return CalendarEntry(value=_rally(rally, sight), sequence=rally.version, status="CANCELLED")
    status: Any = "TENTATIVE" if rally.status == "notified" else "CONFIRMED"
    return CalendarEntry(value=_rally(rally, sight), sequence=rally.version, status=status)


def _order_entry(deployment: Deployment, schedule: Schedule) -> CalendarEntry:
    """An order that was cancelled, swapped or rejected is called off."""
    place = place_of(schedule, deployment.place)
    status: Any = "TENTATIVE" if deployment.status == "reserved" else "CONFIRMED"
    return CalendarEntry(
        value=_order(deployment),
        sequence=deployment.version,
        status=status if deployment.live else "CANCELLED",
        location=place.name if place is not None else deployment.place,
    )


def _file(content: bytes, name: str, *, exercise: bool = False) -> Response:
    form = name.rpartition(".")[2]
    return Response(
        content,
        media_type=MEDIA[form],
        headers={"content-disposition": attached(name, exercise=exercise)},
    )


def _zone(operation: Operation) -> Any:
    return operation.zone


def _entry(officer: Officer) -> OfficerEntry:
    return OfficerEntry(
        officer_id=officer.officer_id,
        rank=officer.rank,
        unit=officer.unit,
        satgas=officer.satgas,
        home_post=officer.home_post,
        person_ref=officer.person_ref,
        skills=officer.skills,
        attachment=officer.attachment,
    )


def _rally(rally: Rally, sight: Sight) -> PlanRally:
    return PlanRally(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue=rally.venue,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=sight.required(rally.required),
        expected_attendance=rally.expected_attendance,
        receipt=rally.receipt,
        stage="notified" if rally.status == "notified" else "planned",
        series_id=rally.series_id,
    )


def _order(deployment: Deployment) -> OrderLine:
    order = Order(
        deployment_id=deployment.deployment_id,
        officer_id=deployment.officer_id,
        place=deployment.place,
        role=deployment.role,
        starts_at=deployment.starts_at,
        ends_at=deployment.ends_at,
        purpose=deployment.purpose,
    )
    return OrderLine(order=order, sprin=deployment.sprin or None)
