"""The SQLite file under a post's queue: how it is opened, written, and what its trouble means."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pamwal.contracts.errors import QueueError

APPLICATION_ID: Final = 0x50414D57
SCHEMA_VERSION: Final = 1
BUSY_S: Final = 10.0
"""How long one process waits for another's write."""
ROOM_BYTES: Final = 128 * 1024
"""With less than this on a disk SQLite opens no file to write in it."""
FULL: Final = "the disk is full; make room and say it again: what was kept before is safe"
READ_ONLY: Final = (
    "its disk is read-only; make it writable and say it again, or name a file elsewhere: what was kept "
    "before is safe"
)
_ERRNO: Final = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}
_SQLITE: Final = {sqlite3.SQLITE_FULL: FULL, sqlite3.SQLITE_READONLY: READ_ONLY}
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sources (
  operation TEXT NOT NULL, source TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (operation, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reports (
  number INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL, post TEXT NOT NULL, id TEXT NOT NULL,
  service TEXT NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
  tries INTEGER NOT NULL DEFAULT 0, answer BLOB, UNIQUE (operation, post, id)
);
CREATE INDEX IF NOT EXISTS reports_by_state ON reports (state, number);
CREATE TABLE IF NOT EXISTS device (name TEXT NOT NULL);
INSERT INTO device SELECT 'q' || lower(hex(randomblob(4))) WHERE NOT EXISTS (SELECT * FROM device)
"""


class QueueFile:
    """One file in WAL mode: a write that returned is on disk, and other processes wait for it.

    QueueError, with what to do: no such folder, another program's file, a disk that is full or read-only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._trouble():
            if new := not path.exists():
                # what was said about persons is nobody else's on this machine
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        try:
            with self._trouble():
                self._open()
                if new:
                    _sync_folder(path.parent)
        except QueueError:
            self._db.close()
            raise

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement finds or returns."""
        with self._trouble():
            return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        """One statement for many rows, all or none."""
        with self.transaction(), self._trouble():
            self._db.executemany(sql, values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside stands once it ends, or nothing of it."""
        self.rows("BEGIN IMMEDIATE")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Frees the file."""
        self._db.close()

    def _open(self) -> None:
        db = self._db
        db.execute("BEGIN")  # one look: another process may be making the file between two
        found = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        db.execute("COMMIT")
        if found != APPLICATION_ID and (found or tables):
            raise QueueError(f"{self.path} is another program's file: name a new one for the queue")
        if version > SCHEMA_VERSION:
            raise QueueError(f"{self.path} was written by a newer release: send it with that one")
        self._write_ahead()
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")
        if version < SCHEMA_VERSION:
            with self.transaction():
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _write_ahead(self) -> None:
        # SQLite waits for no other process here: two that make one new file at once would wait for each other
        until = time.monotonic() + BUSY_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.005)
            else:
                return

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise QueueError(
                f"the queue {self.path} cannot be used: {trouble_of(self.path, error)}"
            ) from error


def _sync_folder(folder: Path) -> None:
    """A new file's name is on disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def trouble_of(path: Path, error: sqlite3.Error | OSError) -> str:
    """What is wrong with a file, or the disk it is on, and what to do."""
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0, error.strerror or str(error))
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return f"another process has been writing for {BUSY_S:g} s"
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return f"it is no queue, or damaged ({error})"
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:  # SQLite does not say why
        return _disk_trouble(path) or str(error)
    return _SQLITE.get(code, str(error))


def _disk_trouble(path: Path) -> str | None:
    try:
        disk = os.statvfs(path.parent)
    except OSError as error:
        return error.strerror
    if disk.f_flag & os.ST_RDONLY:
        return READ_ONLY
    return FULL if disk.f_bavail * disk.f_frsize < ROOM_BYTES else None
