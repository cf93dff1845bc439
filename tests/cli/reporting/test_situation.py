"""`pamwal situation` against reporting on a log in memory."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from pamwal.contracts.reporting import Situation
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import OPERATION, House


async def test_as_it_is_and_as_it_was_known(call: Run, house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    now = await call("situation", "--venues")
    assert now.exit_code == 0, now.stderr
    assert "LATIHAN" in now.stdout
    assert "Balai <Oepura>" in now.stdout
    assert "0 of 2 posts heard within 15 min; not settled" in now.stdout
    moment = ("--at", "2024-10-03T09:10:00+08:00")
    answers = [
        msgspec.json.decode((await call("situation", *moment, *known, "--json")).stdout, type=Situation)
        for known in (("--known", "2024-10-03T09:10:00+08:00"), ())
    ]
    assert [each.total.present for each in answers] == [0, 1]
    # the vector it prints asks for the same again
    vector = re.search(r"--known (\S+)", (await call("situation", "--known", moment[1])).stdout)
    assert vector is not None
    again = await call("situation", *moment, "--known", vector.group(1), "--json")
    assert msgspec.json.decode(again.stdout, type=Situation).total == answers[0].total


async def test_what_lies_ahead_is_said(call: Run) -> None:
    found = await call("situation", "--known", "2024-10-04T09:10:00+08:00")
    assert (found.exit_code, "lies ahead" in found.stderr) == (5, True)


async def test_a_look_at_an_earlier_moment_watches_nothing(call_alone: Run, house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    moment = ("--at", "2024-10-03T09:10:00+08:00")
    now = await call_alone("watch", "--operation", OPERATION, *moment, "--venues")
    assert now.exit_code == 0, now.stderr
    assert "Balai <Oepura>" in now.stdout
    then = await call_alone("watch", OPERATION, *moment, "--known", moment[1], "--venues")
    assert then.exit_code == 0, then.stderr
    assert then.stdout != now.stdout, "that he had come was not known then"
    ahead = await call_alone("watch", OPERATION, "--known", "2024-10-04T09:10:00+08:00")
    assert (ahead.exit_code, "lies ahead" in ahead.stderr) == (5, True)


async def test_what_is_written_to_a_file_is_of_the_moment_too(
    call: Run, house: House, tmp_path: Path
) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    told = []
    for known in ((), ("--known", "2024-10-03T09:10:00+08:00")):
        into = tmp_path / f"{len(told)}.csv"
        words = ("--at", "2024-10-03T09:10:00+08:00", *known, "--form", "csv", "--to", str(into))
        done = await call("export", "situation", "--section", "venues", *words)
        assert done.exit_code == 0, done.stderr
        told.append(into.read_text())
    assert told[0] != told[1]
    wrong = await call("export", "roster", "--form", "csv", "--known", "2024-10-03T09:10:00+08:00")
    assert (wrong.exit_code, "of a situation and of facts" in wrong.stderr) == (1, True)


async def test_which_operation_to_watch_is_said_once(call_alone: Run) -> None:
    for said in ((), (OPERATION, "--operation", OPERATION)):
        found = await call_alone("watch", *said, "--once")
        assert (found.exit_code, "say once which operation" in found.stderr) == (1, True), found.stderr
