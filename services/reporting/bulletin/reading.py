"""Which totals a bulletin states: each number with the unit beside it, or why it is taken for none.

A number counts what stands directly behind it (`151 personel`), else what stands directly before it as a
label (`terlambat 3`, `Kelurahan: 11`). Where both could be meant it counts neither. What is told of a
part, one kelurahan or one unit, is no total. It is better to miss a claim, and to say so, than to invent one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from services.reporting.bulletin.asides import asides_of
from services.reporting.bulletin.clause_reader import ClauseReader, NotTaken, Reason, Stated
from services.reporting.bulletin.clauses import Line, is_heading, items_of, lines_of
from services.reporting.bulletin.tokens import tokens_of

ENUMERATED_MIN: Final = 2
"""So many names in a row are a list of what was counted, not a heading over what follows."""


class Reading(NamedTuple):
    """Everything a text says in numbers: every one of them is either stated or not taken."""

    stated: list[Stated]
    not_taken: list[NotTaken]
    days: list[str]
    """The days it names in full, YYYY-MM-DD, each once, in their order."""


def read_bulletin(text: str, names: Sequence[tuple[str, ...]] = ()) -> Reading:
    """What a text states. Never raises; `names` are places and task forces, each as its folded words."""
    tokens = tokens_of(text)
    items = items_of(tokens, asides_of(tokens, names))
    found = Reading([], [], [])
    in_part, named_lines = False, 0
    for line in lines_of(items):
        if not line.clauses:
            in_part, named_lines = False, 0
        elif is_heading(line):
            named_lines += 1
            in_part = named_lines <= ENUMERATED_MIN
        else:
            named_lines = 0
            in_part = in_part and line.clauses[0][0].kind != "link"
        _read_line(line, found, in_part=in_part)
    for item in items:
        if item.aside is not None and item.aside.day is not None and item.aside.day not in found.days:
            found.days.append(item.aside.day)
    _set_apart(found, lambda each: each.bare_label, "ambiguous")
    _set_apart(found, lambda each: each.listed, "part")
    found.stated.sort(key=lambda each: each.start)
    found.not_taken.sort(key=lambda each: each.start)
    return found


def _read_line(line: Line, found: Reading, *, in_part: bool) -> None:
    named = 0
    for clause in line.clauses:
        reader = ClauseReader(clause, of_part=in_part or named == 1)
        stated, not_taken = reader.read()
        in_part = in_part or (reader.of_part and named != 1)
        found.stated.extend(each._replace(listed=line.listed) for each in stated)
        found.not_taken.extend(not_taken)
        counts = any(item.kind == "quantity" for item in clause)
        named = 0 if counts or not clause[-1].marks_part else named + 1
    for item in (item for clause in line.clauses for item in clause):
        if item.aside is not None and item.aside.reason != "name":
            found.not_taken.append(NotTaken(item.aside.reason, item.start, item.end))


def _set_apart(found: Reading, of_kind: Callable[[Stated], bool], reason: Reason) -> None:
    """Takes back what several numbers of the same kind and claim state differently: none can be the total.

    `Lokasi 1 … Lokasi 2` counts nothing, and the lines of a list, each with its personel, tell parts.
    """
    values: dict[str, set[tuple[int, int | None]]] = {}
    for each in filter(of_kind, found.stated):
        values.setdefault(each.claim, set()).add((each.quantity.low, each.quantity.high))
    apart = [each for each in found.stated if of_kind(each) and len(values[each.claim]) > 1]
    found.stated[:] = [each for each in found.stated if each not in apart]
    found.not_taken.extend(NotTaken(reason, each.start, each.end) for each in apart)
