"""A library that repeats itself does not fill the disk, and nothing it says for the first time is lost."""

from __future__ import annotations

import logging

import structlog

from pamwal.edge.logs import LibrariesSaidOnce, configure_logging
from tests.logs_kept import logs_as_before


def line(said: object, *args: object, at_s: float, by: str = "aiokafka.client") -> logging.LogRecord:
    record = logging.LogRecord(by, logging.ERROR, __file__, 1, said, args, None)
    record.created = at_s
    return record


def test_the_same_sentence_is_written_a_few_times_and_then_counted() -> None:
    often = LibrariesSaidOnce()
    first = [often.filter(line("no node %s", number, at_s=number / 100)) for number in range(100)]
    assert first == [True] * 5 + [False] * 95

    later = line("no node %s", 7, at_s=31.0)
    assert often.filter(later)
    assert later.getMessage() == "no node 7 (and 95 times more meanwhile)"
    assert [often.filter(line("no node %s", 8, at_s=32.0)) for _ in range(6)] == [True] * 4 + [False] * 2


def test_another_sentence_another_logger_and_our_own_lines_pass() -> None:
    often = LibrariesSaidOnce()
    assert not all(often.filter(line("gone", at_s=1.0)) for _ in range(6))
    assert often.filter(line("back", at_s=1.0))
    assert often.filter(line("gone", at_s=1.0, by="faust"))
    assert all(often.filter(line({"event": "gone"}, at_s=1.0)) for _ in range(100))


def test_what_is_seldom_said_is_written_as_it_is() -> None:
    often = LibrariesSaidOnce()
    for number in range(20):
        record = line("joined %s", number, at_s=number * 31.0)
        assert often.filter(record)
        assert record.getMessage() == f"joined {number}"


def test_sentences_without_number_take_no_memory_without_end() -> None:
    often = LibrariesSaidOnce()
    assert all(often.filter(line(f"generation {number}", at_s=1.0)) for number in range(5_000))
    assert len(often._said) <= LibrariesSaidOnce.SENTENCES_MAX


def test_a_service_that_a_test_starts_leaves_no_handler_on_what_is_closed_behind_it() -> None:
    root, library = logging.getLogger(), logging.getLogger("aiokafka.consumer.subscription_state")
    before = list(root.handlers), root.level, library.level, structlog.get_config()
    with logs_as_before():
        configure_logging("tests")
        (own,) = root.handlers
        assert library.level == logging.WARNING
    assert own not in root.handlers
    assert (root.level, library.level, structlog.get_config()) == before[1:]
    root.handlers[:] = before[0]
