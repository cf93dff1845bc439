"""The queue's file: what it numbers, keeps and shares, and what it says when it cannot."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from pamwal.client.answers import Answer
from pamwal.client.identifiers import new_id
from pamwal.client.queue import PAGE_ROWS, ReportQueue, Settled
from pamwal.client.queue_file import FULL, READ_ONLY, QueueFile, trouble_of
from pamwal.client.receipts import ReceiptBook
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Coded, Submission
from pamwal.contracts.errors import QueueError, WrongShape
from pamwal.contracts.field import CheckIn, Heartbeat

ACCEPTED = Answer(meaning="accepted", status=201, receipt="pamwal.field.requests.v1-0-1")


def report(
    name: str | None = None, *, source: str = "/posts/alak/devices/1", officer: str = "KPG-0001"
) -> Any:
    return Submission(
        id=name or new_id(),
        source=source,
        type=TYPE_OF[CheckIn],
        time="2024-10-03T00:15:00.000Z",
        channel="app",
        data=CheckIn(officer_id=officer, place="rally/batu-plat-1", method="gps"),
    )


def test_reports_are_numbered_per_source_and_operation_and_stand_after_a_new_opening(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("a"), report("b", source="/posts/alak/devices/2"), report("c"))
        queue.add("op-2", report("a"))
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("d"))
        found = [(each.operation_id, each.id, each.submission.sourceseq) for each in queue.of()]
    assert found == [("op-1", "a", 1), ("op-1", "b", 1), ("op-1", "c", 2), ("op-2", "a", 1), ("op-1", "d", 3)]


def test_the_same_report_again_changes_nothing_and_its_id_for_another_is_refused(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        first = queue.add("op-1", report("a"))
        assert queue.add("op-1", report("a")) == first
        with pytest.raises(QueueError, match="make a new id"):
            queue.add("op-1", report("b"), report("a", officer="KPG-0002"))
        assert [each.id for each in queue.of()] == ["a"], "all or none"
        assert queue.add("op-1", report("c"))[0].sourceseq == 2, "no number is left out"


def test_what_no_edge_would_read_is_not_taken(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        with pytest.raises(WrongShape, match="officer_id"):
            queue.add("op-1", report(officer="no id at all"))
        with pytest.raises(WrongShape, match="cannot name an operation"):
            queue.add("op/1", report())
        assert queue.empty


def test_the_code_of_a_place_waits_with_its_report(tmp_path: Path) -> None:
    queue = ReportQueue(tmp_path / "q")
    plain = report()
    said = Coded(**{name: getattr(plain, name) for name in plain.__struct_fields__}, code="K7QM-42PX")
    queue.add("op", said)
    (kept,) = queue.of("waiting")
    assert msgspec.json.decode(kept.body)["code"] == "K7QM-42PX"
    assert getattr(kept.submission, "code", None) == "K7QM-42PX"


def test_a_heartbeat_says_the_highest_number_of_each_source_and_what_waits(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("a"), report("b"), report("c", source="/posts/alak/devices/2"))
        queue.settle([Settled(number=1, state="answered", answer=ACCEPTED)])
        queue.settle([Settled(number=2, state="kept", answer=ACCEPTED)])
        assert queue.heartbeats() == {
            ("op-1", "alak"): Heartbeat(
                highest={"/posts/alak/devices/1": 2, "/posts/alak/devices/2": 1}, queue_length=1
            )
        }


def test_what_goes_together_is_of_one_operation_and_service_in_order_and_not_too_large(
    tmp_path: Path,
) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("a"))
        queue.add("op-2", report("b"))
        queue.add("op-1", report("c"), report("d"))
        size = len(queue.of()[0].body)
        assert [each.id for each in queue.next(10, 1 << 20)] == ["a", "c", "d"]
        assert [each.id for each in queue.next(2, 1 << 20)] == ["a", "c"]
        assert [each.id for each in queue.next(10, 2 * size)] == ["a", "c"]
        assert [each.id for each in queue.next(10, 1)] == ["a"]
        assert [each.id for each in queue.next(10, 1 << 20, denied={"op-1"})] == ["b"]
        assert [each.id for each in queue.next(10, 1 << 20, skip=1)] == ["b"]


def test_only_what_another_answer_is_possible_for_waits_again(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", *(report(name) for name in "abcd"))
        refused = Answer(meaning="refused", status=409, code="double_booked")
        queue.settle(
            [
                Settled(number=1, state="answered", answer=refused),
                Settled(
                    number=2, state="answered", answer=msgspec.structs.replace(refused, code="not_yours")
                ),
                Settled(number=3, state="set_aside", answer=refused),
                Settled(number=4, state="answered", answer=ACCEPTED),
            ]
        )
        assert queue.again("a", "b", "c", "d") == 2
        assert [each.id for each in queue.of("waiting")] == ["b", "c"]
        assert queue.clear() == 1
        assert [each.id for each in queue.of()] == ["a", "b", "c"]


def test_a_second_sender_of_one_file_is_refused_and_a_second_writer_is_not(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as one, ReportQueue(tmp_path / "q") as other, one.sending():
        with pytest.raises(QueueError, match="another process sends"), other.sending():
            pass
        other.add("op-1", report("a"))
        assert [each.id for each in one.of("waiting")] == ["a"]
    with ReportQueue(tmp_path / "q") as after, after.sending():
        assert not after.empty


ADDING = """
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pamwal.client.queue import ReportQueue
from tests.unit.client.test_queue import report
with ReportQueue(Path(sys.argv[1])) as queue:
    for _ in range(50):
        queue.add("op-1", report())
"""


def test_processes_that_open_and_fill_a_new_file_at_once_leave_no_gap_and_no_double(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path / "q")]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    with ReportQueue(tmp_path / "q") as queue:
        found = queue.of()
    assert sorted(each.submission.sourceseq or 0 for each in found) == list(range(1, 201))


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    at_once = threading.Barrier(8)

    def opened(path: Path) -> None:
        at_once.wait(30)
        QueueFile(path).close()

    with ThreadPoolExecutor(8) as pool:
        for each in range(40):
            list(pool.map(opened, [tmp_path / str(each)] * 8))


def test_a_full_disk_is_said_and_what_was_kept_before_is_safe(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", report("a"))
        pages = queue._file.rows("PRAGMA page_count")[0][0]
        queue._file.rows(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(QueueError, match="the disk is full; make room"):
            queue.add("op-1", *(report() for _ in range(1_000)))
        assert [each.id for each in queue.of()] == ["a"]
        queue._file.rows("PRAGMA max_page_count=100000")
        assert queue.add("op-1", report("b"))[0].sourceseq == 2


def _sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


class Disk(NamedTuple):
    """What a disk says of itself."""

    f_bavail: int = 1_000_000
    f_frsize: int = 4096
    f_flag: int = 0


@pytest.mark.parametrize(
    ("error", "disk", "sentence"),
    [
        (_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE), Disk(f_bavail=8), FULL),
        (_sqlite(sqlite3.SQLITE_CANTOPEN), Disk(f_flag=os.ST_RDONLY), READ_ONLY),
        (_sqlite(sqlite3.SQLITE_READONLY), Disk(), READ_ONLY),
        (_sqlite(sqlite3.SQLITE_IOERR_READ), Disk(), "disk I/O error"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Disk(), FULL),
        (OSError(errno.EROFS, "Read-only file system"), Disk(), READ_ONLY),
        (PermissionError(errno.EACCES, "Permission denied"), Disk(), "Permission denied"),
    ],
)
def test_what_is_wrong_with_the_disk_is_said_also_where_sqlite_does_not_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Any, disk: Disk, sentence: str
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _path: disk)
    assert trouble_of(tmp_path / "q", error) == sentence


def test_receipts_that_cannot_be_written_are_said_and_leave_no_half_line(tmp_path: Path) -> None:
    with ReceiptBook(Path("/dev/full")) as book:
        with pytest.raises(QueueError, match="the disk is full"):
            book.note("pamwal.field.requests.v1-0-1", "a")
        assert len(book) == 0, "it is not known to be written"
    (tmp_path / "file").touch()
    with pytest.raises(QueueError, match="cannot be written: File exists"):
        ReceiptBook(tmp_path / "file" / "receipts")
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from pamwal.client.receipts import ReceiptBook\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (70, 70))\n"
        "book = ReceiptBook(Path(sys.argv[1]))\n"
        "for n in (1, 2, 3): book.note(f'pamwal.field.requests.v1-0-{n}', 'a')"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "receipts")]
    ended = subprocess.run(words, capture_output=True, check=False)
    assert b"receipts cannot be written" in ended.stderr
    left = (tmp_path / "receipts").read_text()
    assert left == "".join(f"pamwal.field.requests.v1-0-{number} a\n" for number in (1, 2))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a letter to somebody, and no queue at all" * 50, "it is no queue, or damaged"),
        (None, "another program"),
    ],
)
def test_another_programs_file_is_left_alone(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "theirs"
    if content is not None:
        path.write_bytes(content)
    else:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE recipes (name)")
        other.close()
    before = path.read_bytes()
    with pytest.raises(QueueError, match=sentence):
        ReportQueue(path)
    assert path.read_bytes() == before


def test_each_file_has_a_device_of_its_own_for_ever(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as one, ReportQueue(tmp_path / "other") as other:
        name = one.device
        assert name != other.device
        queued = one.add("op-1", report(source=f"/posts/alak/devices/{name}"))
        assert queued[0].source.endswith(name)
    with ReportQueue(tmp_path / "q") as again:
        assert again.device == name


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(QueueError, match="No such file"):
        ReportQueue(tmp_path / "nowhere" / "q")


def test_nobody_else_on_the_machine_reads_what_was_said_about_persons(tmp_path: Path) -> None:
    with ReportQueue(tmp_path / "q") as queue, queue.sending():
        queue.add("op-1", report())
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_long_queue_is_looked_at_in_pages_and_only_what_was_accepted_is_forgotten(tmp_path: Path) -> None:
    count = 2 * PAGE_ROWS + 1
    refused = Answer(meaning="refused", status=409, code="not_yours")
    with ReportQueue(tmp_path / "q") as queue:
        queue.add("op-1", *(report(f"r{number:04}") for number in range(count)))
        whole = [each.id for each in queue.each()]
        assert whole == [f"r{number:04}" for number in range(count)]
        assert [each.id for each in queue.of("waiting", most=2)] == whole[:2]
        assert queue.of("kept") == []
        numbers = [each.number for each in queue.of()]
        settled = [Settled(number=each, state="answered", answer=ACCEPTED) for each in numbers[3:]]
        queue.settle([Settled(number=numbers[0], state="answered", answer=refused), *settled])
        assert queue.clear() == count - 3
        assert [(each.id, each.state) for each in queue.each()] == [
            ("r0000", "answered"), ("r0001", "waiting"), ("r0002", "waiting"),
        ]  # fmt: skip
