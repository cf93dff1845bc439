"""What leaves as a file: its headers, its name, and LATIHAN on what is of an exercise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import structlog
from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem, ProcessFailed
from pamwal.edge.attached import LATIHAN, attached
from pamwal.edge.http import Receive, while_connected
from pamwal.processes import LimitedProcesses, ProcessLimits
from pamwal.tables import FUNCTION, MEDIA_TYPES, Table, TableForm, encode_tables, table_as
from services.reporting.settings import TABLE_LIMITS

CELLS_AT_ONCE: Final = 20_000
"""A CSV of so many cells is written in the event loop: it takes 10 ms, a process of its own 200 ms of CPU."""
_log = structlog.get_logger(__name__)


class TableWriter:
    """Writes a few large tables at a time; each in a process of its own, that ends when its client leaves."""

    def __init__(self, limits: ProcessLimits = TABLE_LIMITS, function: str = FUNCTION) -> None:
        """`function` writes what `encode_tables` returns in the process, named `module:name`."""
        self.processes, self._function = LimitedProcesses(limits), function

    async def answer(
        self, tables: Sequence[Table], form: TableForm, name: str, receive: Receive, *, exercise: bool
    ) -> Response:
        """200 with tables; an exercise's have LATIHAN in every row, so that no part of it is taken for real.

        `receive` is the request's. HttpProblem 503 while too many tables are being written; 422 if these
        take too much memory or time, 500 if the process ended; 499 if the client left.
        """
        if exercise:
            tables = [_marked(table) for table in tables]
        if form == "csv" and len(tables[0].rows) * len(tables[0].columns) <= CELLS_AT_ONCE:
            content = table_as(tables, form)
        else:
            content = await self._written(tables, form, receive)
        return file_answer(content, MEDIA_TYPES[form], f"{name}.{form}", exercise=exercise)

    async def _written(self, tables: Sequence[Table], form: TableForm, receive: Receive) -> bytes:
        try:
            return await while_connected(
                receive, self.processes.call(self._function, encode_tables(tables), form)
            )
        except ProcessFailed as error:
            raise _not_written(error) from error


def _not_written(error: ProcessFailed) -> HttpProblem:
    if error.reason != "ended":
        return HttpProblem(
            422, "too_large", f"the table is too much to write: {error}; ask for fewer days or for CSV"
        )
    _log.error("a table was not written", why=str(error))
    return HttpProblem(500, "not_written", "the table cannot be written; the service's log says why")


def file_answer(content: bytes | str, media_type: str, name: str, *, exercise: bool) -> Response:
    """200 with a file that no cache keeps; an exercise's has LATIHAN before its name."""
    headers = {
        "content-disposition": attached(name, exercise=exercise),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)


def is_file(media_type: str, words: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers with, for the description of the API."""
    return {200: {"description": words, "content": {media_type: {}}}}


def _marked(table: Table) -> Table:
    return replace(
        table,
        title=f"{LATIHAN} {table.title}",
        columns=[LATIHAN, *table.columns],
        rows=[(LATIHAN, *row) for row in table.rows],
    )
