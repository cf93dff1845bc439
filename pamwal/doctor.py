"""Looks at the machine and names what is missing, with the line that installs it.

Standard library only: `make` calls `python -m pamwal.doctor` before anything is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pamwal.contracts.errors import SettingsError
from pamwal.local import sources

OLDEST_PYTHON = (3, 11)
OLDEST_MAKE = (3, 81)
FREE_BYTES_MIN = 1_000_000_000
SERVICE_PORTS = {8101: "scheduler", 8102: "checkin", 8103: "reporting"}
CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"


class Verdict(StrEnum):
    """How a finding stands."""

    FINE = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    said: str
    install: Mapping[str, str] = field(default_factory=dict)
    """The line that installs it, by family: debian, fedora, macos."""


INSTALL_PYTHON = {
    "debian": "sudo apt-get install python3 python3-venv",
    "fedora": "sudo dnf install python3",
    "macos": "brew install python@3.12",
}
INSTALL_JAVA = {
    "debian": "sudo apt-get install openjdk-17-jre-headless",
    "fedora": "sudo dnf install java-21-openjdk-headless",
    "macos": "brew install openjdk@17  # then add its bin folder to PATH, as brew says",
}
INSTALL_MAVEN = {
    "debian": "sudo apt-get install maven",
    "fedora": "sudo dnf install maven",
    "macos": "brew install maven",
}
INSTALL_MAKE = {
    "debian": "sudo apt-get install make",
    "fedora": "sudo dnf install make",
    "macos": "xcode-select --install",
}


def look_at_system() -> Finding:
    """Whether this is a system the product runs on."""
    if platform.system() == "Windows":
        said = "Windows itself is not supported: run 'wsl --install', then work inside WSL2 as on Debian"
        return Finding("system", Verdict.MISSING, said)
    return Finding(
        "system", Verdict.FINE, f"{platform.system()} {platform.machine()}, {family() or 'unknown'}"
    )


def look_at_python() -> Finding:
    """Whether the Python that runs this is new enough and can make a virtual environment."""
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", Verdict.MISSING, f"{version} is too old, 3.11 is needed", INSTALL_PYTHON)
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            return Finding("python", Verdict.MISSING, f"{version} lacks its {module} module", INSTALL_PYTHON)
    return Finding("python", Verdict.FINE, version)


def look_at_make() -> Finding:
    """Whether there is a GNU make; only a note, for the `pamwal` command works without."""
    said = _said_by("make", "--version") or ""
    match = re.search(r"GNU Make (\d+)\.(\d+)", said)
    if match is None:
        return Finding(
            "make", Verdict.NOTE, "no GNU make; 'make demo' and 'make test' need one", INSTALL_MAKE
        )
    version = (int(match.group(1)), int(match.group(2)))
    if version < OLDEST_MAKE:
        return Finding("make", Verdict.NOTE, f"{version[0]}.{version[1]} is older than 3.81", INSTALL_MAKE)
    return Finding("make", Verdict.FINE, f"GNU make {version[0]}.{version[1]}")


def look_at_kafka(state: Path) -> Iterator[Finding]:
    """Whether a Kafka can be had here, and if not, each thing that is missing for one."""
    try:
        source = sources.find_source(state)
    except SettingsError as error:
        yield Finding("kafka", Verdict.MISSING, str(error))
        return
    if source is not None:
        yield Finding("kafka", Verdict.FINE, source.describe())
        return
    yield Finding(
        "kafka",
        Verdict.MISSING,
        "nothing here can run one: install Java and Maven as below, or start Docker or Podman, "
        "or set PAMWAL_BOOTSTRAP_SERVERS to a broker that runs",
    )
    if sources.find_java() is None:
        java = shutil.which("java")
        found = sources.java_version(java) if java is not None else None
        said = f"Java {found} is too old, 17 is needed" if found is not None else "no Java that runs"
        yield Finding("java", Verdict.MISSING, said, INSTALL_JAVA)
    if shutil.which("mvn") is None and not sources.holds_kafka(sources.jars_folder(state)):
        yield Finding("maven", Verdict.MISSING, "no Maven, which fetches Kafka's jars once", INSTALL_MAVEN)
    for engine in ("docker", "podman"):
        if shutil.which(engine) is not None:
            yield Finding(engine, Verdict.NOTE, "installed, but its service does not answer; start it")


def look_at_state(state: Path) -> Finding:
    """Whether the state folder can be written and has room."""
    existing = next(folder for folder in (state, *state.parents) if folder.exists())
    probe = existing / ".pamwal-doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        said = f"{state} cannot be written ({error.strerror}); set PAMWAL_STATE to a folder of yours"
        return Finding("state folder", Verdict.MISSING, said)
    free = shutil.disk_usage(existing).free
    if free < FREE_BYTES_MIN:
        said = (
            f"only {free // 1_000_000} MB are free at {state}; 1,000 MB are needed. "
            "Free some space there, or set PAMWAL_STATE to a folder on another disk"
        )
        return Finding("state folder", Verdict.MISSING, said)
    return Finding("state folder", Verdict.FINE, f"{state}, {free // 1_000_000_000} GB free")


def look_at_ports() -> Finding:
    """Whether the services' ports are free; a note, since the services may be what holds them."""
    held = [f"{port} ({service})" for port, service in SERVICE_PORTS.items() if _listens(port)]
    if held:
        return Finding(
            "ports", Verdict.NOTE, f"in use, perhaps by services that run already: {', '.join(held)}"
        )
    return Finding("ports", Verdict.FINE, "8101, 8102 and 8103 are free")


def look_at_dependencies() -> Finding:
    """Whether what is installed beside this Python is what was tested."""
    try:
        importlib.metadata.version("pamwal")
    except importlib.metadata.PackageNotFoundError:
        return Finding("dependencies", Verdict.NOTE, "not installed yet; 'make demo' and 'make test' do that")
    other = [f"{name} {has} (tested with {wants})" for name, has, wants in _installed() if has != wants]
    if other:
        return Finding("dependencies", Verdict.NOTE, "not the versions that were tested: " + ", ".join(other))
    return Finding("dependencies", Verdict.FINE, "the versions that were tested")


def examine(state: Path) -> list[Finding]:
    """Everything there is to say about this machine."""
    looks: list[Callable[[], Finding]] = [look_at_system, look_at_python, look_at_make]
    return [
        *(look() for look in looks),
        *look_at_kafka(state),
        look_at_state(state),
        look_at_ports(),
        look_at_dependencies(),
    ]


def report(*, brief: bool) -> int:
    """Print the findings, or with `brief` only what is missing. Returns the exit code: 1 if anything is."""
    findings = examine(sources.state_folder())
    missing = [finding for finding in findings if finding.verdict is Verdict.MISSING]
    for finding in missing if brief else findings:
        print("\n".join(lines(finding, family())))  # noqa: T201  this is what the command is for
    return 1 if missing else 0


def lines(finding: Finding, of: str | None) -> list[str]:
    """A finding as it is printed, with the install line of one family, or of all if it is not known."""
    install = {of: finding.install[of]} if of in finding.install and of is not None else finding.install
    if finding.verdict is Verdict.FINE:
        install = {}
    return [
        f"{finding.verdict:8}{finding.name}: {finding.said}",
        *(f"        {name}: {line}" for name, line in install.items()),
    ]


def family() -> str | None:
    """debian, fedora or macos, or None for another system."""
    if platform.system() == "Darwin":
        return "macos"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if names & {"debian", "ubuntu"}:
        return "debian"
    return "fedora" if names & {"fedora", "rhel", "centos"} else None


def _installed() -> Iterator[tuple[str, str, str]]:
    """Name, version and tested version of each pinned package that is installed."""
    if not CONSTRAINTS.exists():
        return
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        name, pinned, wants = line.partition("==")
        if not pinned or name.startswith("#"):
            continue
        try:
            yield name, importlib.metadata.version(name), wants.strip()
        except importlib.metadata.PackageNotFoundError:
            continue  # a tool of the tests, which a demo does not install


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _said_by(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="pamwal doctor", description=__doc__)
    parser.add_argument("--brief", action="store_true", help="say only what is missing")
    sys.exit(report(brief=parser.parse_args().brief))
