"""What a source numbered, as it was known at a place of the log."""

from __future__ import annotations

from services.reporting.picture.decided import Asked
from services.reporting.picture.strands import SourceReports, SourceStrand


def test_the_numbers_known_at_a_place_are_runs() -> None:
    source = SourceStrand()
    for at, number in ((3, 1), (4, 2), (9, 7), (10, 8)):
        source.number(at, number)
    assert list(source.runs(3)) == []
    assert list(source.runs(4)) == [range(1, 2)]
    assert list(source.runs(10)) == [range(1, 3), range(7, 8)]
    assert list(source.runs(99)) == [range(1, 3), range(7, 9)]
    assert [source.highest(known, -1) for known in (3, 4, 10, 99)] == [-1, 1, 7, 8]
    source.number(11, 4)
    assert source.highest(99, -1) == 8


def test_a_source_that_only_heartbeats_named_has_none() -> None:
    source = SourceStrand()
    source.said_at.append(3)
    source.said.append(12)
    assert list(source.runs(99)) == []


def test_the_numbers_of_reports_are_known_at_a_place_too() -> None:
    source = SourceReports()
    source.add([Asked(offset=3, sourceseq=1), Asked(offset=4, sourceseq=2)])
    source.add([Asked(offset=9, sourceseq=7)])
    assert list(source.runs(3)) == []
    assert [*source.runs(9)] == [range(1, 2), range(2, 3)]
    assert (source.last(1), source.last(3), source.ascends) == (1, 7, True)
    source.add([Asked(offset=11, sourceseq=6)])
    assert not source.ascends
    assert source.last(4) == 6
