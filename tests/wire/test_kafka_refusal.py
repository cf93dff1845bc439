"""What a process and a command say where Kafka does not take them: one sentence, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from pamwal.cli.main import app
from pamwal.contracts.errors import LogRefused
from pamwal.contracts.kafka_users import ADMIN, OPERATOR, READER, USERS
from pamwal.service import Service, main
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_refusal import refusal, refuse_unaccepted
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from services.checkin.app import CHECKIN
from services.reporting.app import REPORTING
from services.scheduler.app import SCHEDULER
from tests.ports import reserved_port
from tests.secured_kafka import CertificateAuthority, SecuredKafka, write_secret

pytestmark = pytest.mark.kafka

WRONG_PASSWORD = (
    r"does not know the user {user} with the password in \S+/{user}\.password: write the right one"
)
EXPIRED = r"the certificate of the Kafka at \S+ has expired: give the broker a new one"


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port at which nobody listens."""
    with reserved_port() as port:
        yield port


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A folder in which every user has a password that is not the broker's."""
    for user in USERS:
        write_secret(tmp_path / f"{user}.password", "open sesame")
    return tmp_path


class Case(NamedTuple):
    """Who connects where, and what is said; None: nothing, it is taken."""

    servers: str
    security: KafkaSecurity
    said: str | None


def by_certificate(secured: SecuredKafka, folder: Path) -> KafkaSecurity:
    """The super user, with the certificate of a folder."""
    return secured.security(ADMIN, PAMWAL_KAFKA_SECURITY_PROTOCOL="SSL", PAMWAL_KAFKA_CREDENTIALS=str(folder))


@pytest.fixture(
    params=[
        "accepted", "password", "expired", "other CA", "other name", "no password here", "client certificate",
        "no client certificate", "plaintext", "nobody",
    ]
)  # fmt: skip
def case(
    request: pytest.FixtureRequest, secured: SecuredKafka, wrong: Path, nobody: int, tmp_path: Path
) -> Case:
    reader = secured.security(READER)
    strange = CertificateAuthority(tmp_path / "strange")
    strange.issue(ADMIN, tmp_path / "strange")
    port = secured.scram_servers.rpartition(":")[2]
    cases = {
        "accepted": Case(secured.scram_servers, reader, None),
        "password": Case(
            secured.scram_servers,
            secured.security(READER, PAMWAL_KAFKA_CREDENTIALS=str(wrong)),
            WRONG_PASSWORD.format(user=READER),
        ),
        "expired": Case(secured.expired_servers, reader, EXPIRED),
        "other CA": Case(
            secured.scram_servers,
            secured.security(READER, PAMWAL_KAFKA_CA_FILE=str(strange.file)),
            r"is not signed by \S+/strange/ca\.crt \(.*\): set PAMWAL_KAFKA_CA_FILE",
        ),
        "other name": Case(
            f"localhost:{port}", reader, r"for another name \(Hostname mismatch.*subjectAltName"
        ),
        "no password here": Case(
            secured.mtls_servers, reader, r"does not accept the client certificate .*or misses one"
        ),
        "client certificate": Case(
            secured.mtls_servers,
            by_certificate(secured, tmp_path / "strange"),
            r"does not accept the client certificate \S+/strange/pamwal-admin\.crt",
        ),
        "no client certificate": Case(
            secured.mtls_servers, by_certificate(secured, secured.credentials), None
        ),
        "plaintext": Case(secured.scram_servers, PLAINTEXT, None),
        "nobody": Case(f"127.0.0.1:{nobody}", reader, None),
    }
    return cases[str(request.param)]


async def test_what_is_refused_is_said_in_a_sentence(case: Case) -> None:
    why = await refusal(case.servers, case.security)
    assert (why is None) == (case.said is None), why
    if case.said is not None:
        assert re.search(case.said, why or "")
        assert "\n" not in (why or "")


async def test_the_log_says_it_too(secured: SecuredKafka, wrong: Path) -> None:
    log = KafkaLog(secured.scram_servers, secured.security(READER, PAMWAL_KAFKA_CREDENTIALS=str(wrong)))
    with pytest.raises(LogRefused, match=WRONG_PASSWORD.format(user=READER)):
        await log.partition_count("any")
    await log.close()


def test_the_client_of_operators_says_it_too(secured: SecuredKafka) -> None:
    with (
        pytest.raises(LogRefused, match=EXPIRED),
        kafka_admin(secured.expired_servers, secured.security(OPERATOR)),
    ):
        pass


def test_one_server_that_takes_the_user_is_enough(secured: SecuredKafka) -> None:
    servers = f"{secured.expired_servers},{secured.scram_servers}"
    refuse_unaccepted(servers, secured.security(READER))


@pytest.fixture
def settings(secured: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of every process here, with nothing wrong."""
    for name, value in secured.environment(PAMWAL_STATE=str(tmp_path), PAMWAL_PORT="0").items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("service", "role", "user"),
    [
        (SCHEDULER, "all", "pamwal-scheduler-edge"),
        (CHECKIN, "edge", "pamwal-checkin-edge"),
        (CHECKIN, "decider", "pamwal-checkin-decider"),
        (REPORTING, "all", "pamwal-reporting-edge"),
        (REPORTING, "snapshots", "pamwal-snapshots"),
    ],
    ids=lambda value: value.name if isinstance(value, Service) else str(value),
)
@pytest.mark.parametrize("trouble", ["password", "expired"])
def test_a_process_that_is_refused_ends_with_a_sentence(
    service: Service,
    role: str,
    user: str,
    trouble: str,
    secured: SecuredKafka,
    wrong: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if trouble == "password":
        monkeypatch.setenv("PAMWAL_KAFKA_CREDENTIALS", str(wrong))
    else:
        monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", secured.expired_servers)
    assert main(service, ["--role", role]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(WRONG_PASSWORD.format(user=user) if trouble == "password" else EXPIRED, line)


@pytest.mark.usefixtures("settings")
def test_in_the_role_all_the_decider_s_user_is_asked_too(
    secured: SecuredKafka,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    edge = secured.credentials / "pamwal-checkin-edge.password"
    write_secret(folder / edge.name, edge.read_text())
    write_secret(folder / "pamwal-checkin-decider.password", "open sesame")
    monkeypatch.setenv("PAMWAL_KAFKA_CREDENTIALS", str(folder))
    assert main(CHECKIN, ["--role", "all"]) == 2
    assert "the user pamwal-checkin-decider with the password" in capsys.readouterr().err


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    "command",
    ["topics check", "topics apply", "topics acl --apply", "audit", "parked list", "keys list", "kafka start",
     "demo kupang --exit"],
)  # fmt: skip
def test_a_command_that_is_refused_ends_with_a_sentence(
    command: str, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_KAFKA_CREDENTIALS", str(wrong))
    answer = CliRunner().invoke(app, command.split())
    assert answer.exit_code == 1
    shown = f"{answer.stderr}{answer.stdout}".replace("\n", " ")
    assert re.search(WRONG_PASSWORD.format(user=OPERATOR), shown), shown
    assert "Traceback" not in shown
