"""What became of a request, in sentences, and the exit code that says so to a script."""

from __future__ import annotations

from collections import Counter
from typing import Final

import typer
from rich.console import Console

from pamwal.client.answers import Answer, Checked, Meaning
from pamwal.contracts.envelope import Reason

EXIT: Final[dict[Meaning, int]] = {"accepted": 0, "refused": 3, "parked": 4, "turned_away": 5, "undecided": 6}
SHOWN: Final = 50
ALIKE_SHOWN: Final = 3
STYLE: Final[dict[str, str]] = {"accepted": "green", "refused": "red"}


def show_answer(to: Console, answer: Answer) -> None:
    """The outcome, why, and what was warned of; then the command ends with the outcome's exit code."""
    say_answer(to, answer)
    raise typer.Exit(EXIT[answer.meaning])


def say_answer(to: Console, answer: Answer) -> None:
    """The outcome, why, and what was warned of."""
    meaning = answer.meaning.replace("_", " ")
    count = f", {_count(len(answer.facts), 'fact')}" if answer.meaning == "accepted" else ""
    at = f" ({answer.local_time})" if answer.local_time else ""
    _say(to, f"[{STYLE.get(answer.meaning, 'yellow')}]{meaning}[/]{count}{at}")
    if answer.meaning != "accepted" and answer.detail:
        possible = f"; possible: {answer.possible}" if answer.possible else ""
        _say(to, f"  {answer.code}: {answer.detail}{possible}", markup=False)
    if answer.meaning == "undecided":
        _say(to, f"  kept at {answer.receipt} and not decided yet; ask again later", markup=False)
    _reasons(to, answer.rows)
    _reasons(to, answer.warnings)
    _reasons(to, answer.advice)


def show_checked(to: Console, checked: Checked) -> None:
    """What would be answered; then the command ends with 0, or 3 where that is a refusal."""
    say_checked(to, checked)
    raise typer.Exit(EXIT[checked.outcome])


def say_checked(to: Console, checked: Checked) -> None:
    """What would be answered: outcome, kinds of facts, warnings, and why not."""
    would = "would be accepted" if checked.outcome == "accepted" else "would be refused"
    at = f" ({checked.local_time})" if checked.local_time else ""
    _say(to, f"[{STYLE[checked.outcome]}]{would}[/]; nothing was written{at}")
    for kind, number in Counter(str(fact.get("type", "fact")) for fact in checked.facts).items():
        _say(to, f"  {number} {kind}", markup=False)
    if checked.reason is not None:
        _say(to, f"  {sentence(checked.reason)}", markup=False)
        _reasons(to, checked.reason.rows)
    _reasons(to, checked.warnings)
    _reasons(to, checked.advice)


def sentence(reason: Reason) -> str:
    """`double_booked: officer … is at …; possible: …`."""
    possible = f"; possible: {reason.possible}" if reason.possible else ""
    return f"{reason.code}: {reason.message}{possible}"


def _reasons(to: Console, reasons: list[Reason]) -> None:
    """The first of them, and of those with one code and one way out only some: the rest is counted."""
    alike: Counter[tuple[str, str | None]] = Counter()
    left_out: Counter[str] = Counter()
    shown = 0
    for reason in reasons:
        kind = reason.code, reason.possible
        alike[kind] += 1
        if shown == SHOWN or alike[kind] > ALIKE_SHOWN:
            left_out[reason.code] += 1
            continue
        shown += 1
        row = "" if reason.row is None else f"row {reason.row + 1}, "
        _say(to, f"  - {row}{sentence(reason)}", markup=False)
    for code, number in left_out.items():
        _say(to, f"  … and {number} more: {code}; --json has them all", markup=False)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _say(to: Console, text: str, *, markup: bool = True) -> None:
    to.print(text, highlight=False, soft_wrap=True, markup=markup)
