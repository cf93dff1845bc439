"""How `pamwal plan` asks and shows: one read, and the operation that tells the tables zone and mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct
from rich.table import Table

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import Link, as_json, with_scheduler
from pamwal.client.scheduler import Scheduler
from pamwal.contracts.plan_reads import OperationView

V = TypeVar("V", bound=Struct)


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
        show_table(console(WIDTH_OF_A_PLAN), table)
