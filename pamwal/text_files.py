"""Text that people send as files: its encoding is known or refused, and separated values become rows.

A wrong guess of an encoding turns names into nonsense that nobody notices until a roll call. So only what
marks itself (UTF-16, UTF-8 with or without its mark) is taken at its word; Windows-1252, which any bytes can
pass for, is taken only where what comes out looks like words written in Latin letters.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Literal

from pamwal.contracts.errors import UnreadableFile

Encoding = Literal["UTF-8", "UTF-16", "Windows-1252"]
SEPARATORS: Final = (",", ";", "\t")
HEADER_WITHIN = 20
"""A header stands within so many first lines: people put titles above it."""
ROW_CHARACTERS_MAX: Final = 256 * 1024
"""Of one row of separated values, with its separators: some hundred times what a row of ours has."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_LATIN = "À-ÖØ-öø-ÿŠšŽžŒœŸ"
_NOT_LATIN_WORDS = re.compile(
    f"[^\\x00-\\x7f{_LATIN}‘’“”–—…•·°\\xa0]"  # signs that no name, rank or place has
    f"|[{_LATIN}]{{3}}"  # Cyrillic, Thai and others come out as long runs of these
    f"|(?<=[a-z])[À-ÖØ-ÞŠŽŒŸ]"  # a capital within a word: Mac Roman
    f"|(?<=[A-Za-z])\\xa0(?=[a-z])"  # a gap within a word: the code pages of DOS
)
_DECLARED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_SAVE_AGAIN = "save it again as 'CSV UTF-8', or as an Excel workbook (.xlsx)"


def text_of(content: bytes) -> tuple[str, Encoding]:
    """The text of a file and its encoding. UnreadableFile if that cannot be known, or it is no text."""
    text, encoding = _decoded(content)
    if control := _CONTROL.search(text):
        line = _line_at(text, control.start())
        raise UnreadableFile(
            "wrong_form",
            f"line {line} holds the control character U+{ord(control[0]):04X}: this is no text file, or is"
            f" UTF-16 without its mark; {_SAVE_AGAIN}",
        )
    return text, encoding


def separator_of(text: str, known: Callable[[list[str]], int]) -> str:
    """The separator under which a row near the top has the most cells that `known` counts as headers.

    A first line `sep=;`, as Excel writes it, is taken at its word.
    """
    if declared := _DECLARED.match(text):
        return declared[1]
    top: list[str] = []
    for line in islice(io.StringIO(text, newline=""), HEADER_WITHIN):
        if len(line) > ROW_CHARACTERS_MAX:
            raise _row_too_long(len(top) + 1)
        top.append(line)
    found = [
        (_most_known(top, separator, known), -order, separator) for order, separator in enumerate(SEPARATORS)
    ]
    return max(found)[2]


def rows_of(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line of the file it begins at.

    UnreadableFile where a quote is not closed, or a row is too long.
    """
    lines = io.StringIO(text, newline="")
    skipped = 0
    if _DECLARED.match(text):
        lines.readline()
        skipped = 1
    begins, characters = 1, 0

    def bounded() -> Iterator[str]:
        """The lines, while those of one row are not too long: the reader builds a whole row."""
        nonlocal characters
        for line in lines:
            characters += len(line)
            if characters > ROW_CHARACTERS_MAX:
                raise _row_too_long(begins + skipped)
            yield line

    reader = csv.reader(bounded(), delimiter=separator, strict=True)
    try:
        for row in reader:
            yield begins + skipped, row
            begins, characters = reader.line_num + 1, 0
    except csv.Error as error:
        raise UnreadableFile(
            "wrong_form",
            f"line {begins + skipped} cannot be split into cells ({error}); close every quote, and double"
            " the quotes within a quoted cell",
        ) from error


def _row_too_long(line: int) -> UnreadableFile:
    return UnreadableFile(
        "too_large",
        f"the row at line {line} has over {ROW_CHARACTERS_MAX:,} characters; write one row a line, and close"
        " every quote",
    )


def _most_known(lines: list[str], separator: str, known: Callable[[list[str]], int]) -> int:
    """The most headers in one of some lines; none where a cell has no end under this separator."""
    try:
        return max((known(row) for row in csv.reader(lines, delimiter=separator)), default=0)
    except csv.Error:
        return 0


def _decoded(content: bytes) -> tuple[str, Encoding]:
    """The bytes as text, by their mark or as UTF-8, else as Windows-1252 if that makes sense."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise _not_in("UTF-16", content, error.start) from error
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        if content.startswith(codecs.BOM_UTF8):
            raise _not_in("UTF-8", content, error.start) from error
        return _windows_1252(content, error.start), "Windows-1252"


def _windows_1252(content: bytes, first_not_utf8: int) -> str:
    if mixed := _UTF8_LETTER.search(content):
        raise UnreadableFile(
            "wrong_encoding",
            f"line {_line_at(content, mixed.start())} is UTF-8 and line {_line_at(content, first_not_utf8)}"
            f" is not: the file mixes encodings, and letters would be lost; {_SAVE_AGAIN}",
        )
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _not_in("UTF-8 nor Windows-1252", content, error.start) from error
    if nonsense := _NOT_LATIN_WORDS.search(text):
        raise _not_in("UTF-8 nor Windows-1252", content, nonsense.start())
    return text


def _not_in(encoding: str, content: bytes, at: int) -> UnreadableFile:
    return UnreadableFile(
        "wrong_encoding",
        f"line {_line_at(content, at)} holds bytes ({content[at : at + 4].hex(' ')}) that are not {encoding}"
        f" text, and its letters are not guessed; {_SAVE_AGAIN}",
    )


def _line_at(content: bytes | str, at: int) -> int:
    before = content[:at]
    return 1 + (before.count(b"\n") if isinstance(before, bytes) else before.count("\n"))
