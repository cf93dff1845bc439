"""Where a Kafka can come from on this machine. Standard library only, for `pamwal doctor` needs it first."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pamwal.contracts.errors import SettingsError

OLDEST_JAVA = 17
KAFKA_IMAGE = "apache/kafka:4.3.1"
POM = Path(__file__).resolve().parents[2] / "deploy" / "kafka" / "pom.xml"

NO_KAFKA = (
    "No Kafka can be started here. Install Java 17 and Maven (Debian: apt-get install "
    "openjdk-17-jre-headless maven; Fedora: dnf install java-21-openjdk-headless maven; macOS: brew install "
    "openjdk@17 maven), or start Docker or Podman, or set PAMWAL_BOOTSTRAP_SERVERS to a broker that runs."
)


@dataclass(frozen=True, slots=True)
class GivenBroker:
    """A broker somebody else runs: nothing is started and nothing is stopped."""

    bootstrap_servers: str

    def describe(self) -> str:
        return f"the broker at {self.bootstrap_servers} (PAMWAL_BOOTSTRAP_SERVERS)"


@dataclass(frozen=True, slots=True)
class JavaKafka:
    """Kafka's jars and a Java that can run them."""

    java: str
    jars: Path
    origin: str

    @property
    def class_archive(self) -> Path:
        """Where an archive of the classes of just these jars for just this Java is, or would be."""
        parts = [Path(self.java).resolve(), *sorted(self.jars.glob("*.jar"))]
        told = "".join(f"{part}:{part.stat().st_size}:{part.stat().st_mtime_ns}\n" for part in parts)
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        return self.jars.with_name(f"{self.jars.name}-{key}.jsa")

    def describe(self) -> str:
        return f"Java with the jars of {self.origin}"


@dataclass(frozen=True, slots=True)
class MavenKafka:
    """A Java and a Maven that can still fetch the jars into `jars`."""

    java: str
    maven: str
    jars: Path

    def describe(self) -> str:
        return "Java, with jars Maven has yet to fetch"


@dataclass(frozen=True, slots=True)
class ContainerKafka:
    """A container engine that answers."""

    engine: str
    image: str = KAFKA_IMAGE
    """PAMWAL_KAFKA_IMAGE, for a mirror, or for an engine that wants to be told the whole name."""

    def describe(self) -> str:
        return f"{Path(self.engine).name} with {self.image}"


Source = GivenBroker | JavaKafka | MavenKafka | ContainerKafka


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder local state lives in: PAMWAL_STATE, or `.pamwal` in the current folder. SettingsError."""
    folder = Path(environment.get("PAMWAL_STATE") or ".pamwal").absolute()
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"PAMWAL_STATE: {folder} is a file; name a folder, it is made if it is not there")
    return folder


def jars_folder(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the resolved jars: PAMWAL_KAFKA_JARS, or one inside the state folder."""
    chosen = environment.get("PAMWAL_KAFKA_JARS")
    return Path(chosen).absolute() if chosen else state.absolute() / "kafka" / "jars"


def find_source(state: Path, environment: Mapping[str, str] = os.environ) -> Source | None:
    """The first way to a Kafka that works here, or None.

    SettingsError if KAFKA_HOME is set and holds none.

    In this order: PAMWAL_BOOTSTRAP_SERVERS, KAFKA_HOME, resolved jars, jars by Maven, a container engine.
    """
    if given := environment.get("PAMWAL_BOOTSTRAP_SERVERS"):
        return GivenBroker(given)
    java = find_java(environment)
    if java is not None:
        home = environment.get("KAFKA_HOME")
        if home:
            if not holds_kafka(Path(home) / "libs"):
                raise SettingsError(f"KAFKA_HOME: {home} holds no Kafka: its libs have no broker")
            return JavaKafka(java, Path(home).absolute() / "libs", "KAFKA_HOME")
        jars = jars_folder(state, environment)
        if holds_kafka(jars):
            return JavaKafka(java, jars, "the state folder")
        maven = shutil.which("mvn", path=environment.get("PATH"))
        if maven is not None and POM.exists():
            return MavenKafka(java, maven, jars)
    engine = find_engine(environment)
    if engine is None:
        return None
    return ContainerKafka(engine, environment.get("PAMWAL_KAFKA_IMAGE") or KAFKA_IMAGE)


def holds_kafka(folder: Path) -> bool:
    """Whether the folder holds a broker's jars."""
    return any(folder.glob("kafka_2.*.jar")) and any(folder.glob("kafka-clients-*.jar"))


def find_java(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a Java of at least version 17: of JAVA_HOME first, then of PATH."""
    homes = [Path(home) / "bin" / "java" for home in [environment.get("JAVA_HOME")] if home]
    on_path = shutil.which("java", path=environment.get("PATH"))
    for candidate in [*map(str, homes), on_path]:
        if candidate is not None and (java_version(candidate) or 0) >= OLDEST_JAVA:
            return candidate
    return None


def java_version(java: str) -> int | None:
    """The major version this Java says it is, or None where it does not run (as macOS's stub)."""
    said = _said_by([java, "-version"])
    match = re.search(r'version "(?:1\.)?(\d+)', said or "")
    return int(match.group(1)) if match else None


def find_engine(environment: Mapping[str, str] = os.environ) -> str | None:
    """The name of a container engine whose service answers: docker or podman."""
    for engine in ("docker", "podman"):
        path = shutil.which(engine, path=environment.get("PATH"))
        if path is not None and _said_by([path, "info"]) is not None:
            return path
    return None


def _said_by(command: list[str]) -> str | None:
    """What a command printed, or None if it failed or took over 10 seconds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None
