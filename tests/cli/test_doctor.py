"""The doctor names what is missing and how to install it, on a machine that lacks it."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pamwal import doctor
from pamwal.contracts.errors import SettingsError
from pamwal.doctor import Finding, Verdict
from pamwal.local import sources

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on whose PATH there is nothing; returns the folder that is its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("JAVA_HOME", "KAFKA_HOME", "PAMWAL_BOOTSTRAP_SERVERS", "PAMWAL_KAFKA_JARS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PAMWAL_STATE", str(tmp_path / "state"))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def java(folder: Path, version: str) -> None:
    program(folder, "java", f"echo 'openjdk version \"{version}\" 2024-10-03' >&2")


def missing(state: Path) -> dict[str, Finding]:
    found = doctor.examine(state)
    return {finding.name: finding for finding in found if finding.verdict is Verdict.MISSING}


def test_a_bare_machine_lacks_a_kafka_a_java_and_a_maven(bare: Path, tmp_path: Path) -> None:
    lacks = missing(tmp_path / "state")
    assert set(lacks) == {"kafka", "java", "maven"}
    assert lacks["java"].install["debian"] == "sudo apt-get install openjdk-17-jre-headless"
    assert set(lacks["maven"].install) == {"debian", "fedora", "macos"}


def test_an_old_java_is_named_with_its_version(bare: Path, tmp_path: Path) -> None:
    java(bare, "11.0.24")
    assert missing(tmp_path)["java"].said == "Java 11 is too old, 17 is needed"
    java(bare, "1.8.0_392")
    assert missing(tmp_path)["java"].said == "Java 8 is too old, 17 is needed"


def test_a_java_without_maven_lacks_maven_only(bare: Path, tmp_path: Path) -> None:
    java(bare, "21.0.4")
    assert set(missing(tmp_path)) == {"kafka", "maven"}


def test_java_and_maven_are_enough(bare: Path, tmp_path: Path) -> None:
    java(bare, "17.0.12")
    program(bare, "mvn", "exit 0")
    assert missing(tmp_path) == {}
    assert isinstance(sources.find_source(tmp_path), sources.MavenKafka)


def test_a_java_that_only_complains_is_none(bare: Path, tmp_path: Path) -> None:
    # macOS has such a one where no Java is installed
    program(bare, "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    assert missing(tmp_path)["java"].said == "no Java that runs"


def test_an_engine_that_answers_is_enough_and_one_that_does_not_is_noted(bare: Path, tmp_path: Path) -> None:
    program(bare, "docker", "exit 1")
    noted = [finding for finding in doctor.examine(tmp_path) if finding.name == "docker"]
    assert [finding.verdict for finding in noted] == [Verdict.NOTE]
    program(bare, "podman", "exit 0")
    assert missing(tmp_path) == {}
    assert sources.find_source(tmp_path) == sources.ContainerKafka(str(bare / "podman"))


def test_ways_to_a_kafka_are_tried_in_their_order(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare, "docker", "exit 0")
    program(bare, "mvn", "exit 0")
    java(bare, "17.0.12")
    assert isinstance(sources.find_source(tmp_path), sources.MavenKafka)
    for folder in (tmp_path / "kafka" / "jars", tmp_path / "home" / "libs"):
        folder.mkdir(parents=True)
        for jar in ("kafka_2.13-4.3.1.jar", "kafka-clients-4.3.1.jar"):
            (folder / jar).touch()
    assert origin(tmp_path) == "the state folder"
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "home"))
    assert origin(tmp_path) == "KAFKA_HOME"
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", "broker:9092")
    assert sources.find_source(tmp_path) == sources.GivenBroker("broker:9092")


def test_a_kafka_home_without_a_kafka_is_named(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java(bare, "17.0.12")
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match="holds no Kafka"):
        sources.find_source(tmp_path)


def test_a_state_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="is a file; name a folder"):
        sources.state_folder({"PAMWAL_STATE": str(tmp_path / "file")})


def origin(state: Path) -> str:
    source = sources.find_source(state)
    assert isinstance(source, sources.JavaKafka)
    return source.origin


def test_windows_is_sent_to_wsl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    finding = doctor.look_at_system()
    assert finding.verdict is Verdict.MISSING
    assert "WSL2" in finding.said


def test_an_old_make_and_none_are_noted(bare: Path) -> None:
    assert doctor.look_at_make().verdict is Verdict.NOTE
    program(bare, "make", "echo 'GNU Make 3.80'")
    assert "older than 3.81" in doctor.look_at_make().said
    program(bare, "make", "echo 'GNU Make 3.81'")
    assert doctor.look_at_make().verdict is Verdict.FINE


def test_a_state_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = doctor.look_at_state(tmp_path / "file")
    assert finding.verdict is Verdict.MISSING
    assert "PAMWAL_STATE" in finding.said


def test_a_port_in_use_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(doctor, "SERVICE_PORTS", {other.getsockname()[1]: "scheduler"})
        assert "(scheduler)" in doctor.look_at_ports().said


def test_only_the_line_of_this_system_is_printed_and_all_where_it_is_unknown() -> None:
    finding = Finding("maven", Verdict.MISSING, "no Maven", doctor.INSTALL_MAVEN)
    assert doctor.lines(finding, "fedora")[1:] == ["        fedora: sudo dnf install maven"]
    assert len(doctor.lines(finding, None)) == 4


def test_it_runs_on_a_bare_python_and_its_exit_code_tells(bare: Path) -> None:
    """No site-packages and no PATH: what `make` calls before anything is installed."""
    # -S and -I keep this environment's packages out; -I also keeps the current folder out, hence the line.
    line = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from pamwal.doctor import report; "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", line + "sys.exit(report(brief=True))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 1
    assert "missing kafka: nothing here can run one" in done.stdout
    assert "ok " not in done.stdout


def test_a_missing_python_is_named_by_the_shell(bare: Path) -> None:
    script = str(REPOSITORY / "deploy" / "find-python.sh")
    program(bare, "cat", f'exec {shutil.which("cat", path="/bin:/usr/bin")} "$@"')
    program(bare, "python3", "exit 1")  # too old, or without venv
    done = subprocess.run(["/bin/sh", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "sudo apt-get install python3 python3-venv" in done.stderr

    program(bare, "python3.12", "exit 0")
    done = subprocess.run(["/bin/sh", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "python3.12\n")


def test_a_full_disk_is_named_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES_MIN", 10**18)
    lacks = doctor.look_at_state(tmp_path / "state")
    assert lacks.verdict is Verdict.MISSING
    assert "MB are free" in lacks.said
    assert "Free some space there, or set PAMWAL_STATE to a folder on another disk" in lacks.said
