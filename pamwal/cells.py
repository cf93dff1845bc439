"""The text of a cell: safe where a spreadsheet would run it, and exactly what it was when read again.

- A text that begins with `= + - @` gets an apostrophe before it (OWASP, CSV injection); one that begins or
  ends with a space, which reading takes away, or that reading would take for guarded, gets two.
- What XML or a calendar cannot carry is written `_x000D_` (ECMA-376, ST_Xstring), as Excel itself does.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

FORMULA_SIGNS: Final = ("=", "+", "-", "@")
_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|_x(?=[0-9A-F]{4})"
)
_ESCAPE = re.compile("_x([0-9A-F]{4})_")


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet runs and that `unguarded` reads as it was."""
    written = _UNWRITABLE.sub(_escaped, text)
    if text != text.strip() or _is_guarded(text):
        return f"''{written}"
    return f"'{written}" if text.startswith(FORMULA_SIGNS) else written


def unguarded(cell: str) -> str:
    """What a cell says: without the spaces around it and without a guard."""
    if cell.startswith("''"):
        return _unescaped(cell[2:])
    text = cell.strip()
    return _unescaped(text[1:] if _is_guarded(text) else text).strip()


def in_calendar(text: str) -> str:
    """A text as a calendar can carry it, before the escapes of RFC 5545."""
    return _UNWRITABLE.sub(_escaped, text)


def from_calendar(text: str) -> str:
    """What a calendar's property says."""
    return _unescaped(text)


def _is_guarded(text: str) -> bool:
    return text.startswith("'") and text[1:2] in {"'", *FORMULA_SIGNS}


def _escaped(found: re.Match[str]) -> str:
    if found[0] == "_x":
        return "_x005F_x"
    return f"_x{ord(found[0]):04X}_"


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def csv_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180 in UTF-8, with the mark by which Excel knows that it is; cells as they are given."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")
