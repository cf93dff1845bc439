"""A post's durable queue: what was said stands in one SQLite file until it is answered.

A report is safe once `add` returns: it has its number and is on disk, whatever is killed from then on. It is
taken out of the waiting ones only in the same write that keeps its answer, so that a sender which dies in
between says it again, with the same id; the service answers that as the first time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, get_args

import msgspec
from msgspec import Struct

from pamwal.client.answers import Answer
from pamwal.client.queue_file import QueueFile, trouble_of
from pamwal.contracts.claims import NOT_YOURS
from pamwal.contracts.codec import decode_submission, encode
from pamwal.contracts.envelope import Identifier, Submission
from pamwal.contracts.errors import QueueError, WrongShape
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.routes import ROUTES

State = Literal["waiting", "kept", "answered", "set_aside"]
"""`kept`: the log has it and it is not decided yet. `set_aside`: no edge would take it; a person looks."""
STATES: Final[tuple[State, ...]] = get_args(State)
_NUMBER: Final = (
    "INSERT INTO sources VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last"
)
_INSERT: Final = "INSERT INTO reports (operation, post, id, service, type, body) VALUES (?, ?, ?, ?, ?, ?)"
_SETTLE: Final = "UPDATE reports SET state = ?, tries = ?, answer = ? WHERE number = ?"
_SELECT: Final = "SELECT number, operation, post, id, service, type, body, state, tries, answer FROM reports "
_ONE: Final = "WHERE operation = ? AND post = ? AND id = ?"
_WAITING: Final = (
    "SELECT operation, post, count(*) FROM reports WHERE state = 'waiting' GROUP BY operation, post"
)
_PAGE: Final = "WHERE (?1 IS NULL OR state = ?1) AND number > ?2 ORDER BY number LIMIT ?3"
_FORGET: Final = (
    "DELETE FROM reports WHERE state = 'answered' "
    "AND json_extract(CAST(answer AS TEXT), '$.meaning') = 'accepted'"
)
PAGE_ROWS: Final = 1_000
_answer: Final = msgspec.json.Decoder(Answer)


class Queued(Struct, frozen=True, kw_only=True):
    """One report as it stands in the queue; `body` is its submission as JSON, without `sentat`."""

    number: int
    operation_id: str
    post: str
    id: str
    service: str
    type: str
    body: bytes
    state: State
    tries: int
    """How often it was said and not known to be kept."""
    answer: Answer | None

    @property
    def submission(self) -> Submission[Any]:
        """What was said."""
        return decode_submission(self.body)


class Settled(Struct, frozen=True, kw_only=True):
    """What a report has become, to be written."""

    number: int
    state: State
    answer: Answer | None = None
    tries: int = 0


class ReportQueue:
    """One file, shared safely by processes that add; `sending` lets one at a time send.

    QueueError, with what to do, from every method: no such folder, another program's file, a disk that is
    full or read-only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = QueueFile(path)

    @property
    def device(self) -> str:
        """A name of this file's own, for sources that have none: two files never number the same source."""
        return str(self._file.rows("SELECT name FROM device")[0][0])

    # -- saying

    def add(self, operation_id: str, *submissions: Submission[Any]) -> list[Submission[Any]]:
        """Keeps reports, all or none, and numbers them; the same id with the same words changes nothing.

        A source is numbered here, so each source speaks by one file only.
        Make the id when the button is pressed (`pamwal.client.identifiers.new_id`). WrongShape or UnknownType
        for what no edge would read; QueueError where the id was used for something else.
        """
        try:
            msgspec.convert(operation_id, Identifier)
        except msgspec.ValidationError as error:
            raise WrongShape(f"{operation_id!r} cannot name an operation: {error}") from error
        checked = [decode_submission(encode(each)) for each in submissions]
        with self._file.transaction():
            return [self._add(operation_id, each) for each in checked]

    def _add(self, operation_id: str, submission: Submission[Any]) -> Submission[Any]:
        post = submission.source.split("/", 3)[2]
        found = self.find(operation_id, post, submission.id)
        plain = msgspec.structs.replace(submission, sentat=None, sourceseq=None)
        if found is not None:
            known = found.submission
            if msgspec.structs.replace(known, sourceseq=None) != plain:
                raise QueueError(f"{submission.id} was used for something else: make a new id")
            return known
        number = self._file.rows(_NUMBER, (operation_id, submission.source))[0][0]
        numbered = msgspec.structs.replace(plain, sourceseq=number)
        service = ROUTES[submission.type].service
        self._file.rows(
            _INSERT, (operation_id, post, submission.id, service, submission.type, encode(numbered))
        )
        return numbered

    # -- sending

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """For whoever sends: a second one is refused. It ends with the process, however that ends."""
        try:
            lock = os.open(f"{self.path}-sender", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise QueueError(
                f"the queue {self.path} cannot be locked: {trouble_of(self.path, error)}"
            ) from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise QueueError(
                    f"another process sends {self.path}: one is enough, so this one ends"
                ) from error
            yield
        finally:
            os.close(lock)

    def next(
        self, rows_max: int, bytes_max: int, *, denied: Collection[str] = (), skip: int | None = None
    ) -> list[Queued]:
        """The oldest waiting reports for one service of one operation, in order; at least one if any waits.

        None of the operations `denied`, and not the report of number `skip`.
        """
        oldest = self._rows(
            "WHERE state = 'waiting' AND number IS NOT ? "
            "AND operation NOT IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT 1",
            (skip, msgspec.json.encode(sorted(denied)).decode()),
        )
        if not oldest:
            return []
        first = oldest[0]
        rows = self._rows(
            "WHERE state = 'waiting' AND number IS NOT ? AND operation = ? AND service = ? "
            "ORDER BY number LIMIT ?",
            (skip, first.operation_id, first.service, rows_max),
        )
        size = 0
        for count, row in enumerate(rows):
            size += len(row.body)
            if count and size > bytes_max:
                return rows[:count]
        return rows

    def settle(self, found: Sequence[Settled]) -> None:
        """Writes what became of reports, all in one."""
        values = [
            (each.state, each.tries, each.answer and msgspec.json.encode(each.answer), each.number)
            for each in found
        ]
        self._file.each(_SETTLE, values)

    def again(self, *ids: str) -> int:
        """Lets reports wait again that were set aside, or not the token's to say; returns how many.

        Nothing else: any other answer is the same however often it is asked for.
        """
        changed = [
            Settled(number=each.number, state="waiting")
            for identifier in ids
            for each in self._rows("WHERE id = ?", (identifier,))
            if each.state == "set_aside" or (each.answer is not None and each.answer.code == NOT_YOURS)
        ]
        self.settle(changed)
        return len(changed)

    # -- looking

    def each(self, state: State | None = None) -> Iterator[Queued]:
        """All reports, or those of one state, oldest first; a thousand at once are held in memory."""
        after = 0
        while page := self._rows(_PAGE, (state, after, PAGE_ROWS)):
            yield from page
            after = page[-1].number

    def of(self, state: State | None = None, *, most: int | None = None) -> list[Queued]:
        """The same as a list, `most` of them."""
        return list(islice(self.each(state), most))

    def find(self, operation_id: str, post: str, identifier: str) -> Queued | None:
        """One report, or None."""
        rows = self._rows(_ONE, (operation_id, post, identifier))
        return rows[0] if rows else None

    def counts(self) -> dict[State, int]:
        """How many there are of each state that there is."""
        return dict(self._file.rows("SELECT state, count(*) FROM reports GROUP BY state ORDER BY state"))

    @property
    def empty(self) -> bool:
        """Whether every report has its answer."""
        return not self.counts().keys() - {"answered"}

    def heartbeats(self) -> dict[tuple[str, str], Heartbeat]:
        """(operation, post) → the highest number each of its sources gave out, and how many reports wait."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for operation_id, source, last in self._file.rows("SELECT operation, source, last FROM sources"):
            found.setdefault((operation_id, source.split("/", 3)[2]), {})[source] = last
        waiting = {(operation_id, post): count for operation_id, post, count in self._file.rows(_WAITING)}
        return {
            whose: Heartbeat(highest=highest, queue_length=waiting.get(whose, 0))
            for whose, highest in found.items()
        }

    def clear(self) -> int:
        """Forgets the reports that were accepted; returns how many. What was refused stays to be seen."""
        with self._file.transaction():
            self._file.rows(_FORGET)
            return int(self._file.rows("SELECT changes()")[0][0])

    def close(self) -> None:
        """Frees the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, where: str, values: Sequence[object] = ()) -> list[Queued]:
        rows = self._file.rows(_SELECT + where, values)
        return [_queued(*row) for row in rows]


def _queued(*row: Any) -> Queued:
    number, operation_id, post, identifier, service, type_name, body, state, tries, answer = row
    return Queued(
        number=number,
        operation_id=operation_id,
        post=post,
        id=identifier,
        service=service,
        type=type_name,
        body=body,
        state=state,
        tries=tries,
        answer=None if answer is None else _answer.decode(answer),
    )
