"""What we were told is kept, written down at once: the audit later asks the log for every one of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pamwal.client.queue_file import trouble_of
from pamwal.contracts.errors import QueueError
from pamwal.private_files import open_private
from pamwal.wire.log import Receipt


class ReceiptBook:
    """Receipts by the answer's header `Pamwal-At`, each a line with its request's id; the file only grows.

    A line is written before the caller learns of its receipt, so a crash forgets none that was acted on.
    QueueError where the file cannot be written; no half of a line is left then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open_private(path, "ab", buffering=0)
        except OSError as error:
            raise self._trouble(error) from error
        self._noted: set[str] = set()

    def note(self, receipt: str, request_id: str) -> None:
        """Keeps one receipt; the same again changes nothing. ContractError if it is none."""
        if receipt not in self._noted:
            Receipt.parse(receipt)
            self._append(f"{receipt} {request_id}\n".encode())
            self._noted.add(receipt)

    def _append(self, line: bytes) -> None:
        try:
            written = self._file.write(line) or 0
            if written == len(line):
                return
            end = self._file.tell()
            if os.fstat(self._file.fileno()).st_size == end:  # nobody has written behind it
                self._file.truncate(end - written)
        except OSError as error:
            raise self._trouble(error) from error
        raise self._trouble(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def _trouble(self, error: OSError) -> QueueError:
        return QueueError(f"the receipts {self.path} cannot be written: {trouble_of(self.path, error)}")

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
