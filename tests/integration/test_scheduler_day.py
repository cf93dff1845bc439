"""A day planned from files to paper, over real Kafka, through two edges and two deciders by turns.

Roster from a file, rallies as a series, a draft by the solver, ordered with one call, checked before it is
changed, exported, imported again without a difference, printed, and the roster's import undone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import cycle
from typing import Any, Final

import httpx
import msgspec
import pytest
import pytest_asyncio

from pamwal.contracts.scheduling import (
    CancelRally,
    CloseDay,
    OrderDeployments,
    OrderProposal,
    PlanSeries,
    RegisterOfficers,
    ReopenDay,
    RevertImport,
)
from pamwal.edge.http import AT_HEADER
from tests.chaos.fleet import Fleet, a_fleet
from tests.integration.campaign import ADMIN, HEAD, Holder, Speaker, body_of
from tests.unit.scheduler.asked import at, entry, opening, order, plan

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]

EDGES: Final = ("edge-1", "edge-2")
DECIDERS: Final = ("decider-1", "decider-2")
OPERATION: Final = "omp-kupang-2024"
OFFICERS: Final = 12
ROSTER: Final = "officer_id;nama;pangkat;satuan;satgas;posko\n" + "".join(
    f"k-{number};Personel {number};BRIPDA;Sektor Oebobo;preventif;oebobo\n" for number in range(OFFICERS)
)


class Desk:
    """Speaks to the edges by turns, and always reads its own writes, also at the other edge."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._edges, self._at = fleet, cycle(EDGES), ""

    def _speaker(self) -> Speaker:
        return Speaker(
            self._fleet.http,
            self._fleet.issuer,
            {"scheduler": self._fleet.members[next(self._edges)].plan.api},
        )

    async def must(self, data: Any, by: Holder = HEAD) -> None:
        """Asks for something that has to be accepted."""
        answer = await self._speaker().say(OPERATION, data, by=by)
        assert answer.status_code == 201, answer.text
        self._at = answer.headers["pamwal-at"]

    async def post(self, path: str, body: Any, *, by: Holder = HEAD) -> Any:
        """The JSON of an answer that has to be 200."""
        answer = await self._speaker().post(
            OPERATION, path, body, service="scheduler", by=by, headers=self._headers()
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def get(self, path: str, *, by: Holder = HEAD) -> httpx.Response:
        """An answer that has to be 200."""
        speaker = self._speaker()
        answer = await self._fleet.http.get(
            f"{self._fleet.members[next(self._edges)].plan.api}/operations/{OPERATION}{path}",
            headers={**speaker.bearer(OPERATION, by), **self._headers()},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer

    def _headers(self) -> dict[str, str]:
        return {AT_HEADER.decode(): self._at} if self._at else {}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    async with a_fleet(tmp_path_factory.mktemp("day")) as fleet:
        for name in EDGES:
            fleet.launch(name, "scheduler", "edge")
        for name in DECIDERS:
            fleet.launch(name, "scheduler", "decider")
        await fleet.ready(*EDGES)
        await fleet.until_shared(*DECIDERS)
        yield fleet


async def test_a_day_from_files_to_paper(fleet: Fleet) -> None:
    desk = Desk(fleet)
    await desk.must(opening(), by=ADMIN)

    # the roster, first to look, then for good
    preview = await desk.post("/imports/roster?filename=r.csv&post=oebobo", ROSTER.encode())
    done = await desk.post("/imports/roster?filename=r.csv&post=oebobo&dry_run=false", ROSTER.encode())
    assert preview["counts"] == done["counts"] == {"added": OFFICERS}
    await desk.must(RegisterOfficers(officers=[entry("extra-1")]))

    # three Thursdays
    await desk.must(
        PlanSeries(series_id="kamis", first=plan("oebobo-1"), recurrence="FREQ=WEEKLY;BYDAY=TH;COUNT=3")
    )
    rallies = (await desk.get("/rallies")).json()["rallies"]
    assert [each["rally_id"] for each in rallies] == [
        "kamis.2024-10-03",
        "kamis.2024-10-10",
        "kamis.2024-10-17",
    ]

    # a draft, and one call
    draft = await desk.post("/proposals", {"day": "2024-10-03", "proposal_id": "d3", "time_limit_s": 5})
    assert (len(draft["orders"]), draft["shortages"]) == (4, [])
    await desk.must(OrderProposal(proposal_id="d3", sprin="SPRIN/1/X/2024"))

    # what would a cancellation do, and nothing was done
    asked = CancelRally(rally_id="kamis.2024-10-03", cause="rain")
    checked = await desk.post("/rallies:check-cancel", body_of(asked))
    assert len(checked["facts"]) == 5
    live = (await desk.get("/deployments?live=true")).json()["deployments"]
    assert len(live) == 4

    # out and in again without a difference
    file = await desk.get("/exports/plan.ics")
    again = await desk.post("/imports/plan?filename=p.ics", file.content)
    assert again["counts"] == {"unchanged": 3}, again["lines"]

    # paper
    for sheet in ("annex.pdf?day=2024-10-03", "check-in.pdf?place=rally/kamis.2024-10-03"):
        assert (await desk.get(f"/sheets/{sheet}")).content.startswith(b"%PDF")

    # a closed day takes no more
    await desk.must(CloseDay(day="2024-10-03"))
    late = await desk.post("/deployments:check", body_of(OrderDeployments(sprin="S", orders=[_late()])))
    assert late["reason"]["code"] == "illegal_transition"
    await desk.must(ReopenDay(day="2024-10-03", cause="one more"))

    # and the roster's import undone: its officers go, with what they were ordered to
    await desk.must(RevertImport(import_id=done["import_id"], cause="the wrong file"))
    officers = (await desk.get("/officers")).json()["officers"]
    assert [each["officer_id"] for each in officers if not each.get("withdrawn")] == ["extra-1"]
    live = (await desk.get("/deployments?live=true")).json()["deployments"]
    assert {each["officer_id"] for each in live} <= {"extra-1"}


def _late() -> Any:
    return msgspec.structs.replace(
        order("late-1", "k-11", "oebobo-1"),
        place="rally/kamis.2024-10-03",
        starts_at=at("16:00"),
        ends_at=at("18:00"),
    )
