"""Which operations lie below which: the child names its parent, and the parent admits it. Pure.

Both may lie in different partitions, so no decider sees that they agree: whoever folds both does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pamwal.contracts.parents import above, counts_child
from services.reporting.picture.charter import Charter
from services.reporting.picture.operation import OperationPicture


def parent_of(operation: OperationPicture | None) -> str | None:
    """The parent an operation names as it stands."""
    charter = None if operation is None else operation.charter
    return None if charter is None else charter.parent


def parents_of(operation: OperationPicture) -> set[str]:
    """Every parent it names or once named."""
    named = (getattr(fact, "parent", None) for fact in operation.planned.operation.values())
    return {each for each in named if each is not None}


class Place(NamedTuple):
    """What an operation says of those above and below it."""

    parent: str | None
    asks_parent: bool = False
    """The parent counts it only once it has admitted it; else unless it has dismissed it."""
    children: Mapping[str, bool] = {}
    """Operation below it → whether it counts that one; of others it has not said yet."""


def place_of(charter: Charter) -> Place:
    """What an operation says as it stands."""
    return Place(charter.parent, charter.asks_parent, charter.children)


class Family:
    """Operations by the parents they name, as far as these count them."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        """`places`: of every operation that was opened."""
        self.parents: Final = {child: place.parent for child, place in places.items()}
        """Every operation that was opened → the one it names."""
        self._counted_in: dict[str, str | None] = dict.fromkeys(places)
        self._children: dict[str, list[str]] = {}
        self._asking: dict[str, list[str]] = {}
        for child, place in sorted(places.items()):
            if place.parent is None:
                continue
            parent = places.get(place.parent)
            said = None if parent is None else parent.children.get(child)
            if counts_child(said, asks_parent=place.asks_parent):
                self._counted_in[child] = place.parent
                self._children.setdefault(place.parent, []).append(child)
            elif said is None:
                self._asking.setdefault(place.parent, []).append(child)

    def children(self, operation_id: str) -> list[str]:
        """Those that it counts, by id; in a ring not itself."""
        return [child for child in self._children.get(operation_id, ()) if child != operation_id]

    def asking(self, operation_id: str) -> list[str]:
        """Those that name it their parent and that it has neither admitted nor dismissed, by id."""
        return self._asking.get(operation_id, [])

    def counts_in_parent(self, operation_id: str) -> bool:
        """Whether it names no parent, or one that counts it."""
        return self.parents.get(operation_id) == self._counted_in.get(operation_id)

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
        for parent in above(operation_id, self._counted_in.get):
            if parent == operation_id:
                return found
            found.append(parent)
        return []

    def orphan(self, operation_id: str) -> str | None:
        """The parent it names that nobody has opened; None if there is none such."""
        parent = self.parents.get(operation_id)
        return None if parent is None or parent in self.parents else parent
