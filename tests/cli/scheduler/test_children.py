"""`pamwal children`: a parent admits and dismisses operations, and its plan lists them."""

from __future__ import annotations

import json

from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import ADMIN, OPERATION, post_of

OP = ("--operation", OPERATION)


async def test_a_child_is_admitted_and_dismissed(opened: Served) -> None:
    admitted = await opened.call("children", "admit", "rote-2024", *OP)
    assert (admitted.exit_code, "accepted, 1 fact" in admitted.stdout) == (0, True), admitted.output
    again = await opened.call("children", "admit", "rote-2024", *OP, "--json", by=ADMIN)
    assert [each["code"] for each in json.loads(again.stdout)["warnings"]] == ["unchanged"]
    listed = " ".join((await opened.call("plan", "operation", *OP)).stdout.split())
    assert "children admitted rote-2024 children dismissed none" in listed

    dismissed = await opened.call("children", "dismiss", "rote-2024", *OP, "--cause", "not ours")
    assert dismissed.exit_code == 0, dismissed.output
    listed = " ".join((await opened.call("plan", "operation", *OP)).stdout.split())
    assert "children admitted none children dismissed rote-2024" in listed


async def test_who_may_not_say_it_is_turned_away_and_an_operation_is_not_its_own_child(
    opened: Served,
) -> None:
    post = await opened.call("children", "admit", "rote-2024", *OP, by=post_of("oebobo"))
    itself = await opened.call("children", "admit", OPERATION, *OP)
    assert post.exit_code in {3, 5}, post.output
    assert (itself.exit_code, "malformed" in itself.stdout) == (3, True), itself.output
