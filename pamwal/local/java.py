"""Runs the broker as a Java process of this machine."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.guard import Guard
from pamwal.local.processes import ProcessIdentity, identify, running_with
from pamwal.local.settings import LOG4J, as_properties, broker_settings
from pamwal.local.sources import JavaKafka

OWNERSHIP = "-Dpamwal.local.kafka="
"""What the command line of every broker of ours holds, before its data folder."""
STOP_PATIENCE_S = 15.0
FORMAT_LIMIT_S = 60.0
OWNER_ONLY = 0o077
"""The umask of a broker: its files hold persons' names and phones."""


class JavaBroker:
    """One start of a broker on a data folder. Made anew for every start.

    With `archive_to` the classes it loaded are written there when it ends in order.
    """

    def __init__(
        self, source: JavaKafka, folder: Path, log_file: Path, *, archive_to: Path | None = None
    ) -> None:
        self._source = source
        self._archiving = [f"-XX:ArchiveClassesAtExit={archive_to}"] if archive_to is not None else []
        self._folder = folder
        self._log_file = log_file
        self._child: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        self.identity: ProcessIdentity | None = None
        """The broker's process, once launched."""

    @property
    def data(self) -> Path:
        """Where Kafka keeps its log."""
        return self._folder / "data"

    def prepare(self, port: int, controller_port: int, extra: Mapping[str, str]) -> str:
        """Write the configuration, format the data folder if it is new, and return the cluster's id."""
        settings = broker_settings(
            port=port, controller_port=controller_port, data=str(self.data), extra=extra
        )
        self._properties.write_text(as_properties(settings), encoding="ascii")
        self._log4j.write_text(LOG4J, encoding="utf-8")
        cluster_id = cluster_id_of(self.data) or self._format()
        self.data.chmod(0o700)  # also one of a version that left it to the umask
        return cluster_id

    def launch(self, *, guarded: bool) -> None:
        """Start the process. A guarded one is stopped when this process is gone."""
        self._guard = Guard() if guarded else None
        with self._log_file.open("ab") as log:
            self._child = subprocess.Popen(
                [
                    *self._java("-Xms256m", "-Xmx512m", *self._archiving),
                    ownership_mark(self.data),
                    "kafka.Kafka",
                    str(self._properties),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                umask=OWNER_ONLY,
                # Ctrl-C in the terminal must reach whoever started us, who then stops the broker in order.
                start_new_session=True,
            )
        self.identity = identify(self._child.pid)
        if self._guard is not None and self.identity is not None:
            self._guard.watch_process(self.identity)

    def exit_code(self) -> int | None:
        """The exit code of a broker that ended by itself, None while it runs."""
        return self._child.poll() if self._child is not None else None

    def end(self, *, abruptly: bool = False) -> None:
        """Stop the process in order, or by kill -9, and dismiss its guard."""
        if self.identity is not None:
            self.identity.end(0.0 if abruptly else STOP_PATIENCE_S)
        if self._child is not None:
            self._child.wait(STOP_PATIENCE_S)
        if self._guard is not None:
            self._guard.dismiss()
        self._guard = None

    def let_go(self) -> None:
        """Leave the process running after this one."""
        if self._child is not None:
            # It is not a lost child but a kept one: without this Python warns that it still runs.
            self._child.returncode = 0
        self._child = None

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _log4j(self) -> Path:
        return self._folder / "log4j2.xml"

    def _java(self, *flags: str) -> list[str]:
        return [
            self._source.java,
            *flags,
            *using_archive(self._source),
            "-Djava.awt.headless=true",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            f"-Dlog4j2.configurationFile={self._log4j.as_uri()}",
            "-cp",
            os.fspath(self._source.jars / "*"),
        ]

    def _format(self) -> str:
        cluster_id = new_cluster_id()
        arguments = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties)]
        try:
            done = subprocess.run(
                [*self._java("-Xmx128m", "-XX:TieredStopAtLevel=1"), *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=FORMAT_LIMIT_S,
                cwd=self._folder,
                umask=OWNER_ONLY,
            )
        except subprocess.TimeoutExpired as late:
            raise LocalKafkaError(
                f"Kafka did not format {self.data} within {FORMAT_LIMIT_S:.0f} s."
            ) from late
        self._log_file.write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode != 0:
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
            raise LocalKafkaError(
                f"Kafka could not format {self.data}; see {self._log_file}. It said:\n{last}"
            )
        return cluster_id


def using_archive(source: JavaKafka) -> list[str]:
    """What lets a start map the classes in place of reading them, where that was prepared."""
    archive = source.class_archive
    return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []


def ownership_mark(data: Path) -> str:
    """The word in a broker's command line that says it is ours and whose data folder it serves.

    Only a process that carries it is ever stopped by a later start.
    """
    return f"{OWNERSHIP}{data}"


def brokers_of(data: Path) -> list[ProcessIdentity]:
    """Every running broker of ours on this data folder."""
    return running_with(ownership_mark(data))


def cluster_id_of(data: Path) -> str | None:
    """The id written when the data folder was formatted, or None if it was not."""
    try:
        text = (data / "meta.properties").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^cluster\.id=(\S+)$", text, re.MULTILINE)
    return match.group(1) if match else None


def new_cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes as URL-safe base64, not beginning with a dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return text
