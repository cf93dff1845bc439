"""Columns of facts as a Parquet file. It needs pyarrow, which is installed by who wants such files only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pamwal.contracts.errors import HttpProblem
from services.reporting.exports.facts import COLUMNS, Row

MEDIA_TYPE: Final = "application/vnd.apache.parquet"


class FactsFile:
    """Takes rows up, some thousand at a time, and is written at the end."""

    def __init__(self, about: Mapping[str, str]) -> None:
        """`about`: the file's own key-value metadata. HttpProblem 501 where pyarrow is not installed."""
        try:
            import pyarrow as pa
        except ImportError as error:
            raise HttpProblem(
                501,
                "not_installed",
                "this service writes no Parquet: install it as pamwal[parquet], or ask for the timeline",
            ) from error
        types = {
            "text": pa.string(), "moment": pa.timestamp("ms", tz="UTC"), "whole": pa.int64(),
            "flag": pa.bool_(),
        }  # fmt: skip
        fields = [(column.name, types[column.kind]) for column in COLUMNS]
        self._pa, self._schema = pa, pa.schema(fields, metadata=dict(about))
        self._batches: list[Any] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Rows with a value for each of `COLUMNS`."""
        if rows:
            columns = [list(values) for values in zip(*rows, strict=True)]
            arrays = [
                self._pa.array(values, type=field.type)
                for values, field in zip(columns, self._schema, strict=True)
            ]
            self._batches.append(self._pa.record_batch(arrays, schema=self._schema))

    def written(self) -> bytes:
        """The file's bytes. It takes a while: not for the event loop."""
        from pyarrow import parquet

        table = self._pa.Table.from_batches(self._batches, schema=self._schema)
        sink = self._pa.BufferOutputStream()
        parquet.write_table(table, sink, compression="zstd")
        return bytes(sink.getvalue())
