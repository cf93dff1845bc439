"""Without a Java the broker runs in a container."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import readiness
from pamwal.local.container import container_name
from pamwal.local.kafka import running_kafka
from pamwal.local.kept import kept_broker, stop_kept
from pamwal.local.sources import find_java, jars_folder

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a `docker` and nothing else; returns the folder the engine keeps its things in."""
    java, jars = find_java(), jars_folder(tmp_path)
    assert java is not None, "the stand-in for an engine runs the broker with a Java of its own"
    folder, path = tmp_path / "engine", tmp_path / "bin"
    folder.mkdir()
    path.mkdir()
    script = path / "docker"
    program = REPOSITORY / "tests" / "local" / "engine_stand_in.py"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH={REPOSITORY} exec {sys.executable} {program} {folder} {java} {jars} "$@"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(path))
    for name in ("JAVA_HOME", "KAFKA_HOME", "PAMWAL_KAFKA_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.mark.kafka
def test_a_broker_in_a_container_starts_is_killed_comes_back_and_ends(state: Path, engine: Path) -> None:
    with running_kafka(state) as broker:
        address, cluster_id = broker.bootstrap_servers, broker.cluster_id
        assert broker.pid is None
        broker.kill()
        assert readiness.ask(address, 0.5) is None
        broker.start()
        assert (broker.bootstrap_servers, broker.cluster_id) == (address, cluster_id)
        answer = readiness.ask(address)
        assert answer is not None
        assert answer.cluster_id == cluster_id
        assert broker.log_file is not None
        assert broker.log_file.exists()

    assert readiness.ask(address, 0.5) is None
    commands = (engine / "commands").read_text().splitlines()
    run = [line for line in commands if line.startswith("run ")][-1]
    port = address.rpartition(":")[2]
    assert f"--publish=127.0.0.1:{port}:{port}" in run, "only this machine may reach it"
    assert f"--volume={container_name(state / 'kafka')}:" in run


@pytest.mark.kafka
def test_a_kept_container_is_used_again_and_stopped_on_demand(state: Path, engine: Path) -> None:
    with running_kafka(state, keep_warm=True) as broker:
        address = broker.bootstrap_servers
    try:
        with running_kafka(state) as again:
            assert (again.bootstrap_servers, again.started_here) == (address, False)
        assert kept_broker(state) is not None
    finally:
        assert stop_kept(state)
    assert kept_broker(state) is None


def test_an_image_the_engine_does_not_know_is_named(
    state: Path, engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_KAFKA_IMAGE", "mirror/kafka:1")
    with pytest.raises(
        LocalKafkaError, match=r"(?s)docker could not start mirror/kafka:1.*PAMWAL_KAFKA_IMAGE"
    ):
        running_kafka(state).start()
    assert list((state / "kafka" / "logs").iterdir()) == []
