"""A post's log: every request with what became of it, as a line, as a cell, as an activity. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, Request
from pamwal.contracts.field_reads import Ics214, Ics214Activity, LogLine, PostLog
from pamwal.contracts.zones import midnight
from pamwal.withheld import Withheld

COLUMNS: Final = (
    "at", "recorded_at", "known_at", "type", "outcome", "reason", "warnings", "actor", "channel", "source",
    "sourceseq", "said", "id", "offset",
)  # fmt: skip


def line_of(decision: Decision[Fact], request: Request[Any] | None) -> LogLine:
    """One line; `request` is None for what nobody can read."""
    data = decision.data
    asked = data.request
    if asked is None:
        raise ValueError(f"{decision.id} answers no request")
    why = data.reason or (data.of.reason if data.of is not None else None)
    return LogLine(
        offset=asked.offset,
        id=asked.id or "",
        type=asked.type or "",
        at=request.time if request is not None else data.knownat,
        known_at=data.knownat,
        outcome=data.outcome,
        recorded_at=request.recordedat if request is not None else None,
        actor=request.actor if request is not None else None,
        channel=asked.channel,
        source=asked.source,
        sourceseq=asked.sourceseq,
        reason=why.code if why is not None else None,
        warnings=[each.code for each in data.warnings],
        facts=[fact.id for fact in data.facts],
        said=msgspec.to_builtins(request.data) if request is not None else None,
    )


def without(unnamed: Withheld, log: PostLog) -> PostLog:
    """The log as it is shown to a reader who is not told of some officers.

    A request that names one of them is shown without its content, which would say where that officer was.
    """
    lines = [replace(line, said=None) if unnamed.names(line.said) else line for line in log.lines]
    return unnamed.answer(replace(log, lines=lines))


def ics_214(log: PostLog) -> Ics214:
    """The log as the data of an activity log; what was only repeated is no activity."""
    lines = [line for line in log.lines if line.outcome != "repeat"]
    return Ics214(
        form="ICS 214",
        incident_name=log.operation_name,
        operational_period_from=midnight(log.day, log.zone),
        operational_period_to=midnight(log.day, log.zone, days_later=1),
        name=log.post,
        resources_assigned=sorted({line.actor for line in lines if line.actor is not None}),
        activities=[Ics214Activity(at=line.at, activity=_activity(line)) for line in lines],
        next_after=log.next_after,
        at=log.at,
        known=log.known,
    )


def cells_of(log: PostLog) -> list[list[str]]:
    """The log as the texts of a table with `COLUMNS`."""
    return [[_cell(getattr(line, name)) for name in COLUMNS] for line in log.lines]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(value)
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)


def _text(value: Any) -> str:
    """A word or a number as it is; of a list those by name, or how many; nothing of what has parts."""
    if isinstance(value, list):
        named = [each for each in value if isinstance(each, str)]
        return ",".join(named) if len(named) == len(value) else str(len(value))
    return str(value) if isinstance(value, str | int) else ""


def _activity(line: LogLine) -> str:
    """`check_in officer_id=NTT-0001 place=rally/r-1 by operator-7 (app)`, and what became of it."""
    said = line.said if isinstance(line.said, dict) else {}
    parts = [f"{name}={text}" for name, value in said.items() if (text := _text(value))]
    name = line.type.split(".")[2] if line.type.count(".") >= 2 else "unreadable"
    by = [f"by {line.actor}"] if line.actor else []
    what = " ".join([name, *parts, *by, *([f"({line.channel})"] if line.channel else [])])
    became = "" if line.outcome == "accepted" else f": {line.outcome} {line.reason or ''}".rstrip()
    return f"{what}{became}{''.join(f' [{code}]' for code in line.warnings)}"
