"""`pamwal explain` against reporting on a log in memory."""

from __future__ import annotations

import msgspec

from pamwal.contracts.explained import Explained
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import House


async def test_a_number_is_shown_with_its_officers_and_their_facts(call: Run, house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    shown = await call("explain", "present", "--venue", "v-a")
    assert shown.exit_code == 0, shown.stderr
    assert "LATIHAN: 1 present of venue v-a at 2024-10-03 09:" in shown.stdout
    [line] = [line for line in shown.stdout.splitlines() if "checked_in" in line]
    assert line.split()[-5:] == ["08:50", "WITA", "app", "maulafa", "q5/0"]
    assert "not named to you" not in shown.stdout, "KPG-2, on intel, did not come"
    ordered = await call("explain", "ordered")
    assert "1 more is counted, and not named to you" in ordered.stdout, ordered.stdout
    assert "KPG-2" not in ordered.stdout


async def test_rallies_and_posts_are_shown_with_theirs(call: Run) -> None:
    rallies = await call("explain", "rallies_active")
    assert rallies.exit_code == 0, rallies.stderr
    [line] = [line for line in rallies.stdout.splitlines() if line.startswith("rally/")]
    assert line.split()[1:3] == ["active", "rally_planned"]
    posts = await call("explain", "posts_silent")
    assert [line.split()[1:] for line in posts.stdout.splitlines() if line.startswith("post/")] == [
        ["silent", "no", "fact"]
    ] * 2


async def test_as_of_a_moment_and_for_a_machine(call: Run, house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    then = await call("explain", "--known", "2024-10-03T09:10:00+08:00", "--json")
    found = msgspec.json.decode(then.stdout, type=Explained)
    assert (found.number, found.count, found.exercise, found.zone) == ("present", 0, True, "Asia/Makassar")


async def test_what_cannot_be_explained_is_said(call: Run) -> None:
    two = await call("explain", "--venue", "v-a", "--role", "guard")
    assert (two.exit_code, "--venue and --role: a number stands in one row" in two.stderr) == (1, True)
    none = await call("explain", "officers")
    assert (none.exit_code, "is no number of the situation; ask for" in none.stderr) == (5, True)
