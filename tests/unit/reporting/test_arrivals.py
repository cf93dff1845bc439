"""What a source numbered, as it was known at a place of the log."""

from __future__ import annotations

from services.reporting.picture.strands import SourceStrand


def test_the_numbers_known_at_a_place_are_runs() -> None:
    source = SourceStrand()
    for at, number in ((3, 1), (4, 2), (9, 7), (10, 8)):
        source.number(at, number)
    assert list(source.runs(3)) == []
    assert list(source.runs(4)) == [range(1, 2)]
    assert list(source.runs(10)) == [range(1, 3), range(7, 8)]
    assert list(source.runs(99)) == [range(1, 3), range(7, 9)]


def test_a_source_that_only_heartbeats_named_has_none() -> None:
    source = SourceStrand()
    source.said_at.append(3)
    source.said.append(12)
    assert list(source.runs(99)) == []
