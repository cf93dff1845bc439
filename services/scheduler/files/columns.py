"""What a column of a file is: its names, where its cells go in the contract, and how they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import UNSET, Struct

Kind = Literal["text", "id", "words", "list", "skills", "count", "decimal", "instant", "place", "day", "hint"]
"""`words`: one of a few; `list` and `skills`: several, parted by `;`; `day` and `hint` only help others to
be read."""

TRUE_NAME: Final = re.compile(r"[a-z0-9]+")


class Column(Struct, frozen=True, kw_only=True):
    """One column. `path` is where its value stands in the contract; empty for `day` and `hint`."""

    name: str
    header: str
    """As templates and exports write it, in Indonesian; `name` and `also` are understood as well."""
    kind: Kind
    path: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = {}
    """Contract value → words for it; the first is written."""
    wants: str
    """What a cell must be, as a problem says it."""
    explains: str
    """The same for a template, in Indonesian."""
    example: str
    required: bool = False
    calendar: str | None = None
    """The property of RFC 5545 that says it; the others get one of our own, X-PAMWAL-…"""

    @property
    def own_property(self) -> str:
        """The name of this column's property in a calendar, where the standard has none."""
        return f"X-PAMWAL-{self.name.upper().replace('_', '-')}"


Finish = Callable[[dict[str, Any], Mapping[str, str]], "list[tuple[str, str, str]]"]
"""Completes the nested values of a row, given its cells; returns (column, what is wrong, what to do)."""


class Subject(Struct, frozen=True, kw_only=True):
    """What the rows of a file are about."""

    name: Literal["roster", "plan", "orders"]
    title: str
    columns: tuple[Column, ...]
    contract: type[Struct]
    identity: str
    """The column that names a row; it stands once in a file."""
    location: str | None = None
    """The column that LOCATION of a calendar says, where the calendar has no property of ours for it."""
    stand_in: Mapping[str, str] = {}
    """Column → another that does where a file has not got it."""
    unique: Mapping[str, Callable[[str], str | None]] = {}
    """Column whose cells differ from row to row → the form in which two are compared; None: not at all."""
    finish: Finish

    @property
    def by_name(self) -> dict[str, Column]:
        """Name → column."""
        return {column.name: column for column in self.columns}


def folded(header: str) -> str:
    """A header or a word as it is compared: small letters and digits only, joined by underscores."""
    plain = unicodedata.normalize("NFKD", header).casefold()
    return "_".join(TRUE_NAME.findall("".join(c for c in plain if not unicodedata.combining(c))))


@cache
def type_at(contract: type, path: tuple[str, ...]) -> Any:
    """The contract's type at a path, with its bounds, so that a cell is judged by the contract itself."""
    here: Any = contract
    for step in path:
        here = _without_none(here)
        if get_origin(here) is dict:
            here = get_args(here)[1]
        else:
            here = get_type_hints(here, include_extras=True)[step]
    return _without_none(here)


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of a contract's value; None where there is nothing."""
    for step in path:
        if value is None or value is UNSET:
            return None
        value = value.get(step) if isinstance(value, dict) else getattr(value, step)
    return value


def put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Sets a value in nested dictionaries."""
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _without_none(annotation: Any) -> Any:
    """A type without `| None`; an `Annotated` around it is kept, for it has the bounds."""
    if get_origin(annotation) is Annotated or get_origin(annotation) not in {Union, UnionType}:
        return annotation
    return next(part for part in get_args(annotation) if part is not type(None))
