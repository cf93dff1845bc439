"""The picture: every operation as the decisions of all contexts tell of it. Pure; views count from it."""

from __future__ import annotations

from services.reporting.picture.decided import AnyDecision, decode_decided
from services.reporting.picture.operation import OperationPicture

__all__ = ["OperationPicture", "Picture", "decode_decided"]


class Picture:
    """All operations, and which of them changed since somebody last asked."""

    def __init__(self) -> None:
        self.operations: dict[str, OperationPicture] = {}
        self.changed: set[str] = set()
        """Operations with something new; whoever views them clears it."""

    def fold(self, decision: AnyDecision) -> None:
        """Takes a decision of any context up. Twice is once, and any order gives the same picture.

        What was parked says nothing here: it may stand in a partition that is not its operation's, and nobody
        checked who said it. The ledger counts it.
        """
        if decision.data.outcome == "parked":
            return
        operation_id = decision.operationid
        operation = self.operations.get(operation_id)
        if operation is None:
            operation = self.operations[operation_id] = OperationPicture(operation_id)
        operation.fold(decision.data)
        self.changed.add(operation_id)
