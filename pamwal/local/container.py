"""Runs the broker in a container, for machines with an engine and no Java."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.guard import Guard
from pamwal.local.java import new_cluster_id
from pamwal.local.settings import broker_settings
from pamwal.local.sources import ContainerKafka

START_LIMIT_S = 600.0
"""The first start fetches the image, about 150 MB."""
STOP_LIMIT_S = 60.0
_DATA = "/var/lib/kafka/data"


class ContainerBroker:
    """One start of a broker in a container of this state folder. A volume of its name holds the data."""

    def __init__(self, source: ContainerKafka, folder: Path, log_file: Path) -> None:
        self._engine = source.engine
        self._image = source.image
        self._folder = folder
        self._log_file = log_file
        self._environment: list[str] = []
        self._port = 0
        self._guard: Guard | None = None
        self._logs: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The container's name, the same for every start on one state folder."""
        return container_name(self._folder)

    def prepare(self, port: int, controller_port: int, extra: Mapping[str, str]) -> str:
        """Make the configuration and return the cluster's id, which is made once for each state folder."""
        # Inside, the broker listens at the very port it advertises: it also talks to itself at that address.
        settings = broker_settings(
            port=port, controller_port=controller_port, data=_DATA, bind="0.0.0.0", extra=extra  # noqa: S104
        )  # fmt: skip
        self._port = port
        id_file = self._folder / "container-cluster-id"
        if not id_file.exists():
            id_file.write_text(new_cluster_id(), encoding="ascii")
        cluster_id = id_file.read_text(encoding="ascii").strip()
        named = {"KAFKA_" + name.upper().replace("_", "__").replace("-", "___").replace(".", "_"): value
                 for name, value in settings.items()}  # fmt: skip
        named |= {"CLUSTER_ID": cluster_id, "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m"}
        self._environment = [f"--env={name}={value}" for name, value in sorted(named.items())]
        return cluster_id

    def launch(self, *, guarded: bool) -> None:
        """Start the container. A guarded one is stopped when this process is gone."""
        self._call("rm", "--force", self.name)  # a stopped one of an earlier crash still has the name
        self._guard = Guard() if guarded else None
        if self._guard is not None:
            self._guard.watch_command([self._engine, "stop", "--time=15", self.name])
        done = self._call(
            "run", "--detach", f"--name={self.name}", f"--publish=127.0.0.1:{self._port}:{self._port}",
            f"--volume={self.name}:{_DATA}", *self._environment, self._image, limit_s=START_LIMIT_S,
        )  # fmt: skip
        if done.returncode != 0:
            raise LocalKafkaError(
                f"{Path(self._engine).name} could not start {self._image}. It said: {done.stderr.strip()}\n"
                "If it does not know the image by that name, set PAMWAL_KAFKA_IMAGE to one it knows."
            )
        with self._log_file.open("ab") as log:
            self._logs = subprocess.Popen(
                [self._engine, "logs", "--follow", self.name],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def exit_code(self) -> int | None:
        """The exit code of a broker that ended by itself, None while it runs."""
        said = self._call(
            "inspect", "--format={{.State.Running}} {{.State.ExitCode}}", self.name
        ).stdout.split()
        if said[:1] == ["true"]:
            return None
        return int(said[1]) if len(said) == 2 else 1

    def end(self, *, abruptly: bool = False) -> None:
        """Stop the container in order, or by kill -9, and dismiss its guard."""
        end_container(self._engine, self.name, abruptly=abruptly)
        self.let_go()
        if self._guard is not None:
            self._guard.dismiss()
        self._guard = None

    def let_go(self) -> None:
        """Leave the container running after this process; its engine keeps the rest of its logs."""
        if self._logs is not None:
            self._logs.terminate()
            self._logs.wait(STOP_LIMIT_S)
        self._logs = None

    def _call(self, *arguments: str, limit_s: float = STOP_LIMIT_S) -> subprocess.CompletedProcess[str]:
        return _call(self._engine, *arguments, limit_s=limit_s)


def container_name(folder: Path) -> str:
    """The name of the container and volume of a state folder."""
    return "pamwal-kafka-" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def end_container(engine: str, name: str, *, abruptly: bool = False) -> None:
    """Stop a container and remove it; one that is gone is no error."""
    _call(engine, *(["kill", name] if abruptly else ["stop", "--time=15", name]), limit_s=STOP_LIMIT_S)
    _call(engine, "rm", "--force", name, limit_s=STOP_LIMIT_S)


def container_runs(engine: str, name: str) -> bool:
    """Whether a container of this name runs."""
    return (
        _call(engine, "inspect", "--format={{.State.Running}}", name, limit_s=STOP_LIMIT_S).stdout.strip()
        == "true"
    )


def _call(engine: str, *arguments: str, limit_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [engine, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise LocalKafkaError(
            f"{Path(engine).name} {arguments[0]} did not end within {limit_s:.0f} s."
        ) from late
