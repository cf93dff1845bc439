"""A file as requests: rows in chunks, each decided like any request, and one answer a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, RequestData
from pamwal.contracts.import_answers import ImportAnswer, LineAnswer, LineOutcome, Problem
from pamwal.contracts.scheduling import (
    ROWS_MAX,
    OfficerEntry,
    OfficerRow,
    OrderDeployments,
    PlanRallies,
    PlanRally,
    RegisterOfficers,
    WithdrawOfficers,
)
from services.scheduler.deciding.state import Schedule
from services.scheduler.files import OrderLine, Parsed, Row

FACT_OUTCOMES: Final[dict[str, LineOutcome]] = {"OfficerWithdrawn": "removed", "RallyCancelled": "removed"}


class Said(Protocol):
    """What became of a request: a verdict of a check, or the data of a decision."""

    @property
    def facts(self) -> list[Any]: ...
    @property
    def warnings(self) -> list[Reason]: ...
    @property
    def reason(self) -> Reason | None: ...


Ask = Callable[[str, RequestData], Awaitable[Said]]
"""(id below the import's, data) → what became of it, or would."""


class Chunk(Struct, frozen=True):
    """One request, the lines its rows stand in, and whom each is about."""

    data: RequestData
    lines: Sequence[int]
    subjects: Sequence[str]


def roster_chunks(
    schedule: Schedule,
    parsed: Parsed[OfficerEntry],
    import_id: str,
    *,
    remove: bool,
    home_post: str | None = None,
) -> Iterator[Chunk]:
    """Registers each row; with `remove`, withdraws who stands on the roster and in no line of the file.

    A line that is refused still says that its officer is there; where one does not say whom it is about,
    nobody is withdrawn. With `home_post` only officers of that post are.
    """
    for part in _parts(parsed.rows):
        yield Chunk(
            RegisterOfficers(officers=[row.value for row in part], mode="best_effort", import_id=import_id),
            [row.line for row in part],
            [row.value.officer_id for row in part],
        )
    if remove and not parsed.nameless:
        gone = sorted(
            each.officer_id
            for each in schedule.officers.values()
            if each.officer_id not in parsed.named
            and not each.withdrawn
            and home_post in {None, each.home_post}
        )
        for first in range(0, len(gone), ROWS_MAX):
            ids = gone[first : first + ROWS_MAX]
            yield Chunk(
                WithdrawOfficers(
                    rows=[OfficerRow(officer_id=each) for each in ids],
                    cause=f"not in the roster {import_id}",
                    mode="best_effort",
                    import_id=import_id,
                ),
                [0] * len(ids),
                ids,
            )


def nobody_removed(parsed: Parsed[OfficerEntry]) -> list[Problem]:
    """Says so, where nobody is withdrawn because it is not clear who is in the file."""
    if not parsed.nameless:
        return []
    return [
        Problem(
            line=parsed.nameless[0],
            column=None,
            message="nobody is withdrawn: it is not clear whom this line is about"
            + (f", nor {len(parsed.nameless) - 1} others" if len(parsed.nameless) > 1 else ""),
            possible="mend the line and send the file again",
        )
    ]


def plan_chunks(parsed: Parsed[PlanRally], import_id: str) -> Iterator[Chunk]:
    """Plans each rally, and each series as a whole."""
    for part in _parts(parsed.rows):
        yield Chunk(
            PlanRallies(rallies=[row.value for row in part], mode="best_effort", import_id=import_id),
            [row.line for row in part],
            [row.value.rally_id for row in part],
        )
    for row in parsed.series:
        yield Chunk(replace(row.value, import_id=import_id), [row.line], [row.value.series_id])


def order_chunks(rows: Sequence[Row[OrderLine]], import_id: str) -> Iterator[Chunk]:
    """Orders each row, those of one sprin together."""
    by_sprin: dict[str | None, list[Row[OrderLine]]] = {}
    for row in rows:
        by_sprin.setdefault(row.value.sprin, []).append(row)
    for sprin, own in by_sprin.items():
        for part in _parts(own):
            orders = [row.value.order for row in part]
            yield Chunk(
                OrderDeployments(sprin=sprin, orders=orders, mode="best_effort", import_id=import_id),
                [row.line for row in part],
                [row.value.order.deployment_id for row in part],
            )


def _parts(rows: Sequence[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    for first in range(0, len(rows), ROWS_MAX):
        yield rows[first : first + ROWS_MAX]


async def carry_out(
    parsed: Parsed[Any], chunks: Iterator[Chunk], ask: Ask, *, import_id: str, dry_run: bool, every_line: bool
) -> ImportAnswer:
    """Asks chunk by chunk. What was decided stays decided if a later chunk cannot be: send the file again."""
    answers = [_of_problem(each) for each in parsed.errors]
    for number, chunk in enumerate(chunks):
        answers += lines_of(chunk, await ask(str(number), chunk.data))
    answers.sort(key=lambda each: (each.line == 0, each.line))
    shown = answers if every_line else [each for each in answers if each.outcome != "unchanged"]
    return ImportAnswer(
        import_id=import_id,
        sha256=parsed.sha256,
        encoding=parsed.encoding,
        dry_run=dry_run,
        counts=_counts(answers),
        lines=shown,
        notes=parsed.notes,
    )


def _counts(answers: Sequence[LineAnswer]) -> dict[LineOutcome, int]:
    """How many lines came to what; a line that is refused for several problems counts once."""
    refused = {each.line for each in answers if each.outcome == "refused" and each.line}
    found = Counter(each.outcome for each in answers if each.outcome != "refused" or not each.line)
    found["refused"] += len(refused)
    return {outcome: count for outcome, count in found.items() if count}


def lines_of(chunk: Chunk, said: Said) -> list[LineAnswer]:
    """One answer a row of a chunk."""
    if said.reason is not None:
        own = {each.row: each for each in said.reason.rows if each.row is not None}
        return [_refused(chunk, row, own.get(row, said.reason)) for row in range(len(chunk.lines))]
    about = {each.row: each for each in said.warnings if each.row is not None and _keeps_out(each)}
    known = {_subject_of(fact): fact for fact in said.facts}
    found = []
    for row, subject in enumerate(chunk.subjects):
        fact = known.get(subject)
        told = about.get(row)
        if fact is None and told is not None and told.code != "unchanged":
            found.append(_refused(chunk, row, told))
        else:
            found.append(
                LineAnswer(line=chunk.lines[row], subject=subject, outcome=_outcome(fact, said, row))
            )
    return found


def _keeps_out(reason: Reason) -> bool:
    return reason.code != "unnoticed"


def _outcome(fact: Any, said: Said, row: int) -> LineOutcome:
    """Of a series no fact bears its name: any fact of it says that it is planned."""
    if fact is None:
        of_series = any(getattr(each, "series_id", None) is not None for each in said.facts)
        return "added" if of_series and row == 0 else "unchanged"
    return FACT_OUTCOMES.get(type(fact).__name__, "added" if fact.version == 1 else "changed")


def _subject_of(fact: Any) -> str | None:
    for name in ("officer_id", "rally_id", "deployment_id"):
        if type(fact).__name__.startswith(name.partition("_")[0].capitalize()):
            return str(getattr(fact, name))
    return None


def _refused(chunk: Chunk, row: int, reason: Reason) -> LineAnswer:
    return LineAnswer(
        line=chunk.lines[row],
        subject=chunk.subjects[row],
        outcome="refused",
        code=reason.code,
        message=reason.message,
        possible=reason.possible,
    )


def _of_problem(problem: Problem) -> LineAnswer:
    return LineAnswer(
        line=problem.line,
        subject=problem.subject,
        outcome="refused",
        code="malformed",
        message=problem.message,
        possible=problem.possible,
        column=problem.column,
    )
