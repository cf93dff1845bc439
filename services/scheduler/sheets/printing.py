"""Which template prints which sheet."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.printing.press import LIMITS, Press
from services.scheduler.sheets.annex import Annex
from services.scheduler.sheets.check_in import CheckInForms
from services.scheduler.sheets.duty import DutySheets

Sheet = Annex | DutySheets | CheckInForms
_FOLDER: Final = "services/scheduler/sheets"
TEMPLATES: Final[dict[type[Struct], str]] = {
    Annex: f"{_FOLDER}/annex.typ",
    DutySheets: f"{_FOLDER}/duty.typ",
    CheckInForms: f"{_FOLDER}/check_in.typ",
}


def plan_press(within_s: float = LIMITS.wall_s) -> Press:
    """Prints the sheets of a plan."""
    return Press(TEMPLATES, within_s)
