"""The operations of a picture. Some may rest: they are folded when somebody first looks at them. Pure."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, ValuesView

from services.reporting.picture.operation import OperationPicture


class Operations(dict[str, OperationPicture]):
    """Operation → its picture. Whoever asks for one that rests has it folded first."""

    def __init__(self) -> None:
        super().__init__()
        self.resting: dict[str, Callable[[], None]] = {}
        """Operation → what folds it, into here among others; it takes itself out of this first."""
        self.awake: Callable[[str], OperationPicture | None] = super().get
        """`get` that folds nothing."""

    def get(  # type: ignore[override]
        self, operation_id: str, default: OperationPicture | None = None
    ) -> OperationPicture | None:
        """As of any dict."""
        if operation_id in self.resting:
            self.resting[operation_id]()
        return super().get(operation_id, default)

    def values(self) -> ValuesView[OperationPicture]:  # type: ignore[override]
        """As of any dict; all of them are folded first."""
        self._wake()
        return super().values()

    def items(self) -> ItemsView[str, OperationPicture]:  # type: ignore[override]
        """As of any dict; all of them are folded first."""
        self._wake()
        return super().items()

    def _wake(self) -> None:
        while self.resting:
            next(iter(self.resting.values()))()
