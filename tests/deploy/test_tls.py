"""What `deploy/tls/certificates.sh` makes is what a broker and Pamwal's users need."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from pamwal.contracts.kafka_users import ADMIN, USERS
from pamwal.wire.kafka_security import KafkaSecurity
from tests.deploy.test_compose import TOP, check_against_specification

TLS = TOP / "deploy" / "tls"


def make(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    program = folder.parent / "pamwal"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pamwal.cli.main "$@"\n')
    program.chmod(0o755)
    return subprocess.run(
        ["sh", str(TLS / "certificates.sh"), str(folder), *names],
        env={**os.environ, "PAMWAL": str(program)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the script calls openssl")
def test_certificates_and_passwords_are_made_once_and_can_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    answer = make(folder, "kafka.example", "10.20.0.5")
    assert answer.returncode == 0, answer.stderr
    made = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}

    environment = {
        "PAMWAL_BOOTSTRAP_SERVERS": "kafka.example:9094",
        "PAMWAL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "PAMWAL_KAFKA_CA_FILE": str(folder / "ca.crt"),
        "PAMWAL_KAFKA_CREDENTIALS": str(folder / "credentials"),
    }
    passwords = {KafkaSecurity.from_environment(user, environment).password for user in USERS}
    assert len(passwords) == len(USERS), "each has its own"
    admin = KafkaSecurity.from_environment(ADMIN, {**environment, "PAMWAL_KAFKA_SECURITY_PROTOCOL": "SSL"})
    for name in ("kafka.example", "10.20.0.5"):
        assert subject_of_client(folder, admin, name) == ADMIN
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        subject_of_client(folder, admin, "other.example")

    assert make(folder, "kafka.example").returncode == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == made


def subject_of_client(folder: Path, client: KafkaSecurity, name: str) -> str:
    """Shakes hands as broker and client that reaches it by this name; the client's common name."""
    broker = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.crt")
    broker.load_cert_chain(folder / "broker.pem")
    broker.verify_mode = ssl.CERT_REQUIRED
    to_broker, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    assert client.tls is not None
    sides = [
        client.tls.wrap_bio(to_client, to_broker, server_hostname=name),
        broker.wrap_bio(to_broker, to_client, server_side=True),
    ]
    waiting = list(sides)
    for side in sides * 4:
        if side not in waiting:
            continue
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        waiting.remove(side)
    assert not waiting
    certificate = sides[1].getpeercert()
    assert certificate is not None
    return str(dict(pair for part in certificate["subject"] for pair in part)["commonName"])  # type: ignore[misc]


def test_without_a_name_it_says_how_it_is_called(tmp_path: Path) -> None:
    answer = make(tmp_path / "tls")
    assert answer.returncode == 2
    assert "FOLDER NAME" in answer.stderr


def test_the_override_fits_the_compose_specification() -> None:
    answer = check_against_specification(TLS / "docker-compose.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr
