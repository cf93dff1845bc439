"""`pamwal practice`: a day's plan as an exercise of its own, made once and then only brought up to date."""

from __future__ import annotations

import json

import msgspec
import pytest

from pamwal.contracts.scheduling import CancelDeployments, LendOfficers, RegisterOfficers, ReserveDeployments
from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    absence,
    absences,
    at,
    cancel_rally,
    claims,
    entry,
    loan,
    notice,
    opening,
    order,
    orders,
    plan,
    rows,
)

NEW = "latihan-1003"
ARGUMENTS = ("practice", "--operation", OPERATION, "--day", "2024-10-03", "--as", NEW)
HEAD = claims()


@pytest.fixture
async def busy(planned: Served) -> Served:
    """Orders, a reservation, a notice, an absence, a loan, and what is not of the day or not held."""
    await planned.say(orders(order("d1"), order("d2", "k-2", role="intel")))
    await planned.say(ReserveDeployments(orders=[order("d3", "k-3", "lasiana-1")]))
    await planned.say(notice("oebobo-1"))
    await planned.say(RegisterOfficers(officers=[entry("k-4"), entry("k-5", skills=["traffic"])]))
    await planned.say(absences(absence(officer_id="k-4", starts_at=at("08:00", 2), ends_at=at("08:00", 5))))
    await planned.say(LendOfficers(loans=[loan(officer_id="k-5")]))
    await planned.say(plan("late", "22:00", "23:00"))
    await planned.say(cancel_rally("late"))
    await planned.say(plan("next-day", starts_at=at("16:00", 4), ends_at=at("18:00", 4)))
    await planned.say(orders(_tomorrow()))
    return planned


def _tomorrow():
    return msgspec.structs.replace(
        order("d9", "k-1", "next-day"), starts_at=at("16:00", 4), ends_at=at("18:00", 4)
    )


async def test_a_days_plan_becomes_an_exercise_with_nobodys_name_in_it(busy: Served) -> None:
    said = await busy.call(*ARGUMENTS, "--with-deployments", by=None)

    assert said.exit_code == 0, said.output
    assert "LATIHAN latihan-1003: omp-kupang-2024 on 2024-10-03, opened" in said.stdout
    copy = busy.scheduler(HEAD, NEW)
    operation, original = await copy.operation(), await busy.scheduler().operation()
    assert (operation.mode, operation.starts_on, operation.ends_on) == (
        "exercise",
        "2024-10-03",
        "2024-10-03",
    )
    for name in ("zone", "region", "posts", "satgas", "pairs", "policy", "patterns"):
        assert getattr(operation, name) == getattr(original, name), name
    assert [each.rally_id for each in (await copy.rallies()).rallies] == ["lasiana-1", "oebobo-1"]
    [held] = [each for each in (await copy.rallies()).rallies if each.rally_id == "oebobo-1"]
    assert held.receipt is not None
    [site] = (await copy.sites()).sites
    assert (site.starts_at, site.ends_at) == (operation.begins_at, operation.ends_before)
    officers = {each.officer_id: each for each in (await copy.officers()).officers}
    assert sorted(officers) == ["k-1", "k-2", "k-3", "k-4", "k-5"]
    assert [each.kind for each in officers["k-4"].absences + officers["k-5"].absences] == ["sakit", "lent"]
    live = {each.deployment_id: each.status for each in (await copy.deployments(live=True)).deployments}
    assert live == {"d1": "ordered", "d2": "ordered", "d3": "reserved"}
    sheet = (await busy.call("sheet", "annex", "--operation", NEW, "--day", "2024-10-03", "--to", "-",
                             "--token", busy.token(HEAD, NEW), by=None)).stdout_bytes  # fmt: skip
    assert b"Personel" not in sheet


async def test_run_twice_the_second_changes_nothing_and_says_so(busy: Served) -> None:
    first = await busy.call(*ARGUMENTS, "--with-deployments", by=None)
    before = (await busy.scheduler(HEAD, NEW).operation()).version
    again = await busy.call(*ARGUMENTS, "--with-deployments", by=None)
    machine = json.loads((await busy.call(*ARGUMENTS, "--with-deployments", "--json", by=None)).stdout)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert "Nothing changed" not in first.stdout
    assert "Nothing changed: the practice stands so already." in again.stdout
    assert (await busy.scheduler(HEAD, NEW).operation()).version == before
    assert {part["what"]: (part["total"], part["done"], part["there"]) for part in machine["parts"]} == {
        "officers": (5, 0, 5), "absences": (1, 0, 1), "loans": (1, 0, 1), "sites": (1, 0, 1),
        "rallies": (2, 0, 2), "deployments": (3, 0, 3),
    }  # fmt: skip


async def test_run_again_after_the_plan_changed_it_adds_what_is_new(busy: Served) -> None:
    await busy.call(*ARGUMENTS, by=None)
    await busy.say(plan("sikumana-1"))
    await busy.say(RegisterOfficers(officers=[entry("k-6")]))

    said = await busy.call(*ARGUMENTS, by=None)

    assert said.exit_code == 0, said.output
    copy = busy.scheduler(HEAD, NEW)
    assert "sikumana-1" in [each.rally_id for each in (await copy.rallies()).rallies]
    assert "k-6" in [each.officer_id for each in (await copy.officers()).officers]
    assert (await copy.deployments()).deployments == []


async def test_what_cannot_be_copied_is_left_out_and_named(busy: Served) -> None:
    await busy.call(*ARGUMENTS, by=None)
    copied = msgspec.structs.replace(order("own", "k-1"), starts_at=at("15:30"), ends_at=at("17:00"))
    await busy.say(orders(copied), operation=NEW)

    said = await busy.call(*ARGUMENTS, "--with-deployments", by=None)

    assert said.exit_code == 3
    assert "deployments: double_booked: officer k-1 is at rally/oebobo-1" in said.stdout


async def test_the_operation_itself_stays_as_it_is(busy: Served) -> None:
    before = [await busy.scheduler().deployments(), await busy.scheduler().operation()]
    await busy.call(*ARGUMENTS, "--with-deployments", by=None)
    await busy.say(CancelDeployments(rows=rows("d1"), cause="practice"), operation=NEW)

    assert [await busy.scheduler().deployments(), await busy.scheduler().operation()] == before


async def test_what_is_no_practice_is_never_touched(busy: Served) -> None:
    await busy.say(opening(name="Latihan lain"), ADMIN, NEW)
    other = await busy.call(*ARGUMENTS, by=None)
    itself = await busy.call(*ARGUMENTS[:-1], OPERATION, by=None)
    outside = await busy.call(*ARGUMENTS[:4], "2030-01-01", *ARGUMENTS[5:], by=None)
    missing = await busy.call("practice", "--operation", "none", *ARGUMENTS[3:], by=None)

    assert (other.exit_code, "is no practice copy of that day" in other.stderr) == (1, True), other.output
    assert (itself.exit_code, "is the operation itself" in itself.stderr) == (1, True)
    assert (outside.exit_code, "2030-01-01 is no day of omp-kupang-2024" in outside.stderr) == (1, True)
    assert (missing.exit_code, missing.stderr.startswith("pamwal: ")) == (5, True), missing.output
    assert (await busy.scheduler(HEAD, NEW).officers()).officers == []


def test_without_tokens_and_without_a_key_of_ones_own_it_says_what_is_missing(pamwal) -> None:
    said = pamwal(*ARGUMENTS)
    assert said.exit_code == 1
    assert "no token of a ops_head of omp-kupang-2024: set PAMWAL_TOKEN" in said.stderr
