"""Which operations lie below which: each names its parent, and nobody asks the parent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pamwal.contracts.parents import above
from services.reporting.picture.operation import OperationPicture


def parent_of(operation: OperationPicture | None) -> str | None:
    """The parent an operation names as it stands."""
    charter = None if operation is None else operation.charter
    return None if charter is None else charter.parent


def parents_of(operation: OperationPicture) -> set[str]:
    """Every parent it names or once named."""
    named = (getattr(fact, "parent", None) for fact in operation.planned.operation.values())
    return {each for each in named if each is not None}


class Family:
    """Operations by the parents they name."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        """`parents`: every operation that was opened → the one it names."""
        self.parents: Final = dict(parents)
        self._children: dict[str, list[str]] = {}
        for child, parent in sorted(self.parents.items()):
            if parent is not None:
                self._children.setdefault(parent, []).append(child)

    def children(self, operation_id: str) -> list[str]:
        """Those that name it their parent, by id; in a ring not itself."""
        return [child for child in self._children.get(operation_id, ()) if child != operation_id]

    def below(self, operation_id: str, *, but: str | None = None) -> list[str]:
        """All that lie below it, near ones first, each once; not itself, nor `but` and what hangs there."""
        met = {operation_id, but}
        found: list[str] = []
        level = [operation_id]
        while level:
            level = [child for each in level for child in self.children(each) if child not in met]
            met.update(level)
            found += level
        return found

    def ring(self, operation_id: str) -> list[str]:
        """The ring of each other's parents it stands in, from itself upward; empty if it stands in none."""
        found = [operation_id]
        for parent in above(operation_id, self.parents.get):
            if parent == operation_id:
                return found
            found.append(parent)
        return []

    def orphan(self, operation_id: str) -> str | None:
        """The parent it names that nobody has opened; None if there is none such."""
        parent = self.parents.get(operation_id)
        return None if parent is None or parent in self.parents else parent
