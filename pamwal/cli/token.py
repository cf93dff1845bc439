"""`pamwal token`: tokens and one-time links of the local issuer."""

from __future__ import annotations

import re
from typing import Annotated, Final, cast, get_args

import typer

from pamwal.cli._scheduler import OPERATION, one_of
from pamwal.cli._settings import address_of, checked_identifier, checked_officer, identifier, issuer
from pamwal.contracts.claims import BOUND_TO_OFFICER, BOUND_TO_POST, Mode, Role
from pamwal.contracts.errors import SettingsError

app = typer.Typer(add_completion=False)

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LIFETIME_MAX_S: Final = 366 * 86400


@app.command(
    name="token",
    epilog="Examples:  pamwal token --role command_post --operation kupang-2024 --post oebobo"
    "  |  pamwal token --role viewer --operation kupang-2024 --link",
)
def token(
    *,
    role: Annotated[str, typer.Option(help=f"{', '.join(get_args(Role))}; or the Indonesian word.")],
    operation: Annotated[
        str, typer.Option(envvar=OPERATION, help="The operation it is bound to; '*' for an admin of all.")
    ],
    post: Annotated[
        str | None,
        typer.Option(
            callback=checked_identifier,
            help="Its post; needed for command_post, field_commander and officer.",
        ),
    ] = None,
    officer: Annotated[
        str | None,
        typer.Option(callback=checked_officer, help="The officer that speaks; an officer needs it."),
    ] = None,
    mode: Annotated[
        str, typer.Option(help="real or exercise (latihan); it must be the operation's.")
    ] = "real",
    subject: Annotated[str | None, typer.Option(help="Who acts: a person or a named service.")] = None,
    lifetime: Annotated[str, typer.Option(help="How long it lasts: 90s, 30m, 12h, 7d.")] = "12h",
    link: Annotated[
        bool, typer.Option("--link", help="Print a one-time browser link to the board instead.")
    ] = False,
) -> None:
    """Print a token for the Authorization header, signed with the key of the state folder.

    Every service on this state folder trusts it. It is printed alone: PAMWAL_TOKEN=$(pamwal token …).
    """
    checked_role = cast(Role, one_of("--role", role, get_args(Role)))
    checked_mode = cast(Mode, one_of("--mode", mode, get_args(Mode)))
    _require_bindings(checked_role, operation, post, officer)
    who = subject or officer or post or f"{role}@local"
    signed = issuer()
    if not link:
        typer.echo(
            signed.issue(
                role=checked_role, operation=operation, mode=checked_mode, subject=who, post=post,
                officer=officer, lifetime_s=seconds(lifetime),
            )
        )  # fmt: skip
        return
    ticket = signed.ticket(
        role=checked_role, operation=operation, mode=checked_mode, subject=who, post=post, officer=officer,
        session_s=min(seconds(lifetime), 86400),
    )  # fmt: skip
    typer.echo(board_link(address_of("reporting"), operation, ticket))


def board_link(address: str, operation: str | None, ticket: str) -> str:
    """Opens the board, of an operation if one is named, once; then a cookie keeps it open."""
    return f"{address}/?" + (f"operation={operation}&" if operation else "") + f"ticket={ticket}"


def seconds(text: str) -> int:
    """Seconds of `90s`, `30m`, `12h` or `7d`. SettingsError for anything else."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    found = int(match[1]) * _UNITS_S[match[2]] if match else 0
    if not 0 < found <= LIFETIME_MAX_S:
        raise SettingsError(f"--lifetime {text!r} is no time such as 90s, 30m, 12h or 7d (a year at most)")
    return found


def _require_bindings(role: Role, operation: str, post: str | None, officer: str | None) -> None:
    """What an edge would turn away is not printed in the first place."""
    if role in BOUND_TO_POST and post is None:
        raise SettingsError(f"a token of role {role} must name its post: add --post")
    if role in BOUND_TO_OFFICER and officer is None:
        raise SettingsError(f"a token of role {role} must name its officer: add --officer")
    if operation != "*":
        identifier("--operation", operation)
    elif role != "admin":
        raise SettingsError("only an admin token may be bound to every operation: name one with --operation")
