"""A gazetteer's table: `code,kelurahan,kecamatan_code,kecamatan,latitude,longitude`, for any region."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Final

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.places import Point, kecamatan_of
from pamwal.places.place import Place
from pamwal.text_files import rows_of, separator_of, text_of

COLUMNS: Final = ("code", "kelurahan", "kecamatan_code", "kecamatan", "latitude", "longitude")
PROBLEMS_SAID = 20
_CODE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?")

Say = Callable[[str, str], None]
"""Takes a column and what is wrong with its cell."""


def read_places(table: bytes | Iterable[str]) -> list[Place]:
    """The places of a table, as a file's bytes or its lines; columns in any order.

    UnreadableFile names line and column of what is wrong: up to 20 at once, so that one look mends them all.
    """
    text = text_of(table)[0] if isinstance(table, bytes) else "\n".join(table)
    rows = rows_of(text, separator_of(text, lambda row: len(set(_names(row)) & set(COLUMNS))))
    line, header = next(((line, row) for line, row in rows if any(row)), (1, []))
    names = _names(header)
    if sorted(names) != sorted(COLUMNS):
        raise UnreadableFile(
            "wrong_header",
            f"line {line} must name the columns {','.join(COLUMNS)}; it has {','.join(names) or 'nothing'}",
        )
    reading = _Reading()
    for line, row in rows:
        if any(cell.strip() for cell in row):
            reading.take(line, names, row)
    return reading.done()


class _Reading:
    """The places so far, and what was wrong."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._line_of: dict[str, int] = {}
        self._kecamatan: dict[str, tuple[str, int]] = {}
        self._problems: list[str] = []

    def take(self, line: int, names: list[str], row: list[str]) -> None:
        """Adds one row, or notes why not."""
        before = len(self._problems)

        def say(column: str, problem: str) -> None:
            self._problems.append(f"line {line}, column {column}: {problem}")

        if len(row) != len(names):
            say("all", f"{len(row)} cells where the header names {len(names)}")
            return
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=True)}
        latitude = _degrees(cells, "latitude", 90, say)
        longitude = _degrees(cells, "longitude", 180, say)
        self._judge_names(cells, line, say)
        if len(self._problems) == before:
            self._places.append(
                Place(
                    code=cells["code"],
                    kelurahan=cells["kelurahan"],
                    kecamatan_code=cells["kecamatan_code"],
                    kecamatan=cells["kecamatan"],
                    point=Point(latitude=latitude, longitude=longitude),
                )
            )

    def _judge_names(self, cells: dict[str, str], line: int, say: Say) -> None:
        code, kecamatan_code = cells["code"], cells["kecamatan_code"]
        if not _CODE.fullmatch(code):
            say("code", f"{code!r} is no code of a kelurahan such as 53.71.02.1001")
        elif kecamatan_code != kecamatan_of(code):
            say(
                "kecamatan_code",
                f"{kecamatan_code!r} does not begin {code}, whose kecamatan has 8 characters",
            )
        for column in ("kelurahan", "kecamatan"):
            if not cells[column]:
                say(column, "is blank")
        first = self._line_of.setdefault(code, line)
        if first != line:
            say("code", f"{code} stands in line {first} as well")
        name, first = self._kecamatan.setdefault(kecamatan_code, (cells["kecamatan"], line))
        if name != cells["kecamatan"]:
            say("kecamatan", f"{kecamatan_code} is {cells['kecamatan']!r} here and {name!r} in line {first}")

    def done(self) -> list[Place]:
        """The places of the whole table, or UnreadableFile."""
        if not self._problems and not self._places:
            raise UnreadableFile("wrong_rows", "the table has a header and no places")
        if self._problems:
            said = "; ".join(self._problems[:PROBLEMS_SAID])
            more = len(self._problems) - PROBLEMS_SAID
            raise UnreadableFile("wrong_rows", said + (f"; and {more} more" if more > 0 else ""))
        return self._places


def _names(row: list[str]) -> list[str]:
    return [cell.strip().casefold() for cell in row]


def _degrees(cells: dict[str, str], column: str, most: int, say: Say) -> float:
    text = cells[column]
    found = float(text) if _DEGREES.fullmatch(text) else math.nan
    if not -most <= found <= most:
        say(column, f"{text!r} is no number of degrees from -{most} to {most}, with a point: -10.17566")
    return found
