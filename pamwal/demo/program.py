"""The demo from its first line to its last."""

from __future__ import annotations

import asyncio

from rich.console import Console

from pamwal.demo.aftermath import board_link, stay
from pamwal.demo.exercise import Exercise, Options, Outcome
from pamwal.demo.narrator import Narrator
from pamwal.demo.tables import checks_table, evidence_tables, print_all
from pamwal.stack.first import first_of


async def kupang_program(options: Options, console: Console, *, leave: bool) -> bool:
    """Plays the day and prints what came out; whether every number holds.

    Unless `leave`, the board stays up until this is cancelled, which is then the ordinary end.
    """
    exercise, narrator = Exercise(options, console), Narrator(console)
    narrator.heading(f"3 October 2024 in Kupang, an exercise on a simulated clock: {exercise.operation_id}")
    try:
        await exercise.start()
        narrator.step("board", "watch it live, the link works once:")
        print_link(console, board_link(exercise))
        outcome = await exercise.play()
        report(console, outcome)
        if not leave:
            await _stay_up(exercise, narrator)
    except asyncio.CancelledError:
        narrator.step("interrupted", f"no verdict; what was started ends, the log stays in {options.state}")
        raise
    finally:
        await exercise.stack.close()
    narrator.step("log kept", f"in {options.state}")
    narrator.step("receipts", f"in {exercise.receipts_file}")
    return outcome.holds


async def _stay_up(exercise: Exercise, narrator: Narrator) -> None:
    try:
        narrator.heading("The board stays up, its clock at normal speed, until Ctrl-C. The link works once:")
        print_link(narrator.console, board_link(exercise))
        async with asyncio.TaskGroup() as group:
            group.create_task(exercise.stack.watch(lambda said: narrator.step("a service", said)))
            group.create_task(stay(exercise))
    except BaseExceptionGroup as failed:
        raise first_of(failed) from None
    except asyncio.CancelledError:
        # Asked to end: nothing went wrong, and the verdict is printed already.
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
        narrator.step("ending", "services and Kafka are being stopped")


def report(console: Console, outcome: Outcome) -> None:
    """Situation, ledger, claim check, audit, and every expected number with its mark."""
    evidence = outcome.evidence
    tables = [*evidence_tables(evidence), checks_table(outcome.checks)]
    print_all(console, tables)
    for sentence in evidence.surprises[:10]:
        console.print(f"  {sentence}", highlight=False, style="red")
    missed = [check for check in outcome.checks if not check.holds]
    verdict = (
        f"[bold green]every one of the {len(outcome.checks)} expected numbers holds[/]"
        if not missed
        else f"[bold red]{len(missed)} of {len(outcome.checks)} expected numbers do not hold[/]"
    )
    console.print(f"\n{verdict}", highlight=False)


def print_link(console: Console, link: str) -> None:
    """On a line of its own and never wrapped, so that it can be taken as it is."""
    console.print(f"  {link}", soft_wrap=True, highlight=False, markup=False)
