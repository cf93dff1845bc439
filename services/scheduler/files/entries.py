"""The rows of any file as cells named by columns, before anything is judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from pamwal.cells import unguarded
from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.import_answers import Problem
from pamwal.text_files import HEADER_WITHIN
from services.scheduler.files.columns import Column, Subject, folded
from services.scheduler.files.sheets import ROWS_MAX, Cells, Mark, sheet_of

EXPLAINED: Final = "Penjelasan"
"""The sheet of our own templates and exports that explains the columns."""


class Recurring(Struct, frozen=True, kw_only=True):
    """That an entry recurs: RRULE and the local days it does not."""

    recurrence: str
    except_days: list[str] = []


class Entry(Struct, frozen=True, kw_only=True):
    """One row: column name → text, blank cells left out."""

    line: int
    texts: dict[str, str]
    marks: dict[str, Mark] = {}
    problems: list[tuple[str | None, str, str]] = []
    """(column, what is wrong, what to do) of what was found while reading it."""
    recurring: Recurring | None = None


class Entries(Struct, frozen=True):
    """The entries of a file, to be gone through once, and what there is to say of the file itself."""

    entries: Iterator[Entry]
    encoding: str
    notes: list[Problem]


def entries_of(content: bytes, filename: str, subject: Subject) -> Entries:
    """The entries of a CSV or XLSX file. UnreadableFile without a header that names the columns."""
    names = names_of(subject)
    sheet = sheet_of(content, filename, lambda row: _known(row, names))
    header = _header(sheet.rows, names, subject)
    columns = _columns(header, names)
    _require(columns, subject, header)
    notes = [
        _unread(header, index) for index, text in enumerate(header.texts) if _is_unread(index, text, columns)
    ]
    notes += [
        Problem(
            line=header.line,
            column=None,
            message=f"the sheet {title!r} was not read",
            possible="only the first is",
        )
        for title in sheet.others
        if title != EXPLAINED
    ]
    identity = subject.by_name[subject.identity]
    return Entries(_entries(sheet.rows, columns, header, identity), sheet.encoding, notes)


def sha256_of(content: bytes) -> str:
    """Hex SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def names_of(subject: Subject) -> Mapping[str, Column]:
    """Every way to write a column's name, as `folded` compares them → the column."""
    return {
        folded(name): column
        for column in subject.columns
        for name in (*reversed(column.also), column.header, column.name)
    }


def too_many(noun: str, most: int) -> UnreadableFile:
    """That a file has more rows than one file may."""
    return UnreadableFile("too_large", f"the file has over {most:,} {noun}; send it in parts")


def _known(row: list[str], names: Mapping[str, Column]) -> int:
    return len({names[key].name for cell in row if (key := folded(cell)) in names})


def _header(rows: Iterator[Cells], names: Mapping[str, Column], subject: Subject) -> Cells:
    """The first row near the top that names two columns or more; else a refusal that shows what there is."""
    above: list[str] = []
    for row in rows:
        if row.line > HEADER_WITHIN:
            break
        if _known(row.texts, names) > 1:
            return row
        above += [text.strip() for text in row.texts if text.strip()]
    wanted = ", ".join(column.header for column in subject.columns if column.required)
    raise UnreadableFile(
        "wrong_header",
        f"none of the first {HEADER_WITHIN} lines names the columns {wanted}; there is"
        f" {', '.join(above[:12])[:300] or 'nothing'}. Take the template",
    )


def _columns(header: Cells, names: Mapping[str, Column]) -> dict[int, Column]:
    found: dict[int, Column] = {}
    for index, text in enumerate(header.texts):
        column = names.get(folded(text))
        if column is None:
            continue
        if column in found.values():
            raise UnreadableFile(
                "wrong_header",
                f"line {header.line} names the column {column.header!r} twice; keep one of them",
            )
        found[index] = column
    return found


def _require(columns: dict[int, Column], subject: Subject, header: Cells) -> None:
    have = {column.name for column in columns.values()}
    lacking = [
        column.header
        for column in subject.columns
        if column.required and column.name not in have and subject.stand_in.get(column.name) not in have
    ]
    if lacking:
        raise UnreadableFile(
            "wrong_header",
            f"line {header.line} lacks the columns {', '.join(lacking)}; add them, or take the template",
        )


def _is_unread(index: int, text: str, columns: dict[int, Column]) -> bool:
    return bool(text.strip()) and index not in columns


def _unread(header: Cells, index: int) -> Problem:
    name = header.texts[index].strip()
    return Problem(
        line=header.line,
        column=name[:60],
        message=f"nobody reads the column {name[:60]!r}",
        possible="nothing, or give it a name of the template",
    )


def _entries(
    rows: Iterator[Cells], columns: dict[int, Column], header: Cells, identity: Column
) -> Iterator[Entry]:
    """A blank id is a problem: another column stands in for ids only where a file has no column for them."""
    has_ids = identity in columns.values()
    width = max(index for index, text in enumerate(header.texts) if text.strip()) + 1
    count = 0
    for row in rows:
        texts = {
            column.name: text
            for index, column in columns.items()
            if index < len(row.texts) and (text := unguarded(row.texts[index]))
        }
        if not texts and not row.marks:
            continue
        count += 1
        if count > ROWS_MAX:
            raise too_many("rows", ROWS_MAX)
        blank = has_ids and identity.name not in texts
        yield Entry(
            line=row.line,
            texts=texts,
            marks={columns[index].name: mark for index, mark in row.marks.items() if index in columns},
            problems=[
                *_beyond(row.texts[width:], width),
                *([(identity.name, "is blank", f"write {identity.wants}")] if blank else []),
            ],
        )


def _beyond(texts: list[str], width: int) -> list[tuple[str | None, str, str]]:
    """A cell where no column has a name: mostly a comma in a text without quotes, so that all is shifted."""
    found = next((text for text in texts if text.strip()), None)
    if found is None:
        return []
    return [
        (
            None,
            f"{found[:40]!r} stands beyond the {width} columns of the header",
            "put a text with a separator in it in quotes, or give the column a name",
        )
    ]
