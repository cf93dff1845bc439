"""Makes the practice copy of a day, through the same requests as anyone."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from pamwal.client.answers import Answer
from pamwal.client.practice import Bulk, DayPlan, amendment_of, live_of, opening_of, steps_of
from pamwal.client.scheduler import Scheduler
from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import HttpProblem, SettingsError
from pamwal.contracts.plan_reads import OperationView

UNKNOWN: Final = "unknown_operation"
SAID_ANYWAY: Final = frozenset({"unchanged", "unnoticed"})
"""Warnings that say nothing of why a row would be left out."""


class Copied(Struct, kw_only=True):
    """What became of one part of the copy: `done` now, `there` before, the rest left out, and why."""

    what: str
    total: int = 0
    done: int = 0
    there: int = 0
    reasons: list[Reason] = field(default_factory=list)
    """Whatever was refused or warned of."""

    @property
    def left_out(self) -> int:
        """How many are not in the copy, or not as they are planned."""
        return self.total - self.done - self.there


class Rehearsal(Struct, frozen=True, kw_only=True):
    """A practice copy: what it is, and what making it did."""

    operation_id: str
    of: str
    day: str
    opened: bool
    amended: bool
    parts: list[Copied]

    @property
    def changed(self) -> bool:
        """Whether anything is other than before."""
        return self.opened or self.amended or any(part.done for part in self.parts)

    @property
    def complete(self) -> bool:
        """Whether everything is in the copy."""
        return not any(part.left_out for part in self.parts)


async def read_day(source: Scheduler, day: str, *, deployments: bool) -> DayPlan:
    """What a day's copy is made of. SettingsError if it is no day of the operation."""
    operation = await source.operation()
    if not operation.starts_on <= day <= operation.ends_on:
        raise SettingsError(
            f"{day} is no day of {operation.operation_id}, which is from {operation.starts_on} to "
            f"{operation.ends_on}"
        )
    return DayPlan(
        day=day,
        operation=operation,
        officers=(await source.officers()).officers,
        sites=(await source.sites(day=day)).sites,
        rallies=(await source.rallies(day=day)).rallies,
        deployments=(await source.deployments(live=True)).deployments if deployments else [],
    )


async def rehearse(plan: DayPlan, admin: Scheduler, head: Scheduler, *, deployments: bool) -> Rehearsal:
    """Opens the exercise if need be and brings it to the day's plan; run again, it only adds what is new.

    SettingsError if the operation is open and no copy of that day; HttpProblem if opening it is refused.
    """
    opening = opening_of(plan)
    known = await _known(head)
    opened = amended = False
    if known is None:
        answer = _accepted(await admin.ask(opening), "opening the practice")
        await head.operation(after=[answer.receipt] if answer.receipt else [])
        opened = True
    elif (amendment := amendment_of(opening, known)) is not None:
        _accepted(await head.ask(amendment), "amending the practice")
        amended = True
    there = await _there(head) if deployments and not opened else frozenset()
    parts = [
        await _copied(head, step.what, step.requests)
        for step in steps_of(plan, deployments=deployments, there=there)
    ]
    if deployments:
        known_already = sum(each.deployment_id in there for each in live_of(plan))
        parts[-1].total += known_already
        parts[-1].there += known_already
    return Rehearsal(
        operation_id=head.operation_id,
        of=plan.operation.operation_id,
        day=plan.day,
        opened=opened,
        amended=amended,
        parts=[part for part in parts if part.total],
    )


async def _known(head: Scheduler) -> OperationView | None:
    try:
        return await head.operation()
    except HttpProblem as error:
        if error.code != UNKNOWN:
            raise
        return None


async def _there(head: Scheduler) -> frozenset[str]:
    found = await head.deployments()
    return frozenset(each.deployment_id for each in found.deployments)


async def _copied(head: Scheduler, what: str, requests: list[Bulk]) -> Copied:
    """One fact a row, but for rows that stand so already and those left out."""
    part = Copied(what=what)
    for request in requests:
        answer = await head.ask(request.data)
        part.total += request.rows
        if answer.meaning == "accepted":
            part.done += len(answer.facts)
            part.there += sum(each.code == "unchanged" for each in answer.warnings)
            part.reasons += [each for each in answer.warnings if each.code not in SAID_ANYWAY]
        elif answer.meaning == "refused":
            part.reasons += answer.rows or [_why(answer)]
        else:
            _accepted(answer, f"copying {what}")
    return part


def _why(answer: Answer) -> Reason:
    return Reason(code=answer.code or "refused", message=answer.detail or "refused")


def _accepted(answer: Answer, what: str) -> Answer:
    """The answer. HttpProblem for any that is not accepted."""
    if answer.meaning != "accepted":
        raise HttpProblem(
            answer.status, answer.code or answer.meaning, f"{what}: {answer.detail or answer.meaning}"
        )
    return answer
