"""The Kafka Streams aggregate that the fold is measured beside: built once by Maven, run by Java 17."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.record import only_one
from pamwal.local.sources import find_java

POM: Final = Path(__file__).parent / "kafka-streams" / "pom.xml"
BUILD_LIMIT_S: Final = 600.0


def built(state: Path) -> tuple[str, ...]:
    """The command that runs it, without its arguments. LocalKafkaError says what is missing, or what failed.

    What is built, and about 75 MB of jars, stay in `peers/kafka-streams` of the state folder.
    """
    java, maven = find_java(), shutil.which("mvn")
    if java is None or maven is None:
        raise LocalKafkaError("Kafka Streams is measured beside the fold, which takes Java 17 and Maven")
    folder = state.absolute() / "peers" / "kafka-streams"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with only_one(folder.with_name("kafka-streams.lock"), BUILD_LIMIT_S):
        command = (
            maven, "--quiet", "--batch-mode", "--file", str(POM), "package", f"-DoutputDirectory={folder}",
        )  # fmt: skip
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=BUILD_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise LocalKafkaError(f"Maven could not build {POM.parent.name}. It said:\n{last}")
    return java, "-cp", f"{folder}/kafka-streams-peer-1.jar:{folder}/lib/*", "pamwal.peer.Peer"
