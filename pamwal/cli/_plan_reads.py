"""How `pamwal plan` asks and shows: one read, and the operation that tells the tables zone and mode."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from msgspec import Struct
from rich.table import Table

from pamwal.cli._console import WIDTH_OF_A_PLAN, console
from pamwal.cli._scheduler import Link, as_json, with_scheduler
from pamwal.client.scheduler import Scheduler
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import normalise
from pamwal.contracts.plan_reads import OperationView
from pamwal.contracts.zones import OFFSET_H

V = TypeVar("V", bound=Struct)
LOCAL: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})")


def show(
    link: Link,
    json: bool,
    read: Callable[[Scheduler], Awaitable[V]],
    draw: Callable[[V, OperationView], list[Table]],
) -> None:
    """Reads and prints, as tables or as JSON."""

    async def asked(scheduler: Scheduler) -> tuple[V, OperationView | None]:
        found = await read(scheduler)
        return found, None if json else await scheduler.operation()

    found, operation = with_scheduler(link, asked)
    if operation is None:
        as_json(found)
        return
    for table in draw(found, operation):
        console(WIDTH_OF_A_PLAN).print(table)


def moment(option: str, given: str, zone: str) -> str:
    """The Instant of `2024-10-03 16:00` on the operation's clock, or of RFC 3339. SettingsError."""
    local = LOCAL.fullmatch(given)
    try:
        return normalise(f"{local[1]}T{local[2]}:00+{OFFSET_H[zone]:02d}:00" if local else given)
    except ValueError as error:
        raise SettingsError(
            f"{option} {given!r} is no moment such as '2024-10-03 16:00' or 2024-10-03T16:00:00+08:00"
        ) from error
