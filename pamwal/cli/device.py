"""`pamwal device`: codes for devices, and a device's token for its code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, cast, get_args

import typer
from rich.table import Table

from pamwal.cli._answers import show_answer
from pamwal.cli._checkin import UrlOption, with_checkin, with_field
from pamwal.cli._console import console, show_table
from pamwal.cli._moments import moment_of
from pamwal.cli._scheduler import (
    JsonOption,
    Link,
    OperationOption,
    PostOption,
    TokenOption,
    ToOption,
    as_json,
    one_of,
    save,
)
from pamwal.client.enrolments import asked_with
from pamwal.client.field import Enrolled
from pamwal.client.field import enrol as enrol_at
from pamwal.client.tables import plain_table
from pamwal.contracts.device_reads import DeviceList, DeviceState
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.zones import local_text
from pamwal.edge.clock import Clock
from pamwal.local.sources import state_folder

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def device() -> None:
    """Phones of officers and PCs of posts: invited, enrolled with a code, found, and revoked when lost."""


@app.command(epilog="Example:  pamwal device invite --operation kupang-2024 --unit 'Sat Samapta'")
def invite(
    *,
    operation: OperationOption,
    officer: Annotated[list[str] | None, typer.Option(help="An officer; may be given again.")] = None,
    unit: Annotated[str | None, typer.Option(help="All officers of a unit of the roster.")] = None,
    roster: Annotated[
        bool, typer.Option("--roster", help="All officers of the roster whose home is the post.")
    ] = False,
    pcs: Annotated[int, typer.Option(help="PCs of the post itself.", min=0)] = 0,
    hours: Annotated[int, typer.Option(help="How long the codes hold.", min=1)] = 72,
    post: Annotated[str | None, typer.Option(help="For which post; a post's token says it.")] = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """One-time codes as cards to cut out and hand over, A4, PDF."""
    link = Link(operation=operation, token=token, url=url)
    save(
        with_field(
            link,
            lambda field: field.invite(
                officers=officer or [],
                unit=unit,
                roster=roster,
                pcs=pcs,
                hours=hours,
                post=post,
                time=Clock().now(),
            ),
        ),
        to,
    )


@app.command(name="list", epilog="Example:  pamwal device list --operation kupang-2024 --officer KPG-0001")
def list_(
    *,
    operation: OperationOption,
    post: Annotated[str | None, typer.Option(help="Of this post; a post sees its own.")] = None,
    officer: Annotated[str | None, typer.Option(help="Of this officer.")] = None,
    state: Annotated[str | None, typer.Option(help=", ".join(get_args(DeviceState)))] = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Devices: whose each is, when it was last heard, since when it is lost."""
    wanted = None if state is None else cast(DeviceState, one_of("--state", state, get_args(DeviceState)))
    link = Link(operation=operation, token=token, url=url)
    found = with_field(link, lambda field: field.devices(post=post, officer=officer, state=wanted))
    if json:
        as_json(found)
    else:
        show_table(console(), _table(found))


@app.command(
    epilog="Example:  pamwal device revoke KPG-0001-5f2c09aa --operation kupang-2024 "
    "--lost-since 2024-10-03T15:30:00+08:00 --cause 'left in a taxi'"
)
def revoke(
    *,
    devices: Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Ids; 'pamwal device list'.")],
    operation: OperationOption,
    lost_since: Annotated[
        str | None,
        typer.Option("--lost-since", help="Since when it is lost, with its offset; now if left out."),
    ] = None,
    cause: Annotated[
        str | None, typer.Option(help="How it was lost; kept apart, as it may name a person.")
    ] = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Devices are lost: they read nothing more, and only presence and incidents are taken, marked.

    What was received from them before stands. Devices that they invited since are revoked with them; without
    --lost-since, all that they ever invited. Said again, it corrects since when.
    """
    since = None if lost_since is None else moment_of("--lost-since", lost_since)
    link = Link(operation=operation, token=token, url=url)
    answer = with_field(
        link,
        lambda field: field.revoke(devices, lost_since=since, cause=cause, post=post, time=Clock().now()),
    )
    show_answer(console(), answer)


@app.command(
    name="reset-numbers",
    epilog="Example:  pamwal device reset-numbers /posts/maulafa/devices/3 --up-to 120 "
    "--operation kupang-2024 --cause 'broken, its queue is lost'",
)
def reset_numbers(
    *,
    source: Annotated[str, typer.Argument(help="As the alert of the gap names it: /posts/POST/devices/ID.")],
    operation: OperationOption,
    up_to: Annotated[int, typer.Option("--up-to", min=1, help="No number up to this one is missing.")],
    cause: Annotated[str, typer.Option(help="Why they will never come.")],
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Numbers of a device that did not come are not missing any more: their alert is withdrawn.

    For the head of operations. What was known before stays as it was when somebody looks back.
    """
    link = Link(operation=operation, token=token, url=url)
    answer = with_field(
        link, lambda field: field.reset_source(source, up_to, cause=cause, time=Clock().now())
    )
    show_answer(console(), answer)


@app.command(
    epilog="Examples:  pamwal device enrol k7qm 42px ... --to oebobo.token"
    "  |  PAMWAL_TOKEN=$(pamwal device enrol k7qm 42px ...)"
)
def enrol(
    *,
    code: Annotated[
        list[str], typer.Argument(help="The code as it is printed, or the address that its QR holds.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="Keep the token in this new file, for --token-file, in place of printing it."
        ),
    ] = None,
    json: JsonOption = False,
    url: UrlOption = None,
) -> None:
    """A device's token for its code, which is used up by that; it speaks as that device alone.

    Said again from the same state folder within 15 minutes, as after a lost answer, it gives a token again.
    """
    if to is not None:
        with _secret_file(to) as file:
            token = _enrolled(code, url).token
            try:
                file.write(token)
                file.flush()
            except OSError as error:
                typer.echo(token)  # the code is used up: without it the device were lost
                raise SettingsError(f"--to {to}: {error.strerror}; the token is printed instead") from error
        typer.echo(f"{to}: the device's token; give it as --token-file, or PAMWAL_TOKEN=$(cat {to})")
        return
    found = _enrolled(code, url)
    if json:
        as_json(found)
    else:
        typer.echo(found.token)


def _table(found: DeviceList) -> Table:
    table = plain_table("Devices", "device", ())
    for name in ("post", "officer", "state", "enrolled", "last heard", "lost since"):
        table.add_column(name)
    for one in found.devices:
        moments = (
            local_text(each, found.zone) if each else ""
            for each in (one.enrolled_at, one.heard_at, one.lost_since)
        )
        table.add_row(one.device_id, one.post, one.officer_id or "PC", one.state, *moments)
    return table


def _enrolled(code: list[str], url: str | None) -> Enrolled:
    typed = " ".join(code)
    asked = asked_with(state_folder(), typed, Clock().now())
    return with_checkin(
        "none", url, lambda client: enrol_at(client, typed, time=asked.time, identifier=asked.id)
    )


@contextmanager
def _secret_file(path: Path) -> Iterator[IO[str]]:
    """A new file for its owner alone, made before a code is used up for it. SettingsError if it cannot be."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise SettingsError(f"{path} is there already: name a new file with --to") from error
    except OSError as error:
        raise SettingsError(f"--to {path}: {error.strerror}") from error
    try:
        with os.fdopen(opened, "w", encoding="ascii") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
