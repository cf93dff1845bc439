"""Client addresses: who is counted as one client, and which proxies may name another one."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from pamwal.contracts.errors import SettingsError
from pamwal.edge.http import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED_FOR: Final = b"x-forwarded-for"
_WITH_PORT: Final = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<four>\d+\.\d+\.\d+\.\d+):\d+")


class TrustedProxies:
    """The networks whose `X-Forwarded-For` is believed. Without any, the peer of the connection counts."""

    def __init__(self, networks: tuple[Network, ...] = ()) -> None:
        self._networks = networks

    @staticmethod
    def parse(text: str) -> TrustedProxies:
        """From `10.0.0.0/8, 192.0.2.7`. SettingsError names what is no network."""
        found = []
        for part in text.replace(",", " ").split():
            try:
                found.append(ipaddress.ip_network(part))
            except ValueError as error:
                raise SettingsError(
                    f"PAMWAL_TRUSTED_PROXIES: {part!r} is no address or network such as 10.0.0.0/8 ({error})"
                ) from error
        return TrustedProxies(tuple(found))

    def trusts(self, address: str) -> bool:
        """Whether a proxy at this address may say for whom it asks."""
        if not self._networks:
            return False
        found = _address(address)
        return found is not None and any(
            found in network for network in self._networks if network.version == found.version
        )

    def client_of(self, scope: Scope) -> str:
        """The client's address: the last one that no trusted proxy has.

        A proxy adds the address it was asked from at the right; what stands left of the first address that is
        not trusted may be anybody's invention. Where that is no address, the proxy itself is the client.
        """
        peer = scope.get("client")
        address: str = peer[0] if peer else ""
        if not self.trusts(address):
            return address
        said = b",".join(value for name, value in scope["headers"] if name == FORWARDED_FOR)
        for part in reversed(said.decode("latin-1").split(",")):
            found = _address(part)
            if found is None:
                return address
            address = str(found)
            if not self.trusts(address):
                return address
        return address


def counted_as(address: str) -> str:
    """One key for one client: an IPv4 address, or the IPv6 network /64 that one subscriber has."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text.strip()
    if with_port := _WITH_PORT.fullmatch(bare):
        bare = with_port["six"] or with_port["four"]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
