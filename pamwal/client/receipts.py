"""What we were told is kept, written down at once: the audit later asks the log for every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pamwal.wire.log import Receipt


class ReceiptBook:
    """Receipts by the answer's header `Pamwal-At`, each a line with its request's id; the file only grows.

    A line is written before the caller learns of its receipt, so a crash forgets none that was acted on.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._noted: set[str] = set()

    def note(self, receipt: str, request_id: str) -> None:
        """Keeps one receipt; the same again changes nothing. ContractError if it is none."""
        if receipt not in self._noted:
            Receipt.parse(receipt)
            self._noted.add(receipt)
            self._file.write(f"{receipt} {request_id}\n")
            self._file.flush()

    def __len__(self) -> int:
        return len(self._noted)

    def __iter__(self) -> Iterator[Receipt]:
        return (Receipt.parse(text) for text in sorted(self._noted))

    def close(self) -> None:
        """Frees the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
