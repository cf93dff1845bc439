"""A Kafka that speaks TLS, knows its clients by SCRAM or certificate, and lets each do what is allowed.

Its settings are those of `deploy/tls/server.properties`; certificates and passwords are made at each start.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pamwal.contracts.kafka_users import ADMIN, USERS
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.wire.access_admin import apply_passwords
from pamwal.wire.kafka_security import KafkaSecurity
from tests.ports import reserved_port

EXAMPLE: Final = Path(__file__).resolve().parents[1] / "deploy" / "tls" / "server.properties"
HOST: Final = "127.0.0.1"
LISTENERS: Final = ("PLAINTEXT", "SCRAM", "MTLS", "EXPIRED", "CONTROLLER")
_DAY: Final = timedelta(days=1)


class CertificateAuthority:
    """Signs certificates for as long as a test runs. `folder` holds `ca.crt`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.crt"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Pamwal test CA")
        certificate = (
            self._begun(self._name, self._key, ends=datetime.now(UTC) + _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, name: str, folder: Path, *, ended: bool = False, key_password: str | None = None
    ) -> tuple[Path, Path]:
        """Writes `<name>.crt` and `<name>.key`, returns their paths. One that has `ended` did yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        ends = datetime.now(UTC) + (-_DAY if ended else _DAY)
        certificate = (
            self._begun(_name(name), key, ends=ends)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if key_password is not None:
            encryption = serialization.BestAvailableEncryption(key_password.encode())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ).decode()
        certificate_file = folder / f"{name}.crt"
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return certificate_file, write_secret(folder / f"{name}.key", pem)

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ends: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - 10 * _DAY)
            .not_valid_after(ends)
        )


class SecuredKafka(NamedTuple):
    """A running broker, where it listens, and the secrets of its users."""

    broker: LocalKafka
    scram_servers: str
    mtls_servers: str
    plaintext_servers: str
    expired_servers: str
    """As `scram_servers`, by a certificate that ended yesterday."""
    authority: CertificateAuthority
    credentials: Path

    def environment(self, **changes: str) -> dict[str, str]:
        """The settings of a process that speaks to it by SCRAM."""
        return {
            "PAMWAL_BOOTSTRAP_SERVERS": self.scram_servers,
            "PAMWAL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "PAMWAL_KAFKA_CA_FILE": str(self.authority.file),
            "PAMWAL_KAFKA_CREDENTIALS": str(self.credentials),
            **changes,
        }

    def security(self, user: str, **changes: str) -> KafkaSecurity:
        """How a client speaks to it as this user."""
        return KafkaSecurity.from_environment(user, self.environment(**changes))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def write_secret(path: Path, text: str) -> Path:
    """Writes a file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """A secured broker on a folder of its own, with a SCRAM password for each user of Pamwal."""
    authority, credentials = CertificateAuthority(folder / "tls"), folder / "credentials"
    for name, file, ended in (("kafka-broker", "broker", False), ("kafka-expired", "expired", True)):
        parts = authority.issue(name, folder / "tls", ended=ended)
        write_secret(folder / "tls" / f"{file}.pem", "".join(part.read_text() for part in reversed(parts)))
    authority.issue(ADMIN, credentials)
    passwords = {user: secrets.token_hex(16) for user in (*USERS, ADMIN)}
    for user, password in passwords.items():
        write_secret(credentials / f"{user}.password", password + "\n")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as reserved:
        patch.delenv("PAMWAL_BOOTSTRAP_SERVERS", raising=False)
        ports = {name: reserved.enter_context(reserved_port()) for name in LISTENERS}
        broker = running_kafka(folder, port=ports["PLAINTEXT"], settings=_settings(folder / "tls", ports))
        try:
            broker.start()
            found = SecuredKafka(
                broker,
                f"{HOST}:{ports['SCRAM']}",
                f"{HOST}:{ports['MTLS']}",
                f"{HOST}:{ports['PLAINTEXT']}",
                f"{HOST}:{ports['EXPIRED']}",
                authority,
                credentials,
            )
            # as whoever sets a cluster up: with the certificate of a super user
            admin = found.security(ADMIN, PAMWAL_KAFKA_SECURITY_PROTOCOL="SSL")
            apply_passwords(found.mtls_servers, admin, passwords)
            yield found
        finally:
            broker.stop()


def _settings(tls: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """The example's settings, and two listeners that no real broker has: plaintext, and one that expired."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("\\\n", "")
    pairs = (line.split("=", 1) for line in text.splitlines() if line and line[0] != "#")
    example = {name: value.strip() for name, value in pairs}
    jaas = "scram-sha-512.sasl.jaas.config"
    kinds = f"{example['listener.security.protocol.map']},EXPIRED:SASL_SSL,PLAINTEXT:PLAINTEXT"
    clients = [f"{name}://{HOST}:{ports[name]}" for name in LISTENERS if name != "CONTROLLER"]
    del example["log.dirs"]
    return {
        **example,
        "listeners": ",".join([*clients, f"CONTROLLER://{HOST}:{ports['CONTROLLER']}"]),
        "advertised.listeners": ",".join(clients),
        "listener.security.protocol.map": kinds,
        "controller.quorum.voters": f"1@{HOST}:{ports['CONTROLLER']}",
        "ssl.keystore.location": str(tls / "broker.pem"),
        "ssl.truststore.location": str(tls / "ca.crt"),
        f"listener.name.expired.{jaas}": example[f"listener.name.scram.{jaas}"],
        "listener.name.expired.ssl.keystore.type": "PEM",
        "listener.name.expired.ssl.keystore.location": str(tls / "expired.pem"),
    }
