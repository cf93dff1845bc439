"""The sentences a person reads when the local Kafka does not start, and the logs they point at."""

from __future__ import annotations

import time
from pathlib import Path

from pamwal.local.record import BrokerRecord

_LINES_SHOWN = 15

_KNOWN_CAUSES = (
    (
        "Failed to acquire lock on file .lock",
        "another Kafka still uses this data folder; end it and start again",
    ),
    ("Address already in use", "a port it needs was taken by another program; start again"),
    ("No space left on device", "the disk is full"),
    ("Invalid cluster.id", "the data folder belongs to another cluster; move it away and start again"),
    ("OutOfMemoryError", "its 512 MB of heap did not suffice"),
    ("ConfigException", "a setting is wrong"),
    ("UnsupportedClassVersionError", "the Java is too old; install Java 17 or newer"),
)


def new_log_file(folder: Path, kept: int) -> Path:
    """The file for the next start's output; the newest `kept` of earlier ones stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("broker-*.log"))[: -max(kept - 1, 1)]:
        old.unlink(missing_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"-{time.time_ns() % 10**9:09d}"
    return folder / f"broker-{stamp}.log"


def last_lines(log_file: Path, count: int = _LINES_SHOWN) -> str:
    """The end of a log, or a word where there is none."""
    try:
        lines = log_file.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-count:]) or "(the log is empty)"


def port_was_taken(log_file: Path) -> bool:
    """Whether the broker ended because it could not listen at one of its ports."""
    return "Address already in use" in last_lines(log_file, 400)


def not_ready(
    log_file: Path, port: int, *, exit_code: int | None, limit_s: float, other_cluster: bool
) -> str:
    """Why a launched broker did not become ready, where its log is, and how the log ends."""
    if other_cluster:
        what = f"Another Kafka answers at port {port}, not the one started here; stop it, or use another port"
    elif exit_code is not None:
        what = f"The local Kafka ended at its start with exit code {exit_code}"
    else:
        what = f"The local Kafka did not answer within {limit_s:.0f} s"
    log = last_lines(log_file, 400)
    cause = next((f": {sentence}" for sign, sentence in _KNOWN_CAUSES if sign in log), "")
    return f"{what}{cause}. Its log is {log_file} and ends with:\n{last_lines(log_file)}"


def in_use(record: BrokerRecord, state: Path) -> str:
    """Who uses the broker of a state folder, and what can be done."""
    return (
        f"The Kafka of {state} belongs to process {record.starter_pid} ({record.starter_command}), "
        f"which still runs at port {record.port}. "
        "Wait for it or end it; or set PAMWAL_STATE to another folder."
    )
