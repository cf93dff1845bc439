"""Decisions whose places are noted as they are read; what they tell is folded when somebody looks. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pamwal.wire.log import Record
from services.reporting.picture.decided import decode_placed
from services.reporting.picture.folding import dense
from services.reporting.picture.marks import Marks
from services.reporting.picture.unread import WAY_OF

UNASKED = 0


def note(records: Iterable[Record], due: int, marks: Marks, ways: bytearray) -> int:
    """Takes the places of the next records of one partition up; returns the request to be decided next.

    `ways` gets a byte for each record that was taken up: how it was decided, `UNASKED` if nobody asked. What
    the first raises that is no decision, Undecodable, or answers another request than the next, Halted, comes
    through.
    """
    add, take = ways.append, marks.note
    for record in records:
        data = decode_placed(record.value).data
        request = data.request
        if request is None:
            take(record.offset, None, data.knownat)
            add(UNASKED)
            continue
        due = due + 1 if request.offset == due else dense(request, due)
        take(record.offset, request.offset, data.knownat)
        add(WAY_OF[data.outcome, request.mode])
    return due
