"""What can go wrong at a start is said in a sentence that names what to do, and the log is kept."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import failures, launch
from pamwal.local.jars import resolve
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.local.launch import DEFAULT_PORT, choose_port
from pamwal.local.sources import MavenKafka
from tests.ports import reserved_port


def test_a_demanded_port_in_use_is_named(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalKafkaError, match=f"Port {port} .* in use by another program"):
            choose_port(port)


def test_without_a_demand_another_port_is_found() -> None:
    try:
        other = socket.create_server(("127.0.0.1", DEFAULT_PORT))
    except OSError:  # already taken, by the broker of this very run: as good
        assert choose_port(None) != DEFAULT_PORT
        return
    with other:
        assert choose_port(None) != DEFAULT_PORT


def test_a_second_attempt_does_not_take_the_default_port_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with reserved_port() as port:
        monkeypatch.setattr(launch, "DEFAULT_PORT", port)
        assert choose_port(None) == port
        assert choose_port(None, default=False) != port


def test_jars_that_could_not_be_fetched_say_why_and_what_to_do(tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(LocalKafkaError, match=r"No space left on device\nMend that, .* the command again"):
        resolve(MavenKafka("java", str(maven), tmp_path / "jars"))


@pytest.mark.kafka
def test_a_crash_at_start_shows_the_end_of_its_log(state: Path) -> None:
    # Given a setting that formats well and that the broker itself cannot work with
    broken = LocalKafka(state, settings={"ssl.keystore.type": "JKS", "listeners": "PLAINTEXT://192.0.2.1:1"})

    with pytest.raises(LocalKafkaError) as failure:
        broken.start()

    log = next(iter((state / "kafka" / "logs").iterdir()))
    assert str(log) in str(failure.value)
    assert "ends with:" in str(failure.value) or "It said:" in str(failure.value)
    assert log.read_text().strip().splitlines()[-1] in str(failure.value)
    assert not (state / "kafka" / "broker.json").exists()


@pytest.mark.kafka
def test_a_broker_that_dies_while_starting_says_why(state: Path) -> None:
    # Given a folder that was formatted once, then had its identity overwritten
    with running_kafka(state):
        pass
    identity = state / "kafka" / "data" / "meta.properties"
    identity.write_text(identity.read_text().replace("version=1", "version=77"))

    with pytest.raises(LocalKafkaError, match="ended at its start with exit code 1") as failure:
        LocalKafka(state).start()

    assert "ends with:" in str(failure.value)
    assert not (state / "kafka" / "broker.json").exists()


@pytest.mark.kafka
def test_a_slow_start_is_given_up_in_time(state: Path) -> None:
    with pytest.raises(LocalKafkaError, match=r"did not answer within 0 s"):
        LocalKafka(state, ready_limit_s=0.2).start()


def test_a_given_broker_that_is_away_is_named(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    with pytest.raises(
        LocalKafkaError, match=r"No Kafka answers at 127.0.0.1:9, which PAMWAL_BOOTSTRAP_SERVERS"
    ):
        LocalKafka(state).start()


@pytest.mark.kafka
def test_a_given_broker_is_used_and_never_stopped(
    kafka: LocalKafka, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    with running_kafka(state) as given:
        assert given.bootstrap_servers == kafka.bootstrap_servers
        assert given.cluster_id == kafka.cluster_id
        assert (given.pid, given.started_here) == (None, False)
        given.stop()
        given.kill()
    assert given.cluster_id == kafka.cluster_id
    assert not (state / "kafka").exists()


def test_logs_are_kept_but_not_for_ever(tmp_path: Path) -> None:
    made = []
    for _ in range(7):
        made.append(failures.new_log_file(tmp_path, kept=5))
        made[-1].touch()
    assert sorted(tmp_path.iterdir()) == made[-5:]


@pytest.mark.kafka
def test_a_full_disk_is_said_and_what_to_do(state: Path) -> None:
    with running_kafka(state):
        pass
    settings = state / "kafka" / "server.properties"
    settings.unlink()
    settings.symlink_to("/dev/full")

    with pytest.raises(LocalKafkaError, match="the disk is full; free some space there"):
        LocalKafka(state).start()


def test_a_broker_that_ended_on_a_full_disk_says_so(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("ERROR Error while writing\njava.io.IOException: No space left on device\n")
    assert failures.ended(log, 1) == (
        f"ended with exit code 1: the disk is full; free some space there (its log: {log})"
    )


@pytest.mark.kafka
def test_a_state_folder_that_cannot_be_used_is_named(state: Path) -> None:
    (state / "kafka").mkdir()
    (state / "kafka" / "logs").write_text("no folder")
    with pytest.raises(LocalKafkaError, match=r"cannot use .*kafka/logs .*set PAMWAL_STATE"):
        LocalKafka(state).start()
