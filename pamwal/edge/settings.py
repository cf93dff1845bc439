"""What an edge can be told from outside, with units; every value has a default that suits one machine."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from pamwal.contracts.errors import SettingsError
from pamwal.edge.addresses import TrustedProxies

EXPENSIVE_READS: Final[Mapping[str, float]] = {
    "digest": 20, "timeline.csv": 100, "timeline.xlsx": 100, "facts.parquet": 200,
    **dict.fromkeys(("hours", "hours.csv", "hours.xlsx", "parity", "parity.csv"), 20),
}  # fmt: skip
"""The last part of a path → how many of its caller's requests a second such a read takes."""
EXPENSIVE_ENDINGS: Final[Mapping[str, float]] = {"pdf": 20, "xlsx": 10, "zip": 10}
"""The ending of a file that is read → how many of its caller's requests a second such a read takes."""
OPERATORS_ABOVE: Final = 1000
"""So far above the port of clients is the port of operators, unless it is set."""
AS_OF_COST: Final = 5.0
"""Requests that each picture of an earlier moment, which a read asks for, takes in addition."""
AS_OF_PARAMETERS: Final = (frozenset({"at", "known"}), frozenset({"since"}))
"""Parameters of a query that together ask for one such picture; `changes?since=` compares two."""


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """What an edge allows on its connections, before anybody has shown a token."""

    open_max: int | None = None
    """Open connections in all; None: as many as the system lets this process have files, less a reserve."""
    per_address_max: int = 1024
    """Open connections of one IPv4 address or one IPv6 network of /64, unless it is a trusted proxy."""
    head_bytes_max: int = 32 * 1024
    """Of a request line and its headers; also of trailers, and of what stands between the parts of a body."""
    headers_max: int = 100
    head_s: float = 10.0
    """From the connection, or the first byte of a later request, to the end of the headers."""
    body_pause_s: float = 30.0
    """How long nothing may come of a body that is awaited."""
    unread_s: float = 30.0
    """How long a client may take nothing of what it is sent."""
    idle_s: int = 30
    """How long a connection may stay open without a request, or with the rest of an answered one."""
    pipelined_max: int = 16
    """Requests that wait on a connection while an earlier one is answered."""


class EdgeSettings(Struct, frozen=True, kw_only=True):
    """One process's edge. `from_environment` reads `PAMWAL_…` variables."""

    host: str = "127.0.0.1"
    port: int = 8100
    operators_host: str = "127.0.0.1"
    """Where operators ask for metrics and for reasons: without a token, so no client may reach it."""
    operators_port: int | None = None
    """None: `OPERATORS_ABOVE` the other one, or any free one where that is taken."""
    listeners: tuple[int, int] | None = None
    """File descriptors of sockets that listen already, for clients and for operators; None: it opens both."""
    state: Path = Path(".pamwal")
    """Folder of local state."""
    issuer_folder: Path | None = None
    """Keys of the local issuer; default `<state>/issuer`."""
    jwks_url: str | None = None
    """Where a foreign issuer publishes its keys; then the local issuer's keys are not trusted."""
    public_url: str | None = None
    """Where phones reach this service, such as https://pamwal.example; default its own host and port."""
    trusted_issuer: str = "pamwal-local"
    audience: str = "pamwal"
    secret_file: Path | None = None
    """Shared secret of references and sessions, the same on every edge; default `<issuer folder>/secret`."""
    single_bytes_max: int = 1024 * 1024
    batch_bytes_max: int = 16 * 1024 * 1024
    underway_bytes_max: int = 64 * 1024 * 1024
    """Bytes of one token's bodies that are being read or answered at the same time; beyond it 429."""
    held_bytes_max: int = 512 * 1024 * 1024
    """Bytes of bodies of all tokens that an edge holds at the same time; beyond it 503."""
    connections: ConnectionLimits = ConnectionLimits()
    trusted_proxies: TrustedProxies = TrustedProxies()
    requests_per_s: float = 200.0
    """Sustained HTTP requests of one token; twice as many at once."""
    rows_per_s: float = 2000.0
    """Sustained batch rows of one token; a batch is taken whole, and the next once it is paid for."""
    streams_per_caller_max: int = 32
    """Open streams of one token; beyond it 429."""
    unacked_max: int = 10_000
    """Records sent and not yet acknowledged, in this process; beyond it 503."""
    decision_wait_ms: int = 2000
    read_wait_ms: int = 2000

    @property
    def public_address(self) -> str:
        """What the address in a QR code begins with; no slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def issuer_path(self) -> Path:
        """Where the local issuer's keys are."""
        return self.issuer_folder or self.state / "issuer"

    @property
    def secret_path(self) -> Path:
        """Where the shared secret is."""
        return self.secret_file or self.issuer_path / "secret"

    @staticmethod
    def from_environment(port: int, environment: Mapping[str, str] | None = None) -> EdgeSettings:
        """Settings of a service whose default port is `port`. SettingsError names what cannot be used."""
        env = os.environ if environment is None else environment
        state = Path(env.get("PAMWAL_STATE", ".pamwal"))
        return EdgeSettings(
            host=env.get("PAMWAL_HOST", "127.0.0.1"),
            port=round(_number(env, "PAMWAL_PORT", port, 65536)),
            operators_host=env.get("PAMWAL_OPERATORS_HOST") or "127.0.0.1",
            operators_port=round(_number(env, "PAMWAL_OPERATORS_PORT", 0, 65536))
            if env.get("PAMWAL_OPERATORS_PORT")
            else None,
            listeners=_listeners(env),
            state=state,
            issuer_folder=Path(env["PAMWAL_ISSUER"]) if env.get("PAMWAL_ISSUER") else None,
            jwks_url=env.get("PAMWAL_JWKS_URL") or None,
            public_url=_address(env, "PAMWAL_PUBLIC_URL"),
            trusted_issuer=env.get("PAMWAL_TOKEN_ISSUER", "pamwal-local"),
            audience=env.get("PAMWAL_TOKEN_AUDIENCE", "pamwal"),
            secret_file=Path(env["PAMWAL_SECRET_FILE"]) if env.get("PAMWAL_SECRET_FILE") else None,
            connections=ConnectionLimits(
                per_address_max=round(_number(env, "PAMWAL_CONNECTIONS_PER_ADDRESS", 1024))
            ),
            trusted_proxies=TrustedProxies.parse(env.get("PAMWAL_TRUSTED_PROXIES", "")),
            held_bytes_max=round(_number(env, "PAMWAL_HELD_BYTES_MAX", 512 * 1024 * 1024, 1e12)),
            streams_per_caller_max=round(_number(env, "PAMWAL_STREAMS_PER_CALLER", 32)),
            requests_per_s=_number(env, "PAMWAL_REQUESTS_PER_S", 200.0),
            rows_per_s=_number(env, "PAMWAL_ROWS_PER_S", 2000.0),
        )


def _listeners(env: Mapping[str, str]) -> tuple[int, int] | None:
    text = env.get("PAMWAL_LISTENERS", "")
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6}),([0-9]{1,6})", text)
    if found is None:
        raise SettingsError(f"PAMWAL_LISTENERS={text!r} is not two file descriptors, such as 5,6")
    return int(found[1]), int(found[2])


def _address(env: Mapping[str, str], name: str) -> str | None:
    text = env.get(name, "").rstrip("/")
    if text and re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,253}(/[A-Za-z0-9._~/-]{1,200})?", text) is None:
        raise SettingsError(f"{name}={text!r} is no address such as https://pamwal.example")
    return text or None


def _number(env: Mapping[str, str], name: str, default: float, below: float = 1e9) -> float:
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < below:
        raise SettingsError(f"{name}={text!r} is no number that can be used; leave it out for {default:g}")
    return value
