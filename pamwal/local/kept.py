"""Brokers that outlived their starter: those asked to, and those a crash left behind."""

from __future__ import annotations

from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import failures, readiness
from pamwal.local.container import container_runs, end_container
from pamwal.local.java import OWNERSHIP, STOP_PATIENCE_S, brokers_of
from pamwal.local.record import BrokerRecord, only_one

ANSWER_LIMIT_S = 10.0
LOCK_LIMIT_S = 150.0


def lock_file(folder: Path) -> Path:
    """The file a start or a stop holds; `folder` is the state folder's `kafka`."""
    return folder / "lock"


def record_file(folder: Path) -> Path:
    """The file that says which broker runs."""
    return folder / "broker.json"


def kept_broker(state: Path) -> BrokerRecord | None:
    """The record of the broker that runs on this state folder, or None."""
    record = BrokerRecord.read(record_file(state.absolute() / "kafka"))
    return record if record is not None and runs(record) else None


def stop_kept(state: Path) -> bool:
    """Stop the kept broker of a state folder, or what a crash left of one. Says whether there was any.

    Raises LocalKafkaError when the broker belongs to a process that still runs.
    """
    folder = state.absolute() / "kafka"
    if not folder.exists():
        return False
    with only_one(lock_file(folder), LOCK_LIMIT_S):
        return clear(folder, also_kept=True) is not None


def clear(folder: Path, *, also_kept: bool) -> BrokerRecord | str | None:
    """Make room for a start. Call it with the lock held.

    Returns the record of a kept broker that answers and may be used (never with `also_kept`), "stopped" if
    something was stopped, or None if nothing ran. Raises LocalKafkaError when its starter still runs.
    """
    stopped = None
    record = BrokerRecord.read(record_file(folder))
    if record is not None and runs(record):
        if not record.kept and record.starter.alive():
            raise LocalKafkaError(failures.in_use(record, folder.parent))
        if record.kept and not also_kept and answers(record):
            return record
        end_recorded(record)
        stopped = "stopped"
    # A starter may have died before it wrote anything down: the mark in its broker's command line tells.
    for orphan in brokers_of(folder / "data"):
        orphan.end(STOP_PATIENCE_S)
        stopped = "stopped"
    record_file(folder).unlink(missing_ok=True)
    return stopped


def runs(record: BrokerRecord) -> bool:
    """Whether the recorded broker still runs and is provably ours: a reused pid must never be stopped."""
    if record.container is not None:
        engine, name = record.container
        return container_runs(engine, name)
    return record.process is not None and OWNERSHIP in record.process.command_line()


def answers(record: BrokerRecord) -> bool:
    """Whether the recorded broker answers a request, and as the cluster it was."""
    answer = readiness.ask(f"127.0.0.1:{record.port}", ANSWER_LIMIT_S)
    return answer is not None and answer.cluster_id == record.cluster_id


def end_recorded(record: BrokerRecord) -> None:
    """Stop the recorded broker in order."""
    if record.container is not None:
        engine, name = record.container
        end_container(engine, name)
    elif record.process is not None:
        record.process.end(STOP_PATIENCE_S)
