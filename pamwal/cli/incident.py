"""`pamwal incident`: incidents as tables, and the files that belong to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, cast, get_args

import httpx
import msgspec
import typer
from rich.table import Table

from pamwal.cli._answers import EXIT
from pamwal.cli._console import console, show_table
from pamwal.cli._scheduler import (
    REFUSED_S,
    JsonOption,
    MostOption,
    OperationOption,
    TokenOption,
    ToOption,
    ZoneOption,
    as_json,
    one_of,
    or_turned_away,
    save,
)
from pamwal.cli._settings import address_of, token_or_environment
from pamwal.client.answers import Answer
from pamwal.client.identifiers import new_id
from pamwal.client.incidents import FieldIncidents
from pamwal.client.service import Patience, ServiceClient
from pamwal.client.tables import plain_table
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.field import AttachToIncident, IncidentState, Severity
from pamwal.contracts.incident_reads import IncidentHistory, Incidents
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.zones import Zone, local_text
from pamwal.edge.clock import Clock
from pamwal.incident_kinds import kind_meant

app = typer.Typer(no_args_is_help=True, add_completion=False)
T = TypeVar("T")
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where checkin is; its own port here if left out.")
]
IncidentArgument = Annotated[str, typer.Argument(help="The incident's id.")]
SHOWN_MAX: Final = 1_000
_QUIET: Final = frozenset(
    {"id", "type", "incident_id", "author", "occurred_at", "recorded_at", "sent_at", "version", "text_ref"}
)
"""Fields of a fact that its line shows in columns, or not at all."""


@app.callback()
def incident() -> None:
    """Look at incidents and their files; 'pamwal send amend_incident' and the like say something of one.

    Exit code 5 if the service turns it away, 1 if nobody answers.
    """


@app.command("list", epilog="Example:  pamwal incident list --operation kupang-2024 --open --mine")
def list_(
    *,
    operation: OperationOption,
    state: Annotated[
        str | None, typer.Option(help=f"{', '.join(get_args(IncidentState))}; or the Indonesian word.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option(help=f"{', '.join(get_args(Severity))}; or the Indonesian word.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only of this kind, by its code or its name; 'pamwal incident kinds'.")
    ] = None,
    area: Annotated[str | None, typer.Option(help="Code of a kelurahan or kecamatan.")] = None,
    opened: Annotated[
        bool | None, typer.Option("--open/--over", help="Neither closed nor unfounded; or the others.")
    ] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Assigned to the post or officer of the token.")
    ] = False,
    day: Annotated[str | None, typer.Option("--day", help="First seen on a local day, 2024-10-03.")] = None,
    zone: ZoneOption = None,
    most: MostOption = SHOWN_MAX,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Incidents, latest first, as last amended."""
    found = _with_incidents(
        operation, token, url,
        lambda incidents, _: incidents.listed(
            state=cast(IncidentState, one_of("--state", state, get_args(IncidentState))) if state else None,
            severity=cast(Severity, one_of("--severity", severity, get_args(Severity))) if severity else None,
            kind=None if kind is None else kind_meant(kind), area=area, opened=opened, mine=mine, day=day,
            most=most,
            zone=cast(Zone, one_of("--zone", zone, get_args(Zone))) if zone else None,
        ),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        show_table(console(), _list_table(found))
        if len(found.incidents) == most:
            typer.echo(f"the latest {most}; --most shows more")


@app.command(epilog="Example:  pamwal incident show K-1 --operation kupang-2024")
def show(
    *,
    incident_id: IncidentArgument,
    operation: OperationOption,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """All that was said of an incident and of its duplicates: who, when, how."""
    found = _with_incidents(operation, token, url, lambda incidents, _: incidents.history(incident_id))
    if json:
        as_json(found)
    else:
        show_table(console(), _history_table(found))


@app.command(epilog="Example:  pamwal incident attach K-1 foto.jpg --operation kupang-2024 --post oebobo")
def attach(
    *,
    incident_id: IncidentArgument,
    file: Annotated[Path, typer.Argument(help="A photo, recording or PDF.")],
    operation: OperationOption,
    post: Annotated[
        str | None, typer.Option("--post", help="The post that speaks; a token of a post or device says it.")
    ] = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Upload a file and say that it belongs to an incident; prints the answer.

    The type is found out from the file. Sent again, the bytes are the same object.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error

    async def program(incidents: FieldIncidents, client: ServiceClient) -> Answer:
        source = client.bearer.source(post, device="cli")
        if source is None:
            raise SettingsError("say which post speaks: add --post")
        data = AttachToIncident(incident_id=incident_id, attachment=await incidents.upload(content))
        said: Submission[Any] = Submission(
            id=new_id(),
            source=source,
            type=TYPE_OF[AttachToIncident],
            time=Clock().now(),
            channel="api",
            data=data,
        )
        return await client.submit(operation, ROUTES[said.type].path, said)

    answer = _with_incidents(operation, token, url, program)
    typer.echo(msgspec.json.encode(answer).decode())
    raise typer.Exit(EXIT[answer.meaning])


@app.command(epilog="Example:  pamwal incident file 5f2c… --operation kupang-2024 --to foto.jpg")
def file(
    *,
    sha256: Annotated[str, typer.Argument(help="The file's digest, as 'show' has it.")],
    operation: OperationOption,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Write a file of an incident to this machine."""
    save(_with_incidents(operation, token, url, lambda incidents, _: incidents.download(sha256)), to)


@app.command(epilog="Example:  pamwal incident kinds --operation kupang-2024")
def kinds(*, operation: OperationOption, token: TokenOption = None, url: UrlOption = None) -> None:
    """The kinds an incident can be of."""
    table = plain_table("Kinds of incidents", "kind", ())
    table.add_column("name")
    for kind, name in _with_incidents(operation, token, url, lambda incidents, _: incidents.kinds()).items():
        table.add_row(kind, name)
    show_table(console(), table)


def _with_incidents(
    operation: str,
    token: str | None,
    url: str | None,
    program: Callable[[FieldIncidents, ServiceClient], Awaitable[T]],
) -> T:
    address, bearer = f"{address_of('checkin', url)}/checkin/v1", token_or_environment(token)

    async def run() -> T:
        async with httpx.AsyncClient() as http:
            patience = Patience(deadline_s=30, refused_s=REFUSED_S)
            client = ServiceClient(http, address, bearer, now=Clock().now, patience=patience)
            return await program(FieldIncidents(client, operation), client)

    return or_turned_away(lambda: asyncio.run(run()))


def _list_table(found: Incidents) -> Table:
    table = plain_table("Incidents", "incident", ())
    for name in ("when", "kind", "severity", "state", "kelurahan", "with", "also"):
        table.add_column(name)
    for one in found.incidents:
        also = [f"duplicate of {one.duplicate_of}"] if one.duplicate_of else []
        also += [f"escalated to {one.escalated_to}"] if one.escalated_to else []
        also += [f"{one.attachments} file{'s' * (one.attachments > 1)}"] if one.attachments else []
        table.add_row(
            one.incident_id, local_text(one.occurred_at, found.zone), one.kind, one.severity, one.state,
            one.kelurahan, ", ".join(one.assignees), "; ".join(also),
        )  # fmt: skip
    return table


def _history_table(found: IncidentHistory) -> Table:
    title = f"{found.incident_id}: {found.kind}, {found.severity}, {found.state}, version {found.version}"
    if found.duplicate_of:
        title += f"; counts as {found.duplicate_of}"
    table = plain_table(title, "incident", ())
    for name in ("when", "said", "by", "post", "channel", "holds"):
        table.add_column(name)
    for one in (found, *found.duplicates):
        for said in one.timeline:
            fact = said.fact
            table.add_row(
                one.incident_id, local_text(fact.occurred_at, found.zone), _said(msgspec.to_builtins(fact)),
                fact.author,
                said.postid, said.channel, "" if said.holds else "no",
            )  # fmt: skip
    return table


def _said(fact: dict[str, Any]) -> str:
    """`amended: severity severe`: what a fact says, by its fields."""
    details = (f"{name} {_plain(value)}" for name, value in fact.items() if name not in _QUIET)
    return f"{fact['type'].removeprefix('incident_')}: {', '.join(details)}".removesuffix(": ")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_plain(inside)}" for name, inside in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
