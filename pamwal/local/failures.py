"""The sentences a person reads when the local Kafka does not start, and the logs they point at."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

from pamwal.local.record import BrokerRecord

_LINES_SHOWN = 15

DISK_FULL = "the disk is full; free some space there"
_ROOM_BYTES = 1_000_000
_KNOWN_CAUSES = (
    (
        "Failed to acquire lock on file .lock",
        "another Kafka still uses this data folder; end it and start again",
    ),
    ("Address already in use", "a port it needs was taken by another program; start again"),
    ("No space left on device", DISK_FULL),
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
    return f"{what}{cause_in(log_file)}. Its log is {log_file} and ends with:\n{last_lines(log_file)}"


def ended(log_file: Path, exit_code: int) -> str:
    """How a broker that was ready ended by itself, and where its log is."""
    return f"ended with exit code {exit_code}{cause_in(log_file)} (its log: {log_file})"


def cause_in(log_file: Path) -> str:
    """A colon and the sentence for what the end of a log gives as the cause; empty where none is known."""
    log = last_lines(log_file, 400)
    found = next((f": {sentence}" for sign, sentence in _KNOWN_CAUSES if sign in log), "")
    if not found and shutil.disk_usage(log_file.parent).free < _ROOM_BYTES:
        return f": {DISK_FULL}"  # then the log could not say so itself
    return found


def cannot_write(state: Path, error: OSError) -> str:
    """What keeps a broker's files from being written, and what to do."""
    if error.errno == errno.ENOSPC:
        return f"The local Kafka cannot write in {state}: {DISK_FULL}."
    return (
        f"The local Kafka cannot use {error.filename or state} ({error.strerror or error}). "
        "Make it writable, or set PAMWAL_STATE to another folder."
    )


def in_use(record: BrokerRecord, state: Path) -> str:
    """Who uses the broker of a state folder, and what can be done."""
    return (
        f"The Kafka of {state} belongs to process {record.starter_pid} ({record.starter_command}), "
        f"which still runs at port {record.port}. "
        "Wait for it or end it; or set PAMWAL_STATE to another folder."
    )
