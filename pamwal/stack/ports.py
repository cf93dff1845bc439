"""Which port a service gets on this machine: its own, or a free one when another program has that."""

from __future__ import annotations

from typing import Final

from pamwal.edge.settings import OPERATORS_ABOVE
from pamwal.local.readiness import can_listen, free_port

DEFAULT: Final = {"scheduler": 8101, "checkin": 8102, "reporting": 8103}


class Ports:
    """Gives each port once; two processes that are about to listen never get the same."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def own(self, service: str) -> int:
        """The service's default port, or a free one if it is taken."""
        return self._this_or_free(DEFAULT[service])

    def operators(self, service: str) -> int:
        """Where its operators are answered: the default port, or a free one if it is taken."""
        return self._this_or_free(DEFAULT[service] + OPERATORS_ABOVE)

    def _this_or_free(self, port: int) -> int:
        if port in self._given or not can_listen(port):
            return self.free()
        self._given.add(port)
        return port

    def free(self) -> int:
        """Any port nobody listens at."""
        while (port := free_port()) in self._given:
            pass
        self._given.add(port)
        return port
