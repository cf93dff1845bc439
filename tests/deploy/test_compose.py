"""`docker-compose.yml` fits the compose specification, and says what the code says."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
COMPOSE = TOP / "docker-compose.yml"
PODMAN = TOP / "container-compose.override.yml"
SERVICES = ("scheduler", "checkin", "reporting")


def check_against_specification(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


def test_the_file_fits_the_compose_specification() -> None:
    answer = check_against_specification(COMPOSE)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_wrong_file_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(
        COMPOSE.read_text(encoding="utf-8").replace("healthcheck:", "healthchek:"), encoding="utf-8"
    )
    assert check_against_specification(broken).returncode != 0


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_waits_for_kafka_and_topics_and_tells_its_health(
    compose: dict[str, Any], name: str
) -> None:
    service = compose["services"][name]
    assert service["depends_on"] == {
        "kafka": {"condition": "service_healthy"},
        "topics": {"condition": "service_completed_successfully"},
    }
    assert service["healthcheck"]["test"][-1].endswith("/readyz")
    assert service["command"][:3] == ["python", "-m", f"services.{name}"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_be_scaled(compose: dict[str, Any], name: str) -> None:
    """Neither a fixed container name nor one single host port."""
    service = compose["services"][name]
    assert "container_name" not in service
    first, last = map(int, re.fullmatch(r"127\.0\.0\.1:(\d+)-(\d+):\d+", service["ports"][0]).groups())  # type: ignore[union-attr]
    assert last - first >= 2


class OverrideLoader(yaml.SafeLoader):
    """Reads the tag by which a list replaces that of the file before."""


OverrideLoader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def test_podman_compose_publishes_the_same_ports_without_a_range(compose: dict[str, Any]) -> None:
    override = yaml.load(PODMAN.read_text(encoding="utf-8"), OverrideLoader)  # noqa: S506 - a safe loader
    ranged = {name for name, each in compose["services"].items() if "-" in str(each.get("ports"))}
    assert ranged == override["services"].keys() == set(SERVICES)
    for name, service in override["services"].items():
        inside = compose["services"][name]["ports"][0].rpartition(":")[2]
        assert service == {"ports": [f"127.0.0.1::{inside}"]}


def test_kafkas_health_is_whether_it_accepts_connections(compose: dict[str, Any]) -> None:
    """Asked by the shell alone: a check that starts a virtual machine takes a processor for a second."""
    _, *command = compose["services"]["kafka"]["healthcheck"]["test"]

    def is_healthy(port: int) -> bool:
        asked = [part.replace("9092", str(port)) for part in command]
        return subprocess.run(asked, capture_output=True, timeout=10, check=False).returncode == 0

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert not is_healthy(port)
        listener.listen()
        assert is_healthy(port)


def test_every_published_port_is_on_the_loopback(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_kafka_is_the_tested_version_everywhere(compose: dict[str, Any]) -> None:
    pom = (TOP / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    version = re.search(r"<kafka.version>([\d.]+)<", pom)
    assert version is not None
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{version.group(1)}"


def test_the_image_takes_nothing_but_the_product() -> None:
    kept = {
        line[1:]
        for line in (TOP / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[0] == "!"
    }
    dockerfile = (TOP / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
    assert {name for line in copied for name in line.split()} <= kept
