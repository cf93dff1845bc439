"""How clients speak to Kafka: in plaintext, or by TLS as a user with a password or a certificate.

The settings are the same for every process; which user it is depends on what it does:

    PAMWAL_KAFKA_SECURITY_PROTOCOL   PLAINTEXT (the default), SSL or SASL_SSL, as Kafka names them
    PAMWAL_KAFKA_CA_FILE             PEM certificates that sign the brokers'; those of the system if left out
    PAMWAL_KAFKA_CREDENTIALS         folder of the users' secrets

In that folder a user has `<user>.password`, one line, for SCRAM-SHA-512 (SASL_SSL), or the certificate
`<user>.crt` with its key `<user>.key`, and `<user>.key.password` if the key is encrypted; or both.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from msgspec import Struct

from pamwal.contracts.errors import SettingsError

Protocol = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
MECHANISM: Final = "SCRAM-SHA-512"
_PROTOCOL = "PAMWAL_KAFKA_SECURITY_PROTOCOL"
_CA_FILE = "PAMWAL_KAFKA_CA_FILE"
_CREDENTIALS = "PAMWAL_KAFKA_CREDENTIALS"


class KafkaSecurity(Struct, frozen=True, kw_only=True):
    """Protocol, user and secrets of a client, read once. Its text does not show the password."""

    protocol: Protocol = "PLAINTEXT"
    user: str | None = None
    """None: no user is named, which a broker calls ANONYMOUS."""
    password: str | None = None
    tls: ssl.SSLContext | None = None
    ca_file: Path | None = None
    credentials: Path | None = None

    def __repr__(self) -> str:
        return f"KafkaSecurity(protocol={self.protocol!r}, user={self.user!r})"

    def options(self) -> dict[str, Any]:
        """Arguments that a client of aiokafka or of kafka-python is made with."""
        if self.protocol == "PLAINTEXT":
            return {}
        given: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.tls}
        if self.protocol == "SASL_SSL":
            given |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return given

    @staticmethod
    def from_environment(user: str, environment: Mapping[str, str] | None = None) -> KafkaSecurity:
        """How a process speaks as this user. SettingsError names the setting or file that cannot be used."""
        env = os.environ if environment is None else environment
        protocol = _protocol(env)
        if protocol == "PLAINTEXT":
            return PLAINTEXT
        ca_file, credentials = _path(env, _CA_FILE), _path(env, _CREDENTIALS)
        context, password = _context(ca_file), None
        if protocol == "SASL_SSL":
            if credentials is None:
                raise SettingsError(
                    f"{_PROTOCOL}=SASL_SSL needs {_CREDENTIALS}: a folder with the file {user}.password"
                )
            password = secret_in(credentials / f"{user}.password")
        if credentials is not None:
            _add_certificate(context, credentials, user, needed=password is None)
        return KafkaSecurity(
            protocol=protocol,
            user=user,
            password=password,
            tls=context,
            ca_file=ca_file,
            credentials=credentials,
        )


PLAINTEXT: Final = KafkaSecurity()
"""The default: what the Kafka that is started on this machine speaks, on 127.0.0.1 only."""


def secret_in(path: Path) -> str:
    """The one line of a secret file. SettingsError if it cannot be used, or others can read it."""
    refuse_readable_by_others(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {_why(error)}") from error
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret or not secret.isprintable():
        raise SettingsError(f"{path} holds no password: write one line of printable characters")
    return secret


def refuse_readable_by_others(path: Path) -> None:
    """SettingsError for a secret file that is not there, or that more than its owner may read.

    The group may read a file of root's: this is how secrets are mounted into containers.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    allowed = 0o640 if found.st_uid == 0 else 0o600
    if found.st_mode & 0o077 & ~allowed:
        raise SettingsError(f"{path} is a secret that others can read: run 'chmod {allowed:o} {path}'")


def _protocol(env: Mapping[str, str]) -> Protocol:
    text = env.get(_PROTOCOL) or "PLAINTEXT"
    protocol: Protocol | None = next((known for known in get_args(Protocol) if known == text), None)
    if protocol is None:
        raise SettingsError(f"{_PROTOCOL}={text!r}: write one of {', '.join(get_args(Protocol))}")
    unused = [name for name in (_CA_FILE, _CREDENTIALS) if env.get(name)]
    if protocol == "PLAINTEXT" and unused:
        raise SettingsError(
            f"{unused[0]} has no use in plaintext: set {_PROTOCOL} to SASL_SSL or SSL, or leave both out"
        )
    if protocol != "PLAINTEXT" and not env.get("PAMWAL_BOOTSTRAP_SERVERS"):
        raise SettingsError(
            f"{_PROTOCOL}={text} needs PAMWAL_BOOTSTRAP_SERVERS: the Kafka that Pamwal starts itself speaks "
            "plaintext, on 127.0.0.1 only"
        )
    return protocol


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the broker's certificate must be valid, and for the name it is reached by."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{_CA_FILE}: {ca_file} holds no certificate: {_why(error)}") from error


def _add_certificate(context: ssl.SSLContext, credentials: Path, user: str, *, needed: bool) -> None:
    """The user's certificate. Without one SettingsError if it is `needed`: it alone says who this is."""
    certificate, key = credentials / f"{user}.crt", credentials / f"{user}.key"
    if not certificate.exists():
        if needed:
            raise SettingsError(
                f"{certificate} is missing: with {_PROTOCOL}=SSL a user is known by certificate"
            )
        return
    refuse_expired(certificate)
    refuse_readable_by_others(key)
    password_file = credentials / f"{user}.key.password"
    # without a password OpenSSL would ask for one at the terminal
    password = secret_in(password_file) if password_file.exists() else ""
    try:
        context.load_cert_chain(certificate, key, lambda: password)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{certificate} and {key} cannot be used: {_why(error)}. Write both as PEM, the key of this very "
            f"certificate, and its password into {password_file} if it is encrypted"
        ) from error


def refuse_expired(certificate: Path, now: datetime | None = None) -> None:
    """SettingsError for a certificate file that is over, or that cannot be read."""
    from cryptography import x509  # a tenth of a second, for those who have a certificate

    try:
        ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise SettingsError(f"{certificate} holds no certificate: {_why(error)}") from error
    if ends <= (now or datetime.now(UTC)):
        raise SettingsError(f"the certificate {certificate} expired on {ends:%Y-%m-%d %H:%M} UTC: renew it")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
