"""Tables that leave as files: CSV, or a workbook for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from pamwal.cells import csv_of, guarded

TableForm = Literal["csv", "xlsx"]
Value = str | int | float | None
MEDIA_TYPES: Final[dict[TableForm, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Form → what a response says it is."""
FUNCTION: Final = f"{__name__}:write_tables"


class Table(Struct, frozen=True, kw_only=True):
    """A table to be written: every row has a value for each column, None where there is none."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


def encode_tables(tables: Sequence[Table]) -> bytes:
    """The input of `write_tables`."""
    return msgspec.msgpack.encode(tables)


def write_tables(given: bytes, form: TableForm) -> bytes:
    """`table_as` for a child process: what `encode_tables` returned to the bytes of the file."""
    return table_as(msgspec.msgpack.decode(given, type=list[Table]), form)


def table_as(tables: Sequence[Table], form: TableForm) -> bytes:
    """Tables as a workbook with a sheet for each, or the first of them as RFC 4180 in UTF-8."""
    if form == "csv":
        first = tables[0]
        return csv_of(first.columns, ([_written(value) for value in row] for row in first.rows))
    from pamwal.spreadsheet import workbook  # a service starts without what only its files need

    return workbook(tables)


def _written(value: Value) -> str:
    """A number stands as it is, also a negative one; every text is guarded."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else str(value)
