"""What several commands need to know: the state folder, the issuer, the broker, where the services are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pamwal.contracts.envelope import Identifier
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.persons import OfficerId
from pamwal.contracts.wording import in_words
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import Issuer
from pamwal.edge.key_rotation import earlier_keys
from pamwal.edge.seals import keys_of
from pamwal.kafka_settings import bootstrap_servers, command_security
from pamwal.local.sources import state_folder
from pamwal.stack.ports import DEFAULT
from pamwal.wire.kafka_security import KafkaSecurity
from pamwal.wire.log import Log

TOKEN_HELP: Final = "Token for the Authorization header; PAMWAL_TOKEN if left out."  # noqa: S105 - a sentence


def identifier(name: str, given: str, kind: Any = Identifier) -> str:
    """The id given. SettingsError says what an id of that kind is made of."""
    try:
        found: str = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        wanted = in_words(str(error), kind).removeprefix("Expected ")
        raise SettingsError(f"{name} {given!r} is no id; write {wanted}") from error
    return found


def checked_identifier(parameter: typer.CallbackParam, given: str | None) -> str | None:
    """The callback of an option or argument that is an id, if it is given. SettingsError."""
    return given if given is None else identifier(parameter.opts[0], given)


def checked_officer(parameter: typer.CallbackParam, given: str | None) -> str | None:
    """The callback of an option that is an officer's id, if it is given. SettingsError."""
    return given if given is None else identifier(parameter.opts[0], given, OfficerId)


def clock_of_environment() -> Clock:
    """The clock of PAMWAL_CLOCK, or the system's. ClockError."""
    return Clock.parse(os.environ.get("PAMWAL_CLOCK", "system"))


def issuer() -> Issuer:
    """The local issuer; its key is made if there is none."""
    return Issuer(issuer_folder())


def issuer_folder() -> Path:
    """Where the local issuer's keys are: PAMWAL_ISSUER, or in the state folder."""
    folder = os.environ.get("PAMWAL_ISSUER")
    return Path(folder) if folder else state_folder() / "issuer"


def trusted_keys(given: Path | None) -> dict[str, Ed25519PublicKey]:
    """The public keys of a file (`--keys`), else the local issuer's, earlier ones too. SettingsError."""
    if given is None:
        local = issuer()
        return {**earlier_keys(issuer_folder()), local.kid: local.public_key}
    try:
        return keys_of(given.read_bytes())
    except OSError as error:
        raise SettingsError(f"--keys {given}: {error.strerror}") from error


def address_of(service: str, given: str | None = None) -> str:
    """Where a service is: as given, else PAMWAL_SCHEDULER_URL and so on, else its own port on this machine.

    SettingsError if that is no http address.
    """
    name = f"PAMWAL_{service.upper()}_URL"
    address = given or os.environ.get(name) or f"http://127.0.0.1:{DEFAULT[service]}"
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SettingsError(f"{address!r} (--url or {name}) is no address: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsError(f"{address!r} (--url or {name}) is no address such as http://127.0.0.1:8102")
    return address.rstrip("/")


def kafka_servers() -> str:
    """The broker of commands: PAMWAL_BOOTSTRAP_SERVERS, or the one of the state folder. SettingsError."""
    return bootstrap_servers(state_folder())


def kafka_log(user: str | None = None) -> Log:
    """The log on that broker, as this Kafka user, or as the one of commands. SettingsError."""
    from pamwal.wire.kafka import KafkaLog  # a tenth of a second, for commands that ask the broker

    security = command_security() if user is None else KafkaSecurity.from_environment(user)
    return KafkaLog(kafka_servers(), security)


def token_or_environment(token: str | None) -> str:
    """The given token, or PAMWAL_TOKEN. SettingsError if there is neither."""
    found = token or os.environ.get("PAMWAL_TOKEN")
    if not found:
        raise SettingsError("no token: give --token or set PAMWAL_TOKEN; 'pamwal token --help' makes one")
    return found
