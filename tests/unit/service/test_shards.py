"""Replicas of two shards: together they answer what one of all partitions answers, and none says more."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio

from pamwal.contracts.claims import Role
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.contracts.topics import REPORTING_REQUESTS
from pamwal.edge.problems import Problem
from pamwal.wire.log import TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from tests.unit.reporting.house import House, a_house
from tests.unit.reporting.telling import OPERATION, at
from tests.unit.reporting.test_families import come, manned, opened
from tests.unit.service.leaving import Told, text_of
from tests.unit.service.test_what_leaves import COUNTS, SAYS, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE, TWO = Shard(1, 2), Shard(2, 2)
LIVES: Final = {OPERATION: ONE, "nation": ONE, "ntt": ONE, "rote": ONE, "kupang": TWO}
"""In a log of four partitions."""
ASKED: Final = sorted(
    {path for table in (SAYS, COUNTS) for service, path in rows(table) if service == "reporting"}
)
REQUESTS: Final = [TopicPartition(REPORTING_REQUESTS.name, number) for number in range(4)]
FAMILY: Final = ("/children/alerts", "/children/ledger", "/children/sitreps")
PATIENT_S: Final = 60
NOW: Final = re.compile(r"2024-10-03(T01|T09| 09):30:0\d(\.\d+)?")


class Replicas(NamedTuple):
    """Of one log."""

    whole: House
    one: House
    two: House

    def of(self, shard: Shard) -> tuple[House, House]:
        """The one of that shard, and the other."""
        return (self.one, self.two) if shard == ONE else (self.two, self.one)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def replicas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    written = Told(partitions=4)
    await written.day()
    await opened(written, "nation", None)
    await opened(written, "ntt", "nation")
    for city, officer in (("kupang", "KPG-1"), ("rote", "KPG-3")):
        await opened(written, city, "ntt")
        await manned(written, city, officer)
        await come(written, city, officer)
    await written.ask(Heartbeat(), "09:06", operation="kupang")
    await written.ask(PublishSitRep(), "09:27", operation="kupang")
    await written.judge("09:29")
    folder = Path(tmp_path_factory.mktemp("shards"))
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(a_house(folder, written, shard=each))
            for each in (WHOLE, ONE, TWO)
        ]
        await settled(written, houses)
        yield Replicas(*houses)


async def settled(written: Told, houses: list[House]) -> None:
    """Waits until every replica knows all SitReps as signed, so that none asks for anything any more."""
    async with asyncio.timeout(PATIENT_S):
        while not all([await is_signed(house, name) for house in houses for name in (OPERATION, "kupang")]):
            await written.judge("09:30")
    await written.judge("09:30")
    for house in houses:
        await house.until_folded()


async def is_signed(house: House, operation: str) -> bool:
    """Whether it shows that SitRep so; another shard's it does not show."""
    answer = await get(house, operation, "/sitreps")
    return answer.status_code == 421 or bool(answer.json()["sitreps"][0]["signed_by"])


async def get(
    house: House, operation: str, path: str, role: Role = "ops_head", by: str | None = None
) -> httpx.Response:
    """A read, as a token of that operation or of another asks for it."""
    if "GAP" in path:
        found = (await get(house, operation, "/alerts?kind=sequence_gap")).json().get("alerts", [])
        path = path.replace("GAP", found[0]["alert_id"] if found else "none")
    headers = house.bearer(role, by or operation)
    return await house.client.get(f"/reporting/v1/operations/{operation}{path}", headers=headers)


def misdirected(answer: httpx.Response, there: Shard) -> bool:
    """Whether it says that the operation lives in that shard."""
    told = msgspec.json.decode(answer.content, type=Problem)
    said = (answer.status_code, told.code, told.shard, answer.headers["pamwal-shard"])
    assert said == (421, "misdirected", str(there), str(there)), answer.text
    assert told.partition is not None
    assert there.holds(told.partition)
    return f"PAMWAL_SHARD={there}" in told.detail


@pytest.mark.parametrize("path", [each for each in ASKED if each != "/stream"])
@pytest.mark.parametrize("operation", [OPERATION, "kupang"])
async def test_both_shards_together_answer_what_one_whole_replica_answers(
    replicas: Replicas, operation: str, path: str
) -> None:
    here, elsewhere = replicas.of(LIVES[operation])
    whole, own = await get(replicas.whole, operation, path), await get(here, operation, path)
    assert own.status_code == whole.status_code != 421
    assert own.headers.get("pamwal-vector") == whole.headers.get("pamwal-vector")
    assert NOW.sub("now", text_of(own)) == NOW.sub("now", text_of(whole))
    assert misdirected(await get(elsewhere, operation, path), LIVES[operation])


@pytest.mark.parametrize("operation", LIVES)
async def test_every_way_to_an_operation_elsewhere_says_which_shard_has_it(
    replicas: Replicas, operation: str
) -> None:
    _, elsewhere = replicas.of(LIVES[operation])
    root = f"/reporting/v1/operations/{operation}"
    assert misdirected(await get(elsewhere, operation, "/stream"), LIVES[operation])
    headers = elsewhere.bearer("ops_head", operation)
    for path, body in (("/sitreps", b"{}"), ("/batch", b"[]"), ("/claims:check", b"{}")):
        asked = await elsewhere.client.post(root + path, content=body, headers=headers)
        assert misdirected(asked, LIVES[operation]), path
    for page in ("/", "/timeline", "/sitreps", "/claims"):
        shown = await elsewhere.client.get(
            f"{page}?operation={operation}", headers={**headers, "accept": "text/html"}
        )
        assert shown.status_code == 421
        assert shown.headers["content-type"].startswith("text/html")
        assert f"<strong>{LIVES[operation]}</strong>" in shown.text, shown.text
        plain = await elsewhere.client.get(f"{page}?operation={operation}", headers=headers)
        assert misdirected(plain, LIVES[operation])


async def test_who_has_no_token_is_told_nothing_else_than_that(replicas: Replicas) -> None:
    answer = await replicas.one.client.get("/reporting/v1/operations/kupang/situation")
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")


async def test_what_cannot_name_an_operation_is_in_no_shard(replicas: Replicas) -> None:
    headers = replicas.one.bearer("ops_head", "kupang")
    answer = await replicas.one.client.get(f"/reporting/v1/operations/{'x' * 70}/situation", headers=headers)
    assert answer.status_code == 403


async def test_a_receipt_of_another_shard_is_not_waited_for(replicas: Replicas) -> None:
    headers = {**replicas.two.bearer("ops_head", "kupang"), "pamwal-at": "pamwal.field.requests.v1-0-0"}
    answer = await replicas.two.client.get("/reporting/v1/operations/kupang/situation", headers=headers)
    assert misdirected(answer, ONE)


async def test_health_says_which_shard_it_is(replicas: Replicas) -> None:
    for house, shard in ((replicas.whole, None), (replicas.one, "1/2"), (replicas.two, "2/2")):
        for path in ("/healthz", "/readyz"):
            answer = await house.client.get(path)
            assert (answer.status_code, answer.json().get("shard")) == (200, shard)


async def test_a_replica_reads_its_own_partitions_and_how_operations_stand(replicas: Replicas) -> None:
    """And says of no more than its own how far it has come."""
    assert {at.partition for at in replicas.one.edge.folded.vector()} == {0, 2}
    assert {at.partition for at in replicas.two.edge.folded.vector()} == {3}
    assert {at.partition for at in replicas.whole.edge.folded.vector()} == {0, 2, 3}, (
        "nobody speaks in the rest"
    )


async def test_a_token_reads_below_its_operation_also_where_what_lies_between_is_elsewhere(
    replicas: Replicas,
) -> None:
    assert (await get(replicas.two, "kupang", "/situation", by="nation")).status_code == 200
    assert (await get(replicas.two, "kupang", "/situation", by="rote")).status_code == 403


async def test_a_family_says_which_of_it_is_not_counted_here(replicas: Replicas) -> None:
    whole = (await get(replicas.whole, "nation", "/situation")).json()["rolled_up"]
    assert (whole["operations"], whole["strength"]["ordered"], whole["unseen"]) == (4, 2, [])
    for asked in ("/situation", f"/situation?at={at('09:25')}", f"/situation?known={at('09:28')}"):
        part = (await get(replicas.one, "nation", asked)).json()["rolled_up"]
        assert (part["operations"], part["strength"]["ordered"]) == (3, 1), asked
        [unseen] = part["unseen"]
        assert unseen["operation_id"] == "kupang"
        assert "which shard 2/2 has" in unseen["why"]
        assert unseen["code"] == "misdirected"
    ledger = (await get(replicas.one, "nation", "/children/ledger")).json()
    assert (ledger["operations"], ledger["balanced"]) == (3, False), (
        "who does not see all says no sum balances"
    )
    alerts = (await get(replicas.one, "nation", "/children/alerts")).json()
    assert [each["operation_id"] for found in (ledger, alerts) for each in found["unseen"]] == ["kupang"] * 2


async def test_a_parents_sitrep_cites_children_of_all_shards(replicas: Replicas) -> None:
    cited = await get(replicas.one, "ntt", "/children/sitreps")
    assert cited.json() == (await get(replicas.whole, "ntt", "/children/sitreps")).json()
    assert [(each["operation_id"], each.get("number")) for each in cited.json()["children"]] == [
        ("kupang", 1), ("rote", None),
    ]  # fmt: skip
    headers = replicas.one.bearer("ops_head", "ntt")
    said = {"id": "p", "source": "/posts/ops/devices/1", "time": at("09:30"), "channel": "web", "data": {}}
    refused = await replicas.one.client.post(
        "/reporting/v1/operations/ntt/sitreps", json=said, headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "children_not_cited")


async def test_whoever_lists_operations_is_told_where_the_others_are(replicas: Replicas) -> None:
    token = replicas.one.issuer.issue(role="admin", operation="*", mode="exercise", subject="chief")
    shown = await replicas.one.client.get("/", headers={"authorization": f"Bearer {token}"})
    assert all(f"/?operation={name}" in shown.text for name in LIVES), shown.text
    assert re.findall(r"(\w+) · di bagian (\d/\d)", shown.text) == [("kupang", "2/2")]


async def test_a_sitrep_is_published_where_its_operation_lives(replicas: Replicas) -> None:
    headers = {**replicas.two.bearer("ops_head", "kupang"), "prefer": "respond-async"}
    said = {"id": "p", "source": "/posts/ops/devices/1", "time": at("09:30"), "channel": "web", "data": {}}
    asked = await replicas.two.client.post(
        "/reporting/v1/operations/kupang/sitreps", json=said, headers=headers
    )
    assert asked.status_code == 202, asked.text
    await replicas.two.written.judge("09:31")
    written_at = {"pamwal-at": asked.headers["pamwal-at"]}
    found = await replicas.two.client.get(
        "/reporting/v1/operations/kupang/sitreps", headers={**headers, **written_at}
    )
    assert [each["number"] for each in found.json()["sitreps"]] == [2, 1], found.text
    answered = await replicas.one.client.get(asked.headers["location"], headers=headers)
    assert answered.status_code == 200, "whoever is asked finds the answer to a receipt"


async def test_it_signs_what_its_own_operations_published(tmp_path: Path) -> None:
    written = Told(partitions=4)
    for city in ("kupang", "rote"):  # in this order they are signed, by who signs both
        await opened(written, city, None)
        await written.ask(PublishSitRep(), "09:00", operation=city)
        await written.judge("09:01")
    async with a_house(tmp_path, written, shard=ONE), asyncio.timeout(PATIENT_S):
        while (ends := await written.log.end_offsets(REQUESTS))[REQUESTS[2]] < 2:
            await asyncio.sleep(0.01)
    assert ends[REQUESTS[3]] == 1, "of the operation that the other shard has nothing was asked"
