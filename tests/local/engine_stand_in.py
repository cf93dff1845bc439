"""A stand-in for a container engine: no engine can run where these tests must.

It knows the commands our code uses, keeps what an engine keeps about a container in a folder, and starts
the broker as the image's entry point does: settings from the environment, formatted with CLUSTER_ID. Call it
`engine_stand_in.py <folder> <java> <jars> COMMAND …`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from pamwal.local.processes import ProcessIdentity, identify

HOST_PATH_OF_VOLUMES = "volumes"


def settings_from(environment: dict[str, str], inside: str, outside: Path) -> str:
    """The image's rule: `___` is a dash, `__` an underscore, `_` a dot."""
    lines = []
    for name, value in environment.items():
        if not name.startswith("KAFKA_") or name == "KAFKA_HEAP_OPTS":
            continue
        parts = re.split(r"(___|__|_)", name.removeprefix("KAFKA_").lower())
        setting = "".join({"___": "-", "__": "_", "_": "."}.get(part, part) for part in parts)
        lines.append(f"{setting}={value.replace(inside, str(outside))}")
    return "\n".join(lines) + "\n"


class Engine:
    def __init__(self, folder: Path, java: str, jars: str) -> None:
        self.folder, self.java, self.jars = folder, java, jars

    def record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def process(self, name: str) -> ProcessIdentity | None:
        try:
            said: dict[str, Any] = json.loads(self.record(name).read_text())
        except FileNotFoundError:
            return None
        return ProcessIdentity(said["pid"], said["started"])

    def run(self, arguments: list[str]) -> int:
        if arguments[-1] != "apache/kafka:4.3.1":
            print(f"no such image: {arguments[-1]}", file=sys.stderr)
            return 125
        options = [argument.partition("=")[::2] for argument in arguments if argument.startswith("--")]
        named = dict(options)
        volume, _, inside = named["--volume"].partition(":")
        data = self.folder / HOST_PATH_OF_VOLUMES / volume
        data.mkdir(parents=True, exist_ok=True)
        environment = dict(value.split("=", 1) for name, value in options if name == "--env")
        properties = self.folder / "server.properties"
        properties.write_text(settings_from(environment, inside, data))
        machine = [self.java, "-Xmx512m", "-cp", f"{self.jars}/*"]
        if not (data / "meta.properties").exists():
            tool = [
                "kafka.tools.StorageTool",
                "format",
                "-t",
                environment["CLUSTER_ID"],
                "-c",
                str(properties),
            ]
            subprocess.run([*machine, *tool], check=True, capture_output=True)
        with (self.folder / "output").open("ab") as output:
            child = subprocess.Popen(
                [*machine, "kafka.Kafka", str(properties)],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        identity = identify(child.pid)
        assert identity is not None
        said = {"pid": identity.pid, "started": identity.started, "publish": named["--publish"]}
        self.record(named["--name"]).write_text(json.dumps(said))
        return 0

    def command(self, name: str, arguments: list[str]) -> int:
        with (self.folder / "commands").open("a") as log:
            log.write(" ".join([name, *arguments]) + "\n")
        if name == "info":
            return 0
        if name == "run":
            return self.run(arguments)
        process = self.process(arguments[-1])
        if process is None:
            print(f"no such container: {arguments[-1]}", file=sys.stderr)
            return 1
        if name == "inspect":
            print(f"{str(process.alive()).lower()} 0"[: None if "ExitCode" in arguments[0] else -2])
        elif name == "logs":
            os.execv(  # noqa: S606  the caller ends it as it would end the engine
                shutil.which("tail", path="/bin:/usr/bin") or "tail",
                ["tail", "-f", str(self.folder / "output")],
            )
        elif name == "stop":
            process.end(15.0)
        elif name in {"kill", "rm"}:
            process.send(signal.SIGKILL)
            process.wait_gone(10.0)
        if name == "rm":
            self.record(arguments[-1]).unlink()
        return 0


if __name__ == "__main__":
    engine = Engine(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    sys.exit(engine.command(sys.argv[4], sys.argv[5:]))
