"""Bounds on the XML of an XLSX workbook, found by an event parser that keeps nothing.

openpyxl builds a tree of a whole row, or of a whole part such as the styles, before anybody sees it. So every
part is counted first: 5 million elements a second.
"""

from __future__ import annotations

import io
import zipfile
from typing import IO, Final
from xml.parsers import expat

from pamwal.contracts.errors import UnreadableFile

UNPACKED_MAX: Final = 200 * 1024 * 1024
ROW_CELLS_MAX: Final = 16_384
"""As many columns as Excel has."""
ROW_CHARACTERS_MAX: Final = 1024 * 1024
"""Of the text in one row, or in one text that cells share."""
ROW_ELEMENTS_MAX: Final = 4 * ROW_CELLS_MAX
"""XML elements in one row, or in one text that cells share."""
TEXTS_MAX: Final = 1_000_000
"""Texts that cells share."""
ELEMENTS_MAX: Final = 500_000
"""XML elements of a part outside its rows and shared texts."""
DEPTH_MAX: Final = 100
_PARTS: Final = (".xml", ".rels")
_PART_BYTES: Final = 64 * 1024


def refuse_bombs(content: bytes) -> None:
    """UnreadableFile for a workbook that would take much more memory than its size lets expect.

    zipfile never unpacks more of a part than its directory declares, so what it declares is a bound.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > UNPACKED_MAX:
            raise UnreadableFile(
                "too_large",
                f"the workbook unpacks to {unpacked:,} bytes, and may have {UNPACKED_MAX:,}; send it in"
                " parts",
            )
        for part in parts:
            if part.filename.lower().endswith(_PARTS):
                with archive.open(part) as stream:
                    _Counter(part.filename).read(stream)


class _Counter:
    """Counts what stands in one XML part."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth, self._elements, self._texts = 0, 0, 0
        self._row_depth: int | None = None
        """Of the row or shared text that is being read."""
        self._row = ""
        self._row_elements, self._row_cells, self._row_characters = 0, 0, 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, stream: IO[bytes]) -> None:
        while part := stream.read(_PART_BYTES):
            self._parser.Parse(part, False)
        self._parser.Parse(b"", True)

    def _start(self, qualified: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._refusal(f"XML elements nested over {DEPTH_MAX} deep")
        name = qualified.rpartition(":")[2]
        if self._row_depth is not None:
            self._row_elements += 1
            self._row_cells += name == "c"
            if self._row_cells > ROW_CELLS_MAX:
                raise self._refusal(f"a row of over {ROW_CELLS_MAX:,} cells")
            if self._row_elements > ROW_ELEMENTS_MAX:
                raise self._refusal(f"over {ROW_ELEMENTS_MAX:,} XML elements in one {self._row}")
        elif name in {"row", "si"}:
            self._row_depth, self._row = self._depth, "row" if name == "row" else "text"
            self._row_elements = self._row_cells = self._row_characters = 0
            self._texts += name == "si"
            if self._texts > TEXTS_MAX:
                raise self._refusal(f"over {TEXTS_MAX:,} texts")
        else:
            self._elements += 1
            if self._elements > ELEMENTS_MAX:
                raise self._refusal(f"over {ELEMENTS_MAX:,} XML elements outside its rows")

    def _end(self, _name: str) -> None:
        if self._depth == self._row_depth:
            self._row_depth = None
        self._depth -= 1

    def _characters(self, text: str) -> None:
        self._row_characters += len(text)
        if self._row_characters > ROW_CHARACTERS_MAX and self._row_depth is not None:
            raise self._refusal(f"over {ROW_CHARACTERS_MAX:,} characters in one {self._row}")

    def _doctype(self, *_: object) -> None:
        raise UnreadableFile(
            "wrong_form",
            f"the file is no Excel workbook, or is broken: {self._name} declares a DOCTYPE; open it in Excel"
            " and save it again as .xlsx",
        )

    def _refusal(self, what: str) -> UnreadableFile:
        return UnreadableFile(
            "too_large",
            f"{self._name[:100]} in the workbook has {what}; copy the table into a new workbook, or save it"
            " as CSV",
        )
