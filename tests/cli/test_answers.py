"""How an answer reads: what would be possible is said, and what is alike is said some times and counted."""

from __future__ import annotations

import io

import pytest
import typer
from rich.console import Console

from pamwal.cli._answers import show_answer
from pamwal.client.answers import Answer
from pamwal.contracts.envelope import Reason


def read(answer: Answer) -> list[str]:
    to = Console(file=io.StringIO(), width=200)
    with pytest.raises(typer.Exit):
        show_answer(to, answer)
    return to.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_a_refusal_says_what_would_be_possible() -> None:
    answer = Answer(
        meaning="refused", status=409, code="double_booked", detail="KPG-1 is at rally/a", possible="swap"
    )
    assert read(answer) == ["refused", "  double_booked: KPG-1 is at rally/a; possible: swap"]


def test_the_time_is_repeated_with_what_is_odd_about_it() -> None:
    late = Reason(code="late", message="more than a day ago", possible="take it back")
    answer = Answer(
        meaning="accepted", status=201, facts=["q/0"], local_time="2024-10-03 17:00 WITA", advice=[late]
    )
    assert read(answer) == [
        "accepted, 1 fact (2024-10-03 17:00 WITA)",
        "  - late: more than a day ago; possible: take it back",
    ]


def test_rows_refused_for_one_reason_are_not_all_printed() -> None:
    rows = [
        Reason(
            code="order_required", message=f"deployment d{n} cites no sprin", row=n, possible="send the sprin"
        )
        for n in range(57)
    ]
    rows.append(Reason(code="unknown_officer", message="this operation knows no officer K", row=57))
    told = read(Answer(meaning="refused", status=409, code="order_required", detail="57 rows", rows=rows))
    assert [line for line in told if " row " in line] == [
        *(
            f"  - row {n}, order_required: deployment d{n - 1} cites no sprin; possible: send the sprin"
            for n in (1, 2, 3)
        ),
        "  - row 58, unknown_officer: this operation knows no officer K",
    ]
    assert told[-1] == "  … and 54 more: order_required; --json has them all"


def test_rows_that_each_say_something_else_are_printed_up_to_fifty() -> None:
    rows = [
        Reason(code="double_booked", message=f"officer {n} is elsewhere", row=n, possible=f"swap {n}")
        for n in range(60)
    ]
    told = read(Answer(meaning="refused", status=409, code="double_booked", detail="60 rows", rows=rows))
    assert sum(" row " in line for line in told) == 50
    assert told[-1] == "  … and 10 more: double_booked; --json has them all"
