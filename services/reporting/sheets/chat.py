"""A SitRep as text for a chat group: bold headings as such groups have them, no table, no foreign markup."""

from __future__ import annotations

from collections.abc import Iterator

from pamwal.printing.words import printable
from services.reporting.sheets.columns import Block
from services.reporting.sheets.report import Report, Section

_ROMAN = ("I", "II", "III", "IV", "V")
_UNBROKEN = 10_000
"""A word is never parted in a chat."""


def text_of(report: Report) -> str:
    """The whole text; ends with a line break."""
    lines = [f"*{report.exercise}*"] if report.exercise else []
    lines += [f"*{report.title}*", f"*{report.number}*", f"*{_plain(report.operation)}*"]
    for numeral, section in zip(_ROMAN, report.sections, strict=True):
        lines += ["", f"*{numeral}. {section.title}*", *_lines(section)]
    lines += ["", _plain(report.check)]
    lines += [f"*{report.exercise}*"] if report.exercise else []
    return "\n".join(lines) + "\n"


def _lines(section: Section) -> Iterator[str]:
    yield from map(_plain, section.lines)
    for block in section.blocks:
        if block.brief:
            yield f"{block.columns[0]}:"
            yield from _rows(block)


def _rows(block: Block) -> Iterator[str]:
    """What is 0 is left out, but for the first count."""
    for name, first, *rest in block.rows:
        shown = [f"{block.columns[1]} {first}"]
        shown += [
            f"{word} {count}" for word, count in zip(block.columns[2:], rest, strict=True) if count != "0"
        ]
        yield f"- {_plain(name)}: {', '.join(shown)}"


def _plain(text: str) -> str:
    """On one line; a star from outside would end a bold heading or begin one."""
    return printable(text, _UNBROKEN).replace("*", "∗")
