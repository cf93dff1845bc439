"""Every exception Pamwal raises on purpose, in one tree.

    PamwalError
    ├── ContractError            bytes that are not what the contract says
    │   ├── Undecodable          not JSON, or not the envelope
    │   ├── UnknownType          an envelope whose `type` no contract knows
    │   └── WrongShape           a known type whose fields do not fit
    ├── LogError                 trouble with the log
    │   ├── LogUnavailable       not known to be kept; try again
    │   │   ├── LogRefused       Kafka does not take this client, or does not allow this
    │   │   └── PartitionStuck   one partition takes no records; the others do
    │   ├── Fenced               a newer owner of the partition exists
    │   ├── LogTruncated         the log lost records that were decided
    │   ├── AnotherCluster       not the cluster a process began on
    │   ├── TopicMissing         a topic that was never made
    │   ├── TopicMismatch        partition count or settings differ from the cluster's
    │   └── TooLarge             a record over its topic's limit
    ├── CoreFailed               a service's own code raised on a record
    │   └── NotSeen              on a decision of another service, so that operation has no picture
    ├── Halted                   a partition stopped and says why
    ├── SnapshotIgnored          a snapshot that cannot be used: the log is read instead
    ├── ClockError               a clock that may not be used here
    │   └── ClockUnproven        a system clock that may be off
    ├── AccessDenied             who you are does not allow this
    ├── HttpProblem              what an edge cannot do, as it answers it
    │   └── Misdirected          another process holds what was asked for
    ├── UnknownPlace             a code that no gazetteer has
    ├── UnreadableFile           a file of rows that cannot be taken as a whole
    ├── ProcessFailed            a child process that exceeded a limit, or ended
    ├── LocalKafkaError          the Kafka on this machine
    │   └── PortTaken            somebody else was quicker at its port
    ├── ServiceNotReady          a service process that ended or did not become ready
    ├── Unanswered               nobody answered in time; say it again with the same id
    │   └── Unreachable          nobody listens at the address
    ├── QueueError               a queue of reports that cannot be read, written or sent
    └── SettingsError            a setting that cannot be used
        └── KeysDiffer           other keys than those of the log

A refusal (`pamwal.contracts.envelope.Reason`) is a value, never an exception.
"""

from __future__ import annotations

from typing import Literal


class PamwalError(Exception):
    """Root of the tree. The text says what was wrong and what to do."""


class ContractError(PamwalError):
    """Bytes that are not what the contract says. `code` is stable and machine-readable."""

    code = "malformed"


class Undecodable(ContractError):
    """Not JSON, or not the envelope."""

    code = "undecodable"


class UnknownType(ContractError):
    """An envelope whose `type` no contract knows."""

    code = "unknown_type"


class WrongShape(ContractError):
    """A known type whose fields do not fit."""

    code = "malformed"


class LogError(PamwalError):
    """Trouble with the log."""


class LogUnavailable(LogError):
    """Not known to be kept: send again with the same id."""


class LogRefused(LogUnavailable):
    """Kafka does not know this client, by password or certificate, or its access rules do not allow this.

    It may be tried again, but somebody has to do something first; the text says what.
    """


class PartitionStuck(LogUnavailable):
    """One partition takes no records although Kafka answers; the same producer goes on with the others."""


class Fenced(LogError):
    """A newer owner of the partition exists: this one must drop everything and start over."""


class LogTruncated(LogError):
    """The log lost records that were decided. A person must look; nothing is skipped."""


class AnotherCluster(LogError):
    """Another cluster than the one a process began on answers at its address: it writes nothing there."""


class TopicMissing(LogError):
    """A topic that was never made."""


class TopicMismatch(LogError):
    """Partition count or settings differ from what the cluster was made with."""


class TooLarge(LogError):
    """A record over its topic's limit."""


class CoreFailed(PamwalError):
    """A service's `decide` or `evolve` raised: bad code or an unforeseen record. `place` is that record."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class NotSeen(CoreFailed):
    """A service's `see` raised on a decision of another context: its operation has no picture any more."""


class Halted(PamwalError):
    """A partition stopped; the text carries the record's coordinates and the reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class SnapshotIgnored(PamwalError):
    """A snapshot that is not used; `reason` is stable, and counted. The log is read instead.

    `damaged`, `unreadable`, `other_code`, `other_cluster`, `not_in_log` or `not_this_place`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ClockError(PamwalError):
    """A clock that may not be used here."""


class ClockUnproven(ClockError):
    """The system clock is off, or not known to be right: nothing may be decided or kept by it now."""


class AccessDenied(PamwalError):
    """Who you are does not allow this. `status` is the HTTP status an edge answers with, `code` is stable."""

    def __init__(self, message: str, *, status: int = 403, code: str = "forbidden") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class HttpProblem(PamwalError):
    """What an edge cannot do: HTTP `status`, a stable `code` (last part of the problem's type), headers."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


class Misdirected(HttpProblem):
    """421: what was asked for lives in a partition that this process does not hold; `shard` has it."""

    def __init__(self, message: str, *, partition: int, shard: str) -> None:
        super().__init__(421, "misdirected", message, headers=(("pamwal-shard", shard),))
        self.partition = partition
        self.shard = shard


class UnknownPlace(PamwalError):
    """A code that no gazetteer has."""


class UnreadableFile(PamwalError):
    """A file of rows that cannot be taken as a whole; the text says why, where, and what to do.

    `code` is stable: `too_large`, `wrong_encoding`, `wrong_form`, `wrong_header` or `wrong_rows`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ProcessFailed(PamwalError):
    """A child process gave no result. `reason` is `memory`, `time`, `output` or `ended`."""

    def __init__(self, reason: Literal["memory", "time", "output", "ended"], message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LocalKafkaError(PamwalError):
    """The Kafka on this machine could not be started, found or stopped."""


class PortTaken(LocalKafkaError):
    """Another program, perhaps another Kafka, listens at the port that was free a moment ago."""


class ServiceNotReady(PamwalError):
    """A service process started here ended or was not ready in time; the text ends with its last lines."""


class Unanswered(PamwalError):
    """Nobody answered a client in time: whether it is kept is not known; say it again with the same id."""


class Unreachable(Unanswered):
    """Nobody listens at the address: nothing was kept. The text names it and what to start."""


class QueueError(PamwalError):
    """A post's queue file cannot be used: its disk, another program's file, or another process sends it."""


class SimulationFailed(PamwalError):
    """A simulated day that could not be held; the text says what was answered."""


class SettingsError(PamwalError):
    """A setting that cannot be used."""


class KeysDiffer(SettingsError):
    """A process has another secret or signing key than the log it is on; the text says what to copy."""
