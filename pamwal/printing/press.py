"""From a sheet's content to its PDF, beside the event loop."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from pamwal.contracts.errors import HttpProblem

PRINTER: Final = str(Path(__file__).with_name("printer.py"))
AT_ONCE: Final = 2
"""Sheets that are printed at a time; the others wait their turn."""
WITHIN_S: Final = 30
_encode: Final = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


class Press:
    """Prints in processes of their own, a few at a time."""

    def __init__(self, templates: Mapping[type[Struct], str], within_s: float = WITHIN_S) -> None:
        """`templates`: each kind of sheet's, named from the folder that holds the packages."""
        self._templates, self._within_s = templates, within_s
        self._places = asyncio.Semaphore(AT_ONCE)

    async def pdf_of(self, sheet: Struct) -> bytes:
        """The PDF: the same sheet, the same bytes. HttpProblem 500 or 503 says why there is none."""
        async with self._places:
            printer = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                PRINTER,
                self._templates[type(sheet)],
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
            )
            try:
                async with asyncio.timeout(self._within_s):
                    pdf, complaint = await printer.communicate(_encode(sheet))
            except TimeoutError as error:
                raise HttpProblem(
                    503, "not_printed", f"the sheet was not ready within {self._within_s:g} s; ask for less"
                ) from error
            finally:
                if printer.returncode is None:
                    printer.kill()
                    await printer.wait()
        if printer.returncode != 0:
            _log.error("a sheet was not printed", why=complaint.decode(errors="replace")[-2000:])
            raise HttpProblem(500, "not_printed", "the sheet cannot be printed; the service's log says why")
        return pdf
