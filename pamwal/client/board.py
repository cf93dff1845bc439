"""A board as its reader has it: the snapshot, and every change since put into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from pamwal.client.stream import Message
from pamwal.contracts.errors import WrongShape
from pamwal.contracts.reporting import BoardState, Rows, Situation, SituationChange

R = TypeVar("R")
KEYS: Final = {
    "venues": "venue_id", "sites": "site_id", "kelurahan": "code", "kecamatan": "code", "satgas": "satgas_id",
    "children": "operation_id",
}  # fmt: skip
WHOLE: Final = (
    "name", "mode", "zone", "opened", "closed", "day_closed", "total", "rallies", "incidents", "posts",
    "polls", "alerts",
)  # fmt: skip

_snapshot = msgspec.json.Decoder(BoardState)
_change = msgspec.json.Decoder(SituationChange)


def board_after(state: BoardState | None, message: Message) -> BoardState | None:
    """What the board shows after a message of its stream; a change before any snapshot shows nothing yet.

    WrongShape if the service speaks another version.
    """
    try:
        if message.event == "snapshot":
            return _snapshot.decode(message.data)
        if state is None or message.event != "delta":
            return state
        return changed(state, _change.decode(message.data))
    except msgspec.DecodeError as error:
        raise WrongShape(f"the board's {message.event} {message.id} cannot be read: {error}") from error


def changed(state: BoardState, change: SituationChange) -> BoardState:
    """The board with one change in it."""
    situation: Situation = replace(
        state.situation, day=change.day, at=change.at, known_at=change.known_at, vector=change.vector
    )
    sections: dict[str, Any] = {
        name: section for name in WHOLE if (section := getattr(change, name)) is not None
    }
    for name, key in KEYS.items():
        rows = _section(change.replaced, name)
        if rows is None and (new := _section(change.rows, name)) is not None:
            rows = _merged(getattr(situation, name), new, key)
        if rows is not None:
            sections[name] = rows
    if change.rolled_up is not UNSET:
        sections["rolled_up"] = change.rolled_up
    return BoardState(situation=replace(situation, **sections), ledger=change.ledger or state.ledger)


def _section(rows: Rows | None, name: str) -> list[Any] | None:
    return None if rows is None else getattr(rows, name)


def _merged(old: Sequence[R], new: Sequence[R], key: str) -> list[R]:
    by_key = {getattr(row, key): row for row in new}
    return [by_key.get(getattr(row, key), row) for row in old]
