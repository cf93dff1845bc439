"""`pamwal propose` and `send --check`: a draft looked at, ordered, thrown away; an answer before asking."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import OPERATION, cancel_rally, order, orders

OP = ("--operation", OPERATION)
DAY = ("--day", "2024-10-03")


def draft_id(text: str) -> str:
    return text.split("pamwal propose order ")[1].split(maxsplit=1)[0]


async def live(served: Served) -> list[str]:
    return [each.officer_id for each in (await served.scheduler().deployments(live=True)).deployments]


async def test_a_draft_shows_orders_shortages_and_spread_and_is_ordered_with_one_call(
    planned: Served,
) -> None:
    said = await planned.call("propose", *OP, *DAY, "--place", "rally/oebobo-1", "--seed", "3")

    assert said.exit_code == 3, "one guard of four lacks: " + said.output
    words = " ".join(said.stdout.split())
    assert "rally/oebobo-1 2024-10-03 16:00-20:00 WITA guard 3 k-1, k-2, k-3" in words
    assert "1 of 4" in words
    assert "3 orders; hours an officer 4.0 to 4.0, mean 4.0" in words
    assert "walikota/3 75%" in words
    name = draft_id(said.stdout)
    listed = await planned.call("plan", "drafts", *OP)
    assert name in listed.stdout

    looked = await planned.call("propose", "order", name, *OP, "--sprin", "SPRIN/1", "--check")
    assert (looked.exit_code, "3 deployment_ordered" in looked.stdout) == (0, True), looked.output
    assert await live(planned) == []
    done = await planned.call("propose", "order", name, *OP, "--sprin", "SPRIN/1")
    assert (done.exit_code, "accepted, 4 facts" in done.stdout) == (0, True), done.output
    assert await live(planned) == ["k-1", "k-2", "k-3"]
    twice = await planned.call("propose", "order", name, *OP, "--sprin", "SPRIN/1")
    assert (twice.exit_code, "illegal_transition" in twice.stdout) == (3, True)


async def test_the_same_seed_gives_the_same_draft_and_nothing_is_kept_unasked(planned: Served) -> None:
    said = [await planned.call("propose", *OP, *DAY, "--no-keep", "--json") for _ in range(2)]

    found = [json.loads(each.stdout) for each in said]
    placed = [[(one["officer_id"], one["place"], one["role"]) for one in each["orders"]] for each in found]
    assert placed[0] == placed[1]
    assert [each["kept"] for each in found] == [False, False]
    assert (await planned.scheduler().proposals()).proposals == []


async def test_a_draft_is_thrown_away(planned: Served) -> None:
    name = draft_id((await planned.call("propose", *OP, *DAY)).stdout)
    gone = await planned.call("propose", "discard", name, *OP, "--post", "oebobo")
    again = await planned.call("propose", "discard", name, *OP, "--json")

    assert (gone.exit_code, again.exit_code) == (0, 3), gone.output
    assert json.loads(again.stdout)["code"] == "illegal_transition"


async def test_what_cannot_be_proposed_for_is_a_sentence(planned: Served) -> None:
    bare = await planned.call("propose")
    day = await planned.call("propose", *OP, "--day", "tomorrow")
    place = await planned.call("propose", *OP, *DAY, "--place", "oebobo")

    assert (bare.exit_code, "say for what: --operation and --day" in bare.stderr) == (1, True)
    assert (day.exit_code, "this cannot be proposed for" in day.stderr) == (1, True)
    assert (place.exit_code, "$.places[0]" in place.stderr) == (1, True)


async def test_a_request_is_only_checked_and_told_what_would_come_of_it(planned: Served) -> None:
    await planned.say(orders(order("d1"), order("d2", "k-2")))
    data = msgspec.json.encode(cancel_rally("oebobo-1")).decode()

    said = await planned.call("send", "cancel_rally", *OP, "--post", "oebobo", "--data", data, "--check")

    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["outcome"] == "accepted"
    assert sorted(fact["type"] for fact in told["facts"]) == [
        "deployment_cancelled", "deployment_cancelled", "rally_cancelled",
    ]  # fmt: skip
    assert await live(planned) == ["k-1", "k-2"]


async def test_a_refusal_is_foretold_with_its_winner_and_the_worst_counts(
    planned: Served, tmp_path: Path
) -> None:
    await planned.say(orders(order("d1")))
    rows = [orders(order("d2", "k-1", "lasiana-1")), orders(order("d3", "k-2"))]
    file = tmp_path / "queue.ndjson"
    file.write_bytes(
        b"\n".join(
            msgspec.json.encode({"type": "pamwal.scheduling.order_deployments.v1", "data": each})
            for each in rows
        )
    )

    said = await planned.call("send", *OP, "--post", "oebobo", "--file", str(file), "--check")

    told = [json.loads(line) for line in said.stdout.splitlines()]
    assert (said.exit_code, [each["outcome"] for each in told]) == (3, ["refused", "accepted"])
    assert told[0]["reason"]["winner"]["deployment_id"] == "d1"
    assert await live(planned) == ["k-1"]


async def test_a_check_that_is_turned_away_is_a_sentence(planned: Served) -> None:
    data = msgspec.json.encode(cancel_rally("oebobo-1")).decode()
    said = await planned.call(
        "send", "cancel_rally", "--operation", "other", "--post", "oebobo", "--data", data, "--check"
    )
    assert (said.exit_code, "bound to operation" in said.stderr, said.stdout) == (5, True, "")
