"""Over HTTP: days and times of an operation in its own zone, where nobody asks for another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pamwal.contracts.field import CheckIn, ReportIncident
from tests.unit.checkin.district import ROOT, District, district

PLACE = "rally/oebobo-1"


@pytest.fixture
async def jayapura(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path, zone="Asia/Jayapura") as found:
        yield found


async def test_a_day_is_one_of_the_operations_zone(jayapura: District) -> None:
    after_midnight = "2024-10-03T15:30:00.000Z"
    presence = jayapura.body(CheckIn(officer_id="k-1", place=PLACE, method="manual"), time=after_midnight)
    fire = ReportIncident(incident_id="i-1", kind="fire", severity="minor", kelurahan="53.71.04.1003")
    for body in (presence, jayapura.body(fire, time=after_midnight)):
        last = await jayapura.say(body)
        assert last.status_code == 201, last.text
    headers = jayapura.token() | {"pamwal-at": last.headers["pamwal-at"]}
    for day, expected in (("2024-10-03", 0), ("2024-10-04", 1)):
        for path, rows in (
            (f"/places/{PLACE}/attendance", "rows"),
            ("/posts/oebobo/log", "lines"),
            ("/officers/k-1/observations", "observations"),
            ("/incidents", "incidents"),
        ):
            answer = await jayapura.get(ROOT + path, headers, day=day)
            assert answer.status_code == 200, answer.text
            found = answer.json()
            assert len(found[rows]) in {expected, 2 * expected}, (path, day)
            assert found["zone"] == "Asia/Jayapura"
    history = await jayapura.get(f"{ROOT}/incidents/i-1", headers)
    assert history.json()["zone"] == "Asia/Jayapura"
    elsewhere = await jayapura.get(
        f"{ROOT}/places/{PLACE}/attendance", headers, day="2024-10-03", zone="Asia/Makassar"
    )
    assert (len(elsewhere.json()["rows"]), elsewhere.json()["zone"]) == (1, "Asia/Makassar")
