"""Which board is looked at next when there are many."""

from __future__ import annotations

import pytest

from services.reporting.turns import CLOCK_EVERY, LONGER, Turns


def taken(turns: Turns[str], number: int) -> list[str]:
    return [turns.next()[0] for _ in range(number)]


def test_each_waits_once_and_the_longest_waiting_comes_first() -> None:
    turns = Turns[str]()
    turns.hear(["b", "a"])
    turns.hear(["c", "b"])
    assert taken(turns, 3) == ["b", "a", "c"]
    assert not turns
    with pytest.raises(StopIteration):
        turns.next()


def test_news_comes_before_the_clock() -> None:
    turns = Turns[str]()
    turns.tick(["a", "b"])
    turns.hear(["c"])
    assert turns.has_news
    assert turns.next() == ("c", True)
    assert not turns.has_news
    assert [turns.next(), turns.next()] == [("a", False), ("b", False)]


def test_what_only_the_clock_changes_is_looked_at_however_much_news_there_is() -> None:
    turns = Turns[str]()
    turns.tick(["quiet"])
    found = []
    for number in range(CLOCK_EVERY):
        turns.hear([f"{number}", f"{number} too"])
        found.append(turns.next()[0])
    assert found[-1] == "quiet"
    assert "quiet" not in found[:-1]


def test_one_that_waits_for_both_is_looked_at_once() -> None:
    turns = Turns[str]()
    turns.tick(["a"])
    turns.hear(["a"])
    assert taken(turns, 1) == ["a"]
    assert not turns


def test_news_gets_as_long_as_everything_else_took_within_reason() -> None:
    turns = Turns[str]()
    turns.tick(["a"])
    assert turns.share_s(0.01, 0.03) == 0.01, "there is no news"
    turns.hear(["b"])
    assert turns.share_s(0.01, 0.002) == 0.01
    assert turns.share_s(0.01, 0.03) == 0.03
    assert turns.share_s(0.01, 3.0) == LONGER * 0.01
    assert turns.share_s(0.0, 3.0) == 0.0
