"""The parity audit over HTTP: as JSON for everybody, its rows as CSV for who may see places."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.parity import ParityAudit
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import AmendOperation, PlanRally
from services.reporting.parity.permutation import group_tests
from services.reporting.parity.rows import COLUMNS
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OEPURA, at

DAYS = "from=2024-10-03&to=2024-10-03"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One rally with a guard and an intel officer, two without; half past nine."""
    written = Written()
    await written.plan()
    await written.ask(AmendOperation(pairs=["walikota/1", "walikota/2", "gubernur/1", "bupati/1"]))
    for number, pair in (("b", "walikota/2"), ("c", "walikota/2"), ("d", "gubernur/1")):
        await written.ask(
            PlanRally(
                rally_id=number,
                kind="dialogue",
                pairs=[pair],
                venue=Venue(venue_id=f"v-{number}", name="Balai", kelurahan=OEPURA),
                starts_at=at("09:00"),
                ends_at=at("11:00"),
                required={"guard": 1},
                expected_attendance=200,
            )
        )
    await written.decide()
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def audit(house: House, role: Role, query: str = DAYS) -> ParityAudit:
    answer = await house.get(f"/parity?election=walikota&{query}", role)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=ParityAudit)


@pytest.mark.parametrize(("role", "hours"), [("ops_head", 4.0), ("command_post", 2.0), ("viewer", 2.0)])
async def test_everybody_reads_means_and_only_who_may_place_intel_has_it_in_them(
    house: House, role: Role, hours: float
) -> None:
    found = await audit(house, role)
    assert [(pair.pair, pair.rally_days) for pair in found.pairs] == [("walikota/1", 1), ("walikota/2", 2)]
    assert (found.pairs[0].means["officer_hours"], found.officer_days) == (hours, 2)
    assert found.intel_counted == (role == "ops_head")
    assert (found.comparisons, len(found.tests), found.flags) == (2, 2, 0)


async def test_the_days_are_the_operations_until_now_if_none_is_asked_for(house: House) -> None:
    found = await audit(house, "viewer", "")
    assert (found.first_day, found.last_day, found.rally_days) == ("2024-09-25", "2024-10-03", 3)


async def test_anyone_computes_the_same_from_the_rows_and_the_seed(house: House) -> None:
    found = await audit(house, "command_post", f"{DAYS}&seed=77")
    table = await house.get(f"/parity.csv?election=walikota&{DAYS}")
    assert table.headers["content-disposition"].endswith(
        'filename="LATIHAN-parity-walikota-2024-10-03-2024-10-03.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert list(rows[0]) == ["LATIHAN", *COLUMNS]
    assert [(row["rally_id"], row["pair"], row["officers"]) for row in rows] == [
        ("a", "walikota/1", "1"), ("b", "walikota/2", "0"), ("c", "walikota/2", "0"),
    ]  # fmt: skip
    labels = np.array([int(row["pair"][-1]) - 1 for row in rows])
    hours = np.array([[float(row["officer_hours"])] for row in rows])
    again = group_tests(labels, hours, permutations=found.permutations, seed=found.seed)
    assert [test.p for test in sorted(found.tests, key=lambda test: test.pair)] == again.p[:, 0].tolist()
    assert (await audit(house, "command_post", f"{DAYS}&seed=77")).tests == found.tests
    assert found.seed == 77
    derived = await audit(house, "command_post")
    assert derived.seed == (await audit(house, "command_post")).seed != 77


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_rows_are_for_who_may_see_places(house: House, role: Role) -> None:
    answer = await house.get(f"/parity.csv?election=walikota&{DAYS}", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "election"),
        ("election=Walikota", "election"),
        ("election=walikota&from=2024-10-03&to=2024-10-02", "2024-10-02 is before 2024-10-03"),
        ("election=walikota&from=2023-10-03&to=2024-10-05", "369 days are more than 366"),
        ("election=walikota&from=yesterday", "a day such as 2024-10-03"),
        ("election=walikota&seed=-1", "seed"),
        ("election=walikota&seed=281474976710656", "seed"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(house: House, query: str, says: str) -> None:
    for path in ("/parity", "/parity.csv"):
        if "seed" in query and path.endswith("csv"):
            continue
        answer = await house.get(f"{path}?{query}")
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text


async def test_an_election_nobody_campaigns_in_has_nothing_to_compare(house: House) -> None:
    answer = await house.get(f"/parity?election=bupati&{DAYS}")
    found = msgspec.json.decode(answer.content, type=ParityAudit)
    assert (found.rally_days, found.pairs, found.tests) == (0, [], [])


async def test_an_election_that_no_pair_stands_for_is_not_known(house: House) -> None:
    for form in ("parity", "parity.csv"):
        answer = await house.get(f"/{form}?election=dprd&{DAYS}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_election")
        assert answer.json()["detail"].endswith("there is bupati, gubernur, walikota")
