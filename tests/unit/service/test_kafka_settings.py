"""Who a process is to Kafka: what the settings say, and what is wrong with those that cannot be used."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.contracts.kafka_users import OPERATOR, READER
from pamwal.kafka_settings import command_security, users_of
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from tests.secured_kafka import CertificateAuthority, write_secret

SECRET = "hang-on-sloopy"


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "tls")


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(authority: CertificateAuthority, credentials: Path) -> dict[str, str]:
    return {
        "PAMWAL_BOOTSTRAP_SERVERS": "kafka.example:9094",
        "PAMWAL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "PAMWAL_KAFKA_CA_FILE": str(authority.file),
        "PAMWAL_KAFKA_CREDENTIALS": str(credentials),
    }


def test_without_settings_clients_speak_plaintext() -> None:
    assert KafkaSecurity.from_environment(READER, {}) is PLAINTEXT
    assert PLAINTEXT.options() == {}


def test_a_user_has_the_password_of_the_file_of_its_name(
    environment: dict[str, str], credentials: Path
) -> None:
    write_secret(credentials / f"{READER}.password", SECRET + "\n")
    found = KafkaSecurity.from_environment(READER, environment)
    options = found.options()
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == (READER, SECRET)
    context = options["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1, "of the system's certificates none counts"


def test_its_text_does_not_show_the_password(environment: dict[str, str], credentials: Path) -> None:
    write_secret(credentials / f"{READER}.password", SECRET)
    found = KafkaSecurity.from_environment(READER, environment)
    assert READER in f"{found!r}"
    assert SECRET not in f"{found!r} {found}"


def test_in_the_role_all_edge_and_decider_are_two_users(
    environment: dict[str, str], credentials: Path
) -> None:
    for user in ("pamwal-checkin-edge", "pamwal-checkin-decider"):
        write_secret(credentials / f"{user}.password", f"of {user}")
    names = {
        role: tuple(each.user for each in users_of("checkin", role, decides=True, environment=environment))
        for role in ("all", "edge", "decider")
    }
    assert names == {
        "all": ("pamwal-checkin-edge", "pamwal-checkin-decider"),
        "edge": ("pamwal-checkin-edge", "pamwal-checkin-edge"),
        "decider": ("pamwal-checkin-decider", "pamwal-checkin-decider"),
    }
    (credentials / "pamwal-checkin-decider.password").unlink()
    with pytest.raises(SettingsError, match=r"pamwal-checkin-decider\.password cannot be read: No such file"):
        users_of("checkin", "all", decides=True, environment=environment)
    own, decider = users_of("checkin", "all", decides=True, environment={})
    assert own is decider is PLAINTEXT, "one client then does for both"


def test_a_command_is_the_operator_or_who_is_named(environment: dict[str, str], credentials: Path) -> None:
    for user in (OPERATOR, READER):
        write_secret(credentials / f"{user}.password", SECRET)
    assert command_security(environment).user == OPERATOR
    assert command_security({**environment, "PAMWAL_KAFKA_USER": READER}).user == READER


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"PAMWAL_KAFKA_SECURITY_PROTOCOL": "TLS"}, "'TLS': write one of PLAINTEXT, SSL, SASL_SSL"),
        ({"PAMWAL_KAFKA_SECURITY_PROTOCOL": ""}, "PAMWAL_KAFKA_CA_FILE has no use in plaintext: set PAMWAL_"),
        ({"PAMWAL_BOOTSTRAP_SERVERS": ""}, "needs PAMWAL_BOOTSTRAP_SERVERS: .* speaks plaintext"),
        ({"PAMWAL_KAFKA_CA_FILE": "nowhere"}, "PAMWAL_KAFKA_CA_FILE: nowhere holds no certificate: No such"),
        ({"PAMWAL_KAFKA_CREDENTIALS": ""}, "needs PAMWAL_KAFKA_CREDENTIALS: a folder with the file pamwal-r"),
        ({}, r"pamwal-reader\.password cannot be read: No such file"),
        (
            {"PAMWAL_KAFKA_SECURITY_PROTOCOL": "SSL"},
            r"reader\.crt is missing: .* known by certificate",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    environment: dict[str, str], changes: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        KafkaSecurity.from_environment(READER, {**environment, **changes})


@pytest.mark.parametrize("text", ["", "\n", "one\ntwo\n", "a\tb"])
def test_a_password_is_one_line(environment: dict[str, str], credentials: Path, text: str) -> None:
    write_secret(credentials / f"{READER}.password", text)
    with pytest.raises(SettingsError, match=r"pamwal-reader\.password holds no password: write one line"):
        KafkaSecurity.from_environment(READER, environment)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644])
def test_a_secret_that_others_can_read_is_refused(
    environment: dict[str, str], credentials: Path, mode: int
) -> None:
    path = write_secret(credentials / f"{READER}.password", SECRET)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=r"secret that others can read: run 'chmod 6[04]0 .*password'"):
        KafkaSecurity.from_environment(READER, environment)


def test_a_group_may_read_only_what_is_root_s(environment: dict[str, str], credentials: Path) -> None:
    path = write_secret(credentials / f"{READER}.password", SECRET)
    path.chmod(0o640)
    if os.geteuid() == 0:
        assert KafkaSecurity.from_environment(READER, environment).password == SECRET
        os.chown(path, 4711, -1)
    with pytest.raises(SettingsError, match="run 'chmod 600"):
        KafkaSecurity.from_environment(READER, environment)


def test_a_certificate_and_its_key_are_used(
    environment: dict[str, str], credentials: Path, authority: CertificateAuthority
) -> None:
    environment["PAMWAL_KAFKA_SECURITY_PROTOCOL"] = "SSL"
    certificate, key = authority.issue(READER, credentials)
    found = KafkaSecurity.from_environment(READER, environment)
    assert set(found.options()) == {"security_protocol", "ssl_context"}
    key.chmod(0o644)
    with pytest.raises(SettingsError, match=r"pamwal-reader\.key is a secret that others can read"):
        KafkaSecurity.from_environment(READER, environment)
    authority.issue("somebody", credentials)
    (credentials / "somebody.key").replace(key)
    with pytest.raises(SettingsError, match=r"cannot be used: .*the key of this very certificate"):
        KafkaSecurity.from_environment(READER, environment)
    certificate.write_text("no certificate")
    with pytest.raises(SettingsError, match=r"pamwal-reader\.crt holds no certificate"):
        KafkaSecurity.from_environment(READER, environment)


def test_an_encrypted_key_needs_its_password_and_asks_nobody_for_it(
    environment: dict[str, str], credentials: Path, authority: CertificateAuthority
) -> None:
    environment["PAMWAL_KAFKA_SECURITY_PROTOCOL"] = "SSL"
    authority.issue(READER, credentials, key_password=SECRET)
    with pytest.raises(SettingsError, match=r"cannot be used: .*password into .*key\.password"):
        KafkaSecurity.from_environment(READER, environment)
    write_secret(credentials / f"{READER}.key.password", SECRET + "\n")
    assert KafkaSecurity.from_environment(READER, environment).tls is not None


def test_a_certificate_that_expired_is_said_to_be_one(
    environment: dict[str, str], credentials: Path, authority: CertificateAuthority
) -> None:
    environment["PAMWAL_KAFKA_SECURITY_PROTOCOL"] = "SSL"
    authority.issue(READER, credentials, ended=True)
    with pytest.raises(SettingsError, match=r"reader\.crt expired on \d{4}-\d\d-\d\d .* UTC: renew it"):
        KafkaSecurity.from_environment(READER, environment)
