"""What a family counts now is what it counts when the same moment is asked for later, by what was known."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pamwal.contracts.field import Heartbeat
from pamwal.contracts.scheduling import (
    AdmitChild,
    AmendOperation,
    CloseOperation,
    DismissChild,
    ReopenOperation,
)
from services.reporting.families import Seen
from tests.unit.reporting.house import Written
from tests.unit.reporting.telling import at
from tests.unit.reporting.test_families import manned, opened
from tests.unit.reporting.test_families_earlier import EXERCISE, Looking

OPERATIONS = ("nation", "ntt", "kupang", "rote")
STEPS_MAX = 6


class Step(NamedTuple):
    """What one operation is told about another."""

    operation: str
    does: str
    other: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(OPERATIONS),
        st.sampled_from(["admit", "admit", "dismiss", "name", "close", "reopen"]),
        st.sampled_from(OPERATIONS),
    ),
    max_size=STEPS_MAX,
)


def request(step: Step) -> Any:
    return {
        "admit": AdmitChild(child=step.other),
        "dismiss": DismissChild(child=step.other, cause="not ours"),
        "name": AmendOperation(parent=step.other),
        "close": CloseOperation(cause="over"),
        "reopen": ReopenOperation(cause="not over"),
    }[step.does]


def counted(seen: Seen) -> Any:
    """All that does not say when it was looked at; what is said of a parent is said live alone."""
    whole = seen.rolled_up
    if whole is None:
        return None
    missing = {(each.operation_id, each.code) for each in whole.unseen if each.code != "not_admitted"}
    if whole.operations == 1 and not missing:
        return None
    children = [(row.operation_id, row.operations, row.strength) for row in seen.children]
    return whole.operations, whole.strength, whole.cycle, children, missing


async def looked_at(steps: list[Step], admitted: list[bool]) -> None:
    written = Written()
    await opened(written, "nation", None)
    for name, parent, counts in zip(OPERATIONS[1:], ("nation", "ntt", "ntt"), admitted, strict=True):
        await opened(written, name, parent, admitted=counts)
        await manned(written, name, f"K-{name}", "K-shared")
    looking = Looking(written)
    families, shown = looking.boards.families, list[tuple[str, str, Any]]()
    await looking.live.start()
    try:
        await looking.say(Heartbeat(), "06:05", "06:05", "nation")
        for minute, step in enumerate([None, *steps]):
            known = f"10:{minute:02}"
            if step is not None:
                await looking.say(request(step), known, known, step.operation)
            for name in OPERATIONS:
                live = families.look(name, EXERCISE, "full", within_s=10.0)
                shown.append((known, name, counted(live)))
        for known, name, live in shown:
            then = await looking.kept.look(
                name, EXERCISE, "full", at=at("10:30"), known=f"{at(known)[:17]}30.000Z", day=None
            )
            assert counted(then) == live, (known, name)
    finally:
        await looking.live.stop()
        await written.log.close()


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, admitted=st.lists(st.booleans(), min_size=3, max_size=3))
@example(steps=[Step("nation", "name", "ntt")], admitted=[True, True, True])
@example(steps=[Step("ntt", "name", "rote")], admitted=[True, True, True])
def test_what_a_family_counts_live_is_what_it_counts_as_of_then(
    steps: list[Step], admitted: list[bool]
) -> None:
    asyncio.run(looked_at(steps, admitted))
