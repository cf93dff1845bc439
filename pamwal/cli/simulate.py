"""`pamwal simulate`: how old the pictures of your own cluster get under the load of a whole country."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from msgspec import Struct
from rich.console import Console

from pamwal.cli._console import console, show_table
from pamwal.cli._interrupt import run_until_interrupted
from pamwal.cli._scheduler import JsonOption, as_json
from pamwal.cli._settings import address_of, checked_identifier, issuer, kafka_servers
from pamwal.client.tables import plain_table
from pamwal.contracts.errors import SettingsError, SimulationFailed, Unreachable
from pamwal.contracts.instants import from_ms
from pamwal.edge.clock import system_ms
from pamwal.edge.serve import allow_connections
from pamwal.kafka_settings import command_security
from pamwal.simulation.nation import Country, Told, nation_of, planned, run
from pamwal.wire.topics_admin import has_mark

OLD_MS: Final = 2_000.0
"""Domain scenario S6: every operation's picture under 2 s old at p99."""
app = typer.Typer(no_args_is_help=True, add_completion=False)


class Took(Struct, frozen=True, kw_only=True):
    """How long it took from the sending of each check-in, milliseconds; 0 where there was none."""

    p50_ms: float
    p99_ms: float


class Simulated(Struct, frozen=True, kw_only=True):
    """How a simulated day went."""

    name: str
    """With which the ids of its operations begin."""
    check_ins: int
    answered: Took
    shown: Took
    """On the board of its operation: that is how old pictures get."""
    read: Took
    """In a situation that was asked for with its receipt."""
    unseen: int
    """On no board even a minute after the end, or cut off from it."""
    cut: int
    """Boards whose connection was cut: what came after it, they could not show."""
    refused: int
    """Answered neither with 201 nor with 202."""
    late_p99_ms: float
    """Sent so long behind its time, by this machine's own fault."""

    @property
    def holds(self) -> bool:
        """Whether all of it was kept and shown, under 2 s old at p99."""
        all_shown = self.check_ins > 0 and not (self.unseen or self.refused or self.cut)
        return all_shown and self.shown.p99_ms <= OLD_MS


@app.callback()
def simulate() -> None:
    """Put the load of a simulated day on running services and measure what readers see of it."""


@app.command(
    epilog="Examples:  pamwal up --exercise, and beside it:  pamwal simulate nation  |  "
    "pamwal simulate nation --operations 500 --officers 100000 --per-s 400 --seconds 30"
)
def nation(
    *,
    operations: Annotated[int, typer.Option(min=1, max=1_000, help="Operations, each with its board.")] = 20,
    officers: Annotated[int, typer.Option(min=1, max=1_000_000, help="Officers of all of them.")] = 2_000,
    per_s: Annotated[float, typer.Option(min=0.1, max=10_000, help="Check-ins a second, of all.")] = 40,
    seconds: Annotated[float, typer.Option(min=1, max=3_600, help="How long they check in.")] = 20,
    name: Annotated[
        str | None,
        typer.Option(callback=checked_identifier, help="Ids of operations begin so; the time if left out."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Plan exercises, follow every board, check officers in, and say how old the pictures got.

    Only on a cluster that is marked for exercises: what is said stays in its log. Tokens are made with the
    key of the state folder, so the services must trust that. Exit code 0 if everything was shown, 99 of 100
    within two seconds, else 1.
    """
    country = Country(operations=operations, officers=officers, per_s=per_s, seconds=seconds)
    if country.rounds > country.officers_each:
        raise SettingsError(
            f"{country.rounds} officers of each operation would check in and there are "
            f"{country.officers_each}: take more officers, or fewer check-ins"
        )
    servers = kafka_servers()
    if not has_mark(servers, command_security()):
        raise SettingsError(
            f"the cluster at {servers} is not marked for exercises, and a simulated day stays in its log: "
            "use one that was made with 'pamwal up --exercise' or 'pamwal topics apply --exercise'"
        )
    chosen = name or f"nation-{from_ms(system_ms())[:19].replace(':', '').replace('-', '').lower()}"
    found = run_until_interrupted(lambda: _simulated(country, chosen))
    if found is None:
        raise typer.Exit(1)
    if json:
        as_json(found)
    else:
        show(console(), country, found)
    raise typer.Exit(0 if found.holds else 1)


async def _simulated(country: Country, name: str) -> Simulated:
    allow_connections()
    checkin, reporting = address_of("checkin"), address_of("reporting")
    days = await planned(address_of("scheduler"), issuer(), country, name)
    try:
        told = await run(nation_of(country, days, checkin, reporting))
    except TimeoutError as error:
        raise SimulationFailed("the services did not answer in a minute; try fewer check-ins") from error
    except OSError as error:
        raise Unreachable(
            f"{checkin} or {reporting}: {error}; start the services with 'pamwal up'"
        ) from error
    return simulated(name, told)


def simulated(name: str, told: Told) -> Simulated:
    """What is made of the times of each check-in."""
    refused = sum(many for status, many in told.statuses.items() if status not in ("201", "202"))
    return Simulated(
        name=name,
        check_ins=len(told.answered_ms),
        answered=_took(told.answered_ms),
        shown=_took(told.shown_ms),
        read=_took(told.read_ms),
        unseen=told.unseen,
        cut=told.cut,
        refused=refused,
        late_p99_ms=_p99(told.late_ms),
    )


def _took(found: Sequence[float]) -> Took:
    return Took(p50_ms=round(statistics.median(found), 1) if found else 0.0, p99_ms=_p99(found))


def _p99(found: Sequence[float]) -> float:
    return round(sorted(found)[len(found) * 99 // 100], 1) if found else 0.0


def show(to: Console, country: Country, found: Simulated) -> None:
    """The verdict and the figures."""
    to.print(
        f"[bold]LATIHAN[/] {found.name}-000 and on: {country.operations} operations of "
        f"{country.officers_each} officers, {found.check_ins:,} check-ins at {country.per_s:g} a second",
        highlight=False,
        soft_wrap=True,
    )
    table = plain_table("From the sending of a check-in", "until", ("p50 ms", "p99 ms"))
    parts = (
        ("its answer", found.answered),
        ("its board", found.shown),
        ("a read with its receipt", found.read),
    )
    for words, took in parts:
        table.add_row(words, f"{took.p50_ms:,.0f}", f"{took.p99_ms:,.0f}")
    show_table(to, table)
    if found.refused or found.unseen:
        to.print(f"{found.refused:,} were not accepted, {found.unseen:,} were on no board in the end.")
    if found.cut:
        to.print(
            f"The connections of {found.cut:,} of {country.operations:,} boards were cut before its end: "
            "what came after it, such a board could not show. See what reporting logged."
        )
    if found.late_p99_ms > OLD_MS / 10:
        to.print(
            f"This machine sent them up to {found.late_p99_ms:,.0f} ms late: the load itself is too much."
        )
    word = "Holds" if found.holds else "Does not hold"
    to.print(f"{word}: every picture under {OLD_MS / 1000:g} s old at p99.", highlight=False)
