"""How operations were opened, known of those at rest too: who reads it need not have them folded. Pure."""

from __future__ import annotations

from pamwal.contracts.claims import Mode
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.decided import Decided


class Chartered:
    """Pictures of nothing but what opened, amended, closed and reopened operations, in any order."""

    def __init__(self) -> None:
        self._pictures = Pictures()

    def take(self, decision: Decided) -> None:
        """Takes one up that says how its operation stands."""
        self._pictures.fold(decision)

    def changed(self) -> set[str]:
        """Operations of which something was taken up since this was last called."""
        return self._pictures.take_changed()

    def mode_of(self, operation_id: str) -> Mode | None:
        """How one was opened, if it was."""
        return self._pictures.mode_of(operation_id)

    def get(self, operation_id: str, mode: Mode) -> OperationPicture | None:
        """How one stands by what tokens of that mode said."""
        return self._pictures.of[mode].operations.get(operation_id)
