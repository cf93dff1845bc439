"""Decisions whose places are noted as they are read; what they tell is folded when somebody looks. Pure.

To compare its bytes with what our encoder writes, in its order, in place of decoding one costs as much: each
look at bytes is a call, and what nobody asks for msgspec skips.
"""

from __future__ import annotations

from collections.abc import Iterable

from pamwal.wire.log import Bare
from services.reporting.picture.decided import NO_DECISION, PLACED, undecodable
from services.reporting.picture.folding import dense
from services.reporting.picture.marks import Marks
from services.reporting.picture.unread import WAY_OF

UNASKED = 0


def note(records: Iterable[Bare], due: int, marks: Marks, ways: bytearray) -> int:
    """Takes the places of the next records of one partition up; returns the request to be decided next.

    `ways` gets a byte for each record that was taken up: how it was decided, `UNASKED` if nobody asked. What
    the first raises that is no decision, Undecodable, or answers another request than the next, Halted, comes
    through.
    """
    add, decode = ways.append, PLACED.decode
    try:
        for offset, _, value in records:
            data = decode(value).data
            request = data.request
            if request is None:
                marks.note(offset, None, data.knownat)
                add(UNASKED)
                continue
            number = request.offset
            due = due + 1 if number == due else dense(request, due)
            if data.knownat == marks.knownat and offset - number == marks.distance:
                marks.decided = due  # as most are; a call for it takes an eighth of all this
            else:
                marks.note(offset, number, data.knownat)
            add(WAY_OF[data.outcome, request.mode])
    except NO_DECISION as error:
        raise undecodable(error) from error
    return due
