"""What several commands need to know: the state folder, the issuer, the broker, where the services are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pamwal.contracts.errors import SettingsError
from pamwal.edge.issuer import Issuer
from pamwal.local.kept import kept_broker
from pamwal.local.sources import state_folder
from pamwal.stack.ports import DEFAULT

TOKEN_HELP: Final = "Token for the Authorization header; PAMWAL_TOKEN if left out."  # noqa: S105 - a sentence


def issuer() -> Issuer:
    """The local issuer: keys of PAMWAL_ISSUER, or of the state folder."""
    folder = os.environ.get("PAMWAL_ISSUER")
    return Issuer(Path(folder) if folder else state_folder() / "issuer")


def address_of(service: str) -> str:
    """Where a service is: PAMWAL_SCHEDULER_URL and so on, or its own port on this machine."""
    given = os.environ.get(f"PAMWAL_{service.upper()}_URL")
    return given.rstrip("/") if given else f"http://127.0.0.1:{DEFAULT[service]}"


def bootstrap_servers() -> str:
    """The broker: PAMWAL_BOOTSTRAP_SERVERS, or the one of the state folder. SettingsError if none runs."""
    if given := os.environ.get("PAMWAL_BOOTSTRAP_SERVERS"):
        return given
    record = kept_broker(state_folder())
    if record is None:
        raise SettingsError(
            f"no Kafka runs on the state folder {state_folder()}: start one with 'pamwal up' or "
            "'pamwal kafka start', or set PAMWAL_BOOTSTRAP_SERVERS"
        )
    return f"127.0.0.1:{record.port}"


def token_or_environment(token: str | None) -> str:
    """The given token, or PAMWAL_TOKEN. SettingsError if there is neither."""
    found = token or os.environ.get("PAMWAL_TOKEN")
    if not found:
        raise SettingsError("no token: give --token or set PAMWAL_TOKEN; 'pamwal token --help' makes one")
    return found
