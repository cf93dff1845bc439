"""States in a snapshot: as they are, by their type; or, where a core names none, as the decisions behind.

By type is for cores that decide by the million: a state is smaller than what made it, and unpacked in a
twentieth of the time. By decisions is for all others: whatever a state is, it can be made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, DecisionData
from pamwal.snapshots.arrivals import Frames
from pamwal.snapshots.packing import Packing
from pamwal.wire.book import Book
from pamwal.wire.causes import Seeing
from pamwal.wire.core import Core, KeptCore, Ruling, WatchingCore
from pamwal.wire.judge import Judge
from pamwal.wire.partitioning import partition_of

S = TypeVar("S")
Data = DecisionData[Fact]
_frames: Final[Frames[Data]] = Frames(Data)


class Resting(NamedTuple):
    """A packed state; calling it unpacks it. SnapshotIgnored."""

    unpack: Callable[[str, bytes], Any]
    operation_id: str
    operations: Mapping[str, bytes]
    """Those of its snapshot."""

    @property
    def packed(self) -> bytes:
        """It, as the snapshot has it. SnapshotIgnored."""
        return self.operations[self.operation_id]

    def __call__(self) -> Any:
        return self.unpack(self.operation_id, self.packed)


class States(Protocol[S]):
    """How a core's states are packed."""

    folded_by: tuple[str, ...]
    """The modules on whose code what is packed depends, beside the book's."""

    def new_judge(self, book: Book) -> Judge[S]:
        """One that folds what is to be packed, and nothing else."""
        ...

    def packed(self, judge: Judge[S]) -> dict[str, bytes]:
        """Operation → its state, of such a judge."""
        ...

    def unpack(self, operation_id: str, packed: bytes) -> S:
        """A state. SnapshotIgnored."""
        ...


class StatesByType(Generic[S]):
    """As they are."""

    def __init__(self, core: KeptCore[S]) -> None:
        self.folded_by: tuple[str, ...] = (type(core).__module__, "pamwal.snapshots.packing")
        self.packing: Packing[S] = Packing(core.state_type)
        self._core = core

    def new_judge(self, book: Book) -> Judge[S]:
        """As every way."""
        return Judge(_folding(self._core), book, partition_of)

    def packed(self, judge: Judge[S]) -> dict[str, bytes]:
        """As every way; what nobody spoke of is not even unpacked."""
        found = {name: self.packing.pack(state) for name, state in judge.operations.items()}
        for name, state in judge.packed.items():
            found[name] = state.packed if isinstance(state, Resting) else self.packing.pack(state())
        return found

    def unpack(self, operation_id: str, packed: bytes) -> S:  # noqa: ARG002 - the state says whose it is
        """As every way."""
        return self.packing.unpack(packed)


class _Noting(Judge[S]):
    """Takes decisions into its book, and notes those that change a state."""

    def __init__(self, core: Core[S], book: Book) -> None:
        super().__init__(core, book, partition_of)
        self.noted: defaultdict[str, list[Data]] = defaultdict(list)

    def _evolve(self, decision: Decision[Fact]) -> None:
        if decision.data.outcome in self.core.evolves:
            self.noted[decision.operationid].append(decision.data)


class StatesByDecisions(Generic[S]):
    """As the decisions that made them."""

    folded_by: tuple[str, ...] = ("pamwal.snapshots.arrivals", "pamwal.snapshots.states")

    def __init__(self, core: Ruling[S]) -> None:
        self._core = core

    def new_judge(self, book: Book) -> Judge[S]:
        """As every way."""
        return _Noting(_folding(self._core), book)

    def packed(self, judge: Judge[S]) -> dict[str, bytes]:
        """As every way; what was decided since is put behind what there is."""
        found = {name: each.packed for name, each in judge.packed.items() if isinstance(each, Resting)}
        for name, decisions in judge.noted.items() if isinstance(judge, _Noting) else ():
            found[name] = found.get(name, b"") + _frames.frame(decisions)
        return found

    def unpack(self, operation_id: str, packed: bytes) -> S:
        """As every way."""
        state = self._core.new_state(operation_id)
        for decision in _frames.read(packed):
            state = self._core.evolve(state, decision)
        return state


def _folding(core: Any) -> Core[Any]:
    """A watching core needs no picture to fold."""
    folding: Core[Any] = Seeing(core) if isinstance(core, WatchingCore) else core
    return folding


def states_of(core: Ruling[S]) -> States[S]:
    """How this core's states are packed."""
    if isinstance(core, KeptCore):
        return StatesByType(core)
    return StatesByDecisions(core)
