"""The picture: every operation as the decisions of all contexts tell of it. Pure; views count from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.unknown_facts import UnknownFacts
from services.reporting.picture.decided import AnyDecision, decode_decided
from services.reporting.picture.operation import OperationPicture
from services.reporting.picture.operations import Operations

__all__ = ["PICTURE_VERSION", "OperationPicture", "Picture", "Pictures", "decode_decided"]
PICTURE_VERSION: Final = "picture/10"
"""By which rules facts are folded and counted: SitReps name it. Another result for the same facts is another
version. By 4 whatever is received from a lost device since its loss is doubtful. By 5 a jump of
numbers is no gap. By 6 `intel` is in no number that others read. By 7 a
source can be reset. By 9 who is on no roster and has no order is not present, but `unregistered`.
By 10 ids of officers are compared without case."""


class Pictures:
    """A picture for what tokens of each mode said: neither ever shows anything of the other (decision 10).

    A reader is shown that of his own mode. Once an operation is opened no edge lets the other mode in, so
    what its tokens said before is seen by nobody; the ledger counts it.
    """

    def __init__(self) -> None:
        self.of: Final[dict[Mode, Picture]] = {mode: Picture(mode) for mode in MODES}
        self.folds: Final[dict[Mode | None, Callable[[AnyDecision], None]]] = {
            None: self._fold_into_both,
            **{mode: picture.fold for mode, picture in self.of.items()},
        }
        """The mode a decision says → what takes it up. One that says none holds in both."""
        self.unknown = UnknownFacts()
        """What is in no picture: facts that this version does not know. Whoever reads the log counts them."""

    def fold(self, decision: AnyDecision) -> None:
        """Takes a decision of any context up."""
        request = decision.data.request
        self.folds[None if request is None else request.mode](decision)

    def _fold_into_both(self, decision: AnyDecision) -> None:
        for picture in self.of.values():
            picture.fold(decision)

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened; None while its opening has not arrived."""
        for picture in self.of.values():
            known = picture.operations.get(operation_id)
            if known is not None and known.charter is not None:
                return known.charter.mode
        return None

    def take_changed(self) -> set[str]:
        """Operations with something new since this was last called."""
        changed = set[str]().union(*(picture.changed for picture in self.of.values()))
        for picture in self.of.values():
            picture.changed = set()
        return changed


class Picture:
    """All operations by what tokens of one mode said, and which changed since somebody last asked."""

    def __init__(self, mode: Mode) -> None:
        self._mode: Final[Mode] = mode
        self.operations = Operations()
        self.changed: set[str] = set()
        """Operations with something new; whoever views them clears it."""

    def fold(self, decision: AnyDecision) -> None:
        """Takes a decision of any context up. Twice is once, and any order gives the same picture.

        What was parked says nothing here: it may stand in a partition that is not its operation's, and nobody
        checked who said it. The ledger counts it.
        """
        data = decision.data
        if data.outcome == "parked":
            return
        operation_id, operations = decision.operationid, self.operations
        # their own `get` looks at who rests, which is once a decision, and nearly always nobody
        find = operations.get if operations.resting else operations.awake
        operation = find(operation_id)
        if operation is None:
            operation = operations[operation_id] = OperationPicture(operation_id, self._mode)
        operation.fold(data)
        self.changed.add(operation_id)
