"""From a sheet's content to its PDF, beside the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem, ProcessFailed
from pamwal.edge.http import Receive, while_connected
from pamwal.processes import LimitedProcesses, ProcessLimits

PRINTER: Final = "pamwal.printing.printer:print_sheet"
MB: Final = 1024 * 1024
LIMITS: Final = ProcessLimits(
    at_once=2,
    waiting_max=16,
    memory_bytes=2048 * MB,
    cpu_s=60,
    wall_s=30,
    output_bytes_max=64 * MB,
)
"""Of each kind of sheet. One of 154 deployments takes 340 MB of address space, one of 2,400 some 600."""
_encode: Final = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


class Press:
    """Prints a few sheets at a time; each in a process of its own, that ends when its client leaves."""

    def __init__(
        self, templates: Mapping[type[Struct], str], within_s: float = LIMITS.wall_s, function: str = PRINTER
    ) -> None:
        """`templates`: each kind of sheet's, named from the folder that holds the packages.

        `function` prints a sheet in the process, named `module:name`.
        """
        self._templates, self._function = templates, function
        self.processes = LimitedProcesses(replace(LIMITS, wall_s=within_s))

    async def pdf_of(self, sheet: Struct, receive: Receive) -> bytes:
        """The PDF: the same sheet, the same bytes. HttpProblem 500 or 503 says why there is none.

        `receive` is the request's, whose body has been read; HttpProblem 499 if the client left.
        """
        printing = self.processes.call(self._function, _encode(sheet), self._templates[type(sheet)])
        try:
            return await while_connected(receive, printing)
        except ProcessFailed as error:
            if error.reason != "ended":
                raise HttpProblem(
                    503, "not_printed", f"the sheet was not printed: {error}; ask for less"
                ) from error
            _log.error("a sheet was not printed", why=str(error))
        raise HttpProblem(500, "not_printed", "the sheet cannot be printed; the service's log says why")
