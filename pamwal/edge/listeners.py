"""The two sockets at which a process listens: for clients, and for operators."""

from __future__ import annotations

import contextlib
import socket
from typing import NamedTuple

from pamwal.contracts.errors import SettingsError
from pamwal.edge.serve import listening_socket
from pamwal.edge.settings import OPERATORS_ABOVE, EdgeSettings


class Listeners(NamedTuple):
    """Both listen already."""

    clients: socket.socket
    operators: socket.socket

    def addresses(self) -> dict[str, str | int]:
        """Where they are, for the log."""
        host, port = self.clients.getsockname()[:2]
        operators_host, operators_port = self.operators.getsockname()[:2]
        return {
            "host": host,
            "port": port,
            "operators_host": operators_host,
            "operators_port": operators_port,
        }


def listen(settings: EdgeSettings) -> Listeners:
    """Opens both sockets, or takes those that were inherited. SettingsError names one that cannot be used."""
    if settings.listeners is not None:
        clients, operators = map(_inherited, settings.listeners)
        return Listeners(clients, operators)
    try:
        clients = listening_socket(settings.host, settings.port)
    except OSError as error:
        raise SettingsError(f"port {settings.port} of {settings.host} cannot be used: {error}") from error
    try:
        return Listeners(clients, _for_operators(settings))
    except SettingsError:
        clients.close()
        raise


def _inherited(descriptor: int) -> socket.socket:
    """A socket that another process opened and that listens already."""
    with contextlib.suppress(OSError):
        listener = socket.socket(fileno=descriptor)
        if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listener.set_inheritable(False)
            listener.setblocking(False)
            return listener
        listener.detach()
    raise SettingsError(
        f"PAMWAL_LISTENERS names file descriptor {descriptor}, which is no socket that listens; unset it, and"
        " PAMWAL_PORT says where to listen"
    )


def _for_operators(settings: EdgeSettings) -> socket.socket:
    """The port that is set; else the usual one, or a free one if another process on this machine has that."""
    host, port = settings.operators_host, settings.operators_port
    if port is None:
        with contextlib.suppress(OSError, OverflowError):
            return listening_socket(host, settings.port + OPERATORS_ABOVE)
    try:
        return listening_socket(host, port or 0)
    except OSError as error:
        raise SettingsError(
            f"port {port or 0} of {host}, for operators, cannot be used: {error}; see PAMWAL_OPERATORS_HOST "
            "and PAMWAL_OPERATORS_PORT"
        ) from error
