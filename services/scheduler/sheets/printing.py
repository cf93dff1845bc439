"""From a sheet's content to its PDF, beside the event loop."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from pamwal.contracts.errors import HttpProblem
from services.scheduler.sheets.annex import Annex
from services.scheduler.sheets.check_in import CheckInForms
from services.scheduler.sheets.duty import DutySheets
from services.scheduler.sheets.printer import FOLDER

Sheet = Annex | DutySheets | CheckInForms
TEMPLATES: Final[dict[type[Struct], str]] = {
    Annex: "annex.typ",
    DutySheets: "duty.typ",
    CheckInForms: "check_in.typ",
}
AT_ONCE: Final = 2
"""Sheets that are printed at a time; the others wait their turn."""
WITHIN_S: Final = 30
_encode: Final = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


class Press:
    """Prints in processes of their own, a few at a time."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._places = asyncio.Semaphore(AT_ONCE)

    async def pdf_of(self, sheet: Sheet) -> bytes:
        """The PDF: the same sheet, the same bytes. HttpProblem 500 or 503 says why there is none."""
        async with self._places:
            printer = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(FOLDER / "printer.py"),
                TEMPLATES[type(sheet)],
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
