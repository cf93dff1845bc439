"""Reads uploaded files in child processes with limits, for as long as the client waits."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
import structlog

from pamwal.contracts.errors import HttpProblem, ProcessFailed, UnreadableFile
from pamwal.contracts.scheduling import OfficerEntry, PlanRally
from pamwal.edge.http import Receive, while_connected
from pamwal.processes import LimitedProcesses, ProcessLimits
from services.scheduler.files import OrderLine, Parsed
from services.scheduler.files.process import FUNCTION, FileRead, FileToRead
from services.scheduler.settings import FILE_LIMITS

_encode: Final = msgspec.msgpack.Encoder().encode
_DECODERS: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    "roster": msgspec.msgpack.Decoder(FileRead[OfficerEntry]),
    "plan": msgspec.msgpack.Decoder(FileRead[PlanRally]),
    "orders": msgspec.msgpack.Decoder(FileRead[OrderLine]),
}
_log = structlog.get_logger(__name__)


class FileReader:
    """Reads a few files at a time; each in a process of its own, that ends when its client leaves."""

    def __init__(self, limits: ProcessLimits = FILE_LIMITS, function: str = FUNCTION) -> None:
        """`function` reads a `FileToRead` in the process, named `module:name`."""
        self.processes, self._function = LimitedProcesses(limits), function

    async def read(self, file: FileToRead, receive: Receive) -> Parsed[Any]:
        """The file's rows. UnreadableFile says why there are none.

        HttpProblem 503 while too many files are being read; 499 if the client left.
        """
        try:
            answer = await while_connected(receive, self.processes.call(self._function, _encode(file)))
        except ProcessFailed as error:
            raise _refusal(error) from error
        read: FileRead[Any] = await asyncio.to_thread(_DECODERS[file.kind].decode, answer)
        if read.parsed is None:
            raise UnreadableFile(read.code, read.message)
        return read.parsed


def _refusal(error: ProcessFailed) -> Exception:
    if error.reason != "ended":
        return UnreadableFile(
            "too_large",
            f"the file is too much to read: {error}; send it in parts, or copy the table into a new file",
        )
    _log.error("a file was not read", why=str(error))
    return HttpProblem(
        500, "not_read", "the process that read the file ended; save it as CSV and send it again"
    )
