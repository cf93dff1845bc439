"""What leaves as a file: its headers, its name, and LATIHAN on what is of an exercise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.tables import MEDIA_TYPES, Table, TableForm, Value, table_as

LATIHAN: Final = "LATIHAN"


def file_answer(content: bytes | str, media_type: str, name: str, *, exercise: bool) -> Response:
    """200 with a file that no cache keeps; an exercise's has LATIHAN before its name."""
    mark = f"{LATIHAN}-" if exercise else ""
    headers = {
        "content-disposition": f'attachment; filename="{mark}{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)


def table_answer(table: Table, form: TableForm, name: str, *, exercise: bool) -> Response:
    """200 with a table; an exercise's has LATIHAN in every row, so that no part of it is taken for real."""
    if exercise:
        table = replace(
            table,
            title=f"{LATIHAN} {table.title}",
            columns=[LATIHAN, *table.columns],
            rows=_marked(table.rows),
        )
    return file_answer(table_as([table], form), MEDIA_TYPES[form], f"{name}.{form}", exercise=exercise)


def is_file(media_type: str, words: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers with, for the description of the API."""
    return {200: {"description": words, "content": {media_type: {}}}}


def _marked(rows: Any) -> Iterator[Sequence[Value]]:
    for row in rows:
        yield (LATIHAN, *row)
