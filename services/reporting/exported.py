"""What leaves as a file: its headers, its name, and LATIHAN on what is of an exercise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.edge.attached import LATIHAN, attached
from pamwal.tables import MEDIA_TYPES, Table, TableForm, table_as


def file_answer(content: bytes | str, media_type: str, name: str, *, exercise: bool) -> Response:
    """200 with a file that no cache keeps; an exercise's has LATIHAN before its name."""
    headers = {
        "content-disposition": attached(name, exercise=exercise),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)


def table_answer(table: Table, form: TableForm, name: str, *, exercise: bool) -> Response:
    """`tables_answer` of one."""
    return tables_answer([table], form, name, exercise=exercise)


def tables_answer(tables: Sequence[Table], form: TableForm, name: str, *, exercise: bool) -> Response:
    """200 with tables; an exercise's have LATIHAN in every row, so that no part of it is taken for real."""
    if exercise:
        tables = [_marked(table) for table in tables]
    return file_answer(table_as(tables, form), MEDIA_TYPES[form], f"{name}.{form}", exercise=exercise)


def is_file(media_type: str, words: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers with, for the description of the API."""
    return {200: {"description": words, "content": {media_type: {}}}}


def _marked(table: Table) -> Table:
    return replace(
        table,
        title=f"{LATIHAN} {table.title}",
        columns=[LATIHAN, *table.columns],
        rows=((LATIHAN, *row) for row in table.rows),
    )
