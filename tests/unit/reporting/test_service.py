"""Reporting over HTTP, on a log in memory: reads, roles, read-your-writes, replicas, stream and page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import pytest

from pamwal.contracts.claims import MODES, Mode, Role
from pamwal.contracts.field import AckPoll, StartPoll
from pamwal.contracts.reporting import BoardState, SituationChange
from pamwal.edge.docs import documented_only
from pamwal.wire.log import Outgoing, TopicPartition
from services.reporting.earlier import Earlier
from services.reporting.folded import BothFolded
from services.reporting.live import LivePicture
from services.reporting.views.situation import situation_of
from tests.edge.explained import unexplained
from tests.unit.reporting.house import DEADLINE_S, ROOT, House, Written, a_house, until
from tests.unit.reporting.telling import OPERATION, at, name_of
from tests.unit.service.test_rights import PARAMETERS, code_of


@pytest.fixture
async def written() -> Written:
    """A planned operation, nobody seen."""
    written = Written()
    await written.plan()
    return written


@pytest.fixture
async def house(tmp_path: Path, written: Written) -> AsyncIterator[House]:
    """A replica at 09:30."""
    async with a_house(tmp_path, written) as built:
        yield built


async def test_the_situation_of_an_operation(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.beat("maulafa", "09:20")
    await house.written.decide()
    await house.until_folded()
    answer = await house.get("/situation")
    found = answer.json()
    assert (found["total"]["ordered"], found["total"]["present"], found["total"]["absent"]) == (2, 1, 1)
    assert found["at"].startswith("2024-10-03T01:3")
    assert found["day"] == "2024-10-03"
    assert found["vector"] == {
        "pamwal.field.decisions.v1-0": 2, "pamwal.scheduling.decisions.v1-0": 4,
    }  # fmt: skip
    assert answer.headers["pamwal-vector"] == ",".join(
        f"{name}-{offset}" for name, offset in found["vector"].items()
    )


async def test_read_your_writes_waits_for_the_decision_and_says_so_if_there_is_none(house: House) -> None:
    receipt = await house.written.come("KPG-1", "08:50")
    early = await house.get("/situation", pamwal_at=str(receipt))
    assert (early.status_code, early.json()["code"]) == (503, "not_folded")
    reading = asyncio.create_task(house.get("/situation", pamwal_at=str(receipt)))
    await house.written.decide()
    assert (await reading).json()["total"]["present"] == 1


@pytest.mark.parametrize("receipt", ["nonsense", "pamwal.personal.v1-0-0", "pamwal.field.requests.v1-99-0"])
async def test_a_receipt_of_nothing_that_is_followed_is_malformed(house: House, receipt: str) -> None:
    assert (await house.get("/situation", pamwal_at=receipt)).status_code == 400


@pytest.mark.parametrize(
    ("role", "sight", "placed", "posts"),
    [
        ("viewer", "counts", 1, 0),
        ("officer", "counts", 1, 0),
        ("field_commander", "guarded", 1, 2),
        ("command_post", "guarded", 1, 2),
        ("ops_head", "full", 2, 2),
    ],
)
async def test_every_role_sees_its_part(
    house: House, role: Role, sight: str, placed: int, posts: int
) -> None:
    found = await house.read("/situation", role)
    assert (found["sight"], found["total"]["ordered"]) == (sight, 2)
    assert (found["venues"][0]["strength"]["ordered"], len(found["posts"]["rows"])) == (placed, posts)


async def test_who_is_not_of_this_operation_sees_nothing(house: House) -> None:
    assert (await house.client.get(f"{ROOT}/situation")).status_code == 401
    other = await house.client.get(f"{ROOT}/situation", headers=house.bearer(operation="other"))
    assert other.status_code == 403
    unknown = await house.client.get(
        "/reporting/v1/operations/other/situation", headers=house.bearer(operation="other")
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_operation")


NEEDED = {
    "/changes": "?since=2024-10-03T01:00:00Z",
    "/parity": "?election=walikota",
    "/parity.csv": "?election=walikota",
}
"""What some reads do not go without."""


async def test_an_operation_of_which_the_log_says_nothing_is_unknown_to_every_read(house: House) -> None:
    root, headers = "/reporting/v1/operations/{operation_id}", house.bearer("ops_head", "other")
    reads = [
        each.path_format.removeprefix(root)
        for each in house.edge.routes
        if each.path.startswith(root) and "GET" in each.methods and each.endpoint is not documented_only
    ]
    assert len(reads) > 30
    for path in reads:
        address = root.format(operation_id="other") + path.format_map(PARAMETERS) + NEEDED.get(path, "")
        answer = await house.client.get(address, headers=headers)
        unknown = "unknown_sitrep" if "{number}" in path else "unknown_operation"
        assert (answer.status_code, code_of(answer)) == (404, unknown), (path, answer.text[:200])


@pytest.mark.parametrize("mode", MODES)
async def test_an_operation_that_nobody_opened_yet_is_of_the_mode_of_who_spoke_of_it(
    tmp_path: Path, mode: Mode
) -> None:
    written = Written(mode)
    await written.come("KPG-1", "08:50")
    await written.decide("08:50")
    await written.open_with_roster()
    await written.decide("09:10")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        assert isinstance(house.edge.folded, BothFolded)
        live = house.edge.folded.picture
        assert isinstance(live, LivePicture)
        for known, opened in ((at("09:00"), False), (None, True)):
            look = Earlier(live).look(OPERATION, mode, None, known)
            found = situation_of(look.picture, look.at, sight="full", name_of=name_of)
            assert (found.mode, found.opened) == (mode, opened)


async def test_what_is_read_of_an_exercise_that_nobody_opened_is_marked_as_one(tmp_path: Path) -> None:
    written = Written("exercise")
    await written.come("KPG-1", "08:50")
    await written.decide("08:50")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        for path in ("/situation", "/alerts"):
            assert (await house.read(path))["mode"] == "exercise", path
        for path in ("/timeline", "/hours", "/situation.geojson", "/explain"):
            assert (await house.read(path))["exercise"] is True, path
        for path in ("/situation.csv", "/hours.csv", "/timeline.csv"):
            assert "LATIHAN" in (await house.get(path)).headers["content-disposition"], path


@pytest.mark.parametrize(
    "query",
    [
        "at=yesterday", "at=2024-10-03T09:00:00", "day=3+Oktober", "day=2024-02-31", "day=2024-10-3",
        "at=0001-01-01T00:00:00Z", "at=0001-01-01T00:00:00%2B14:00", "at=1969-12-31T00:00:00Z",
        "at=9999-12-31T23:59:59Z", "at=9999-12-31T23:59:59-12:00", "at=2024-10-03T09:00:00%2B99:99",
    ],
)  # fmt: skip
async def test_a_moment_or_day_that_is_none_is_malformed(house: House, query: str) -> None:
    for path in ("situation", "digest") if query.startswith("at=") else ("situation",):
        answer = await house.get(f"/{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_another_moment_and_another_day(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide()
    await house.until_folded()
    assert (await house.read("/situation?at=2024-10-03T08:49:00%2B08:00"))["total"]["present"] == 0
    assert (await house.read("/situation?at=2024-10-03T08:51:00+08:00"))["total"]["present"] == 1
    assert (await house.read("/situation?day=2024-10-04"))["total"]["ordered"] == 0


async def test_an_officers_presences_are_for_himself_and_who_guards(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.come("KPG-2", "08:50")
    await house.written.decide()
    await house.until_folded()
    for role in ("officer", "field_commander", "command_post", "ops_head"):
        found = await house.read("/officers/KPG-1/presences", role)
        assert [stay["place"] for stay in found["stays"]] == ["rally/a"], role
        assert [(each["state"], each["late"]) for each in found["duties"]] == [("at_place", False)]
    assert (await house.read("/officers/KPG-2/presences"))["stays"] == []
    assert len((await house.read("/officers/KPG-2/presences", "ops_head"))["stays"]) == 1
    other = await house.get("/officers/KPG-2/presences", "officer")
    assert (other.status_code, other.json()["code"]) == (403, "not_yours")
    for role in ("viewer", "admin"):
        assert (await house.get("/officers/KPG-1/presences", role)).status_code == 403, role
    earlier = await house.read("/officers/KPG-1/presences?at=2024-10-03T08:49:00%2B08:00")
    assert (earlier["stays"], earlier["duties"][0]["state"]) == ([], "awaited")


async def test_a_poll_of_a_place_over_http(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.ask(StartPoll(poll_id="par", window_min=15, place="rally/a"), "09:20")
    await house.written.ask(AckPoll(poll_id="par", officer_id="KPG-1"), "09:22", channel="radio")
    await house.written.decide()
    await house.until_folded()
    found = await house.read("/polls")
    row = found["polls"]["rows"][0]
    assert (row["asked"], row["acked"], row["pending"], row["missed"]) == (2, 1, 1, 0)
    assert len(row["officers"]) == 1, "the other is on intel"
    whole = (await house.read("/polls", "ops_head"))["polls"]["rows"][0]
    assert [each["officer_id"] for each in whole["officers"]] == ["KPG-1", "KPG-2"]
    said = next(each for each in row["officers"] if each["officer_id"] == "KPG-1")
    assert (said["state"], said["said_as"], said["channel"]) == ("acked", "ops_head", "radio")
    viewed = (await house.read("/polls", "viewer"))["polls"]
    assert (viewed["acked"], viewed["rows"]) == (1, [])
    assert (await house.read("/polls?at=2024-10-03T01:21:00Z"))["polls"]["acked"] == 0
    assert (await house.read("/polls?day=2024-10-04"))["polls"]["rows"] == []
    assert (await house.read("/situation"))["polls"]["acked"] == 1


async def test_the_ledger_balances_and_shows_what_waits(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide()
    await house.written.put("pamwal.field.requests.v1", Outgoing(OPERATION.encode(), b"\xff"))
    await house.written.decide()
    await house.written.come("KPG-2", "08:55")
    await until(lambda: _received(house) == 7)
    found = await house.read("/ledger")
    total = found["total"]
    assert (total["received"], total["accepted"], total["parked"], total["pending"]) == (7, 5, 1, 1)
    assert total["balanced"]
    assert found["unattributed"]["received"] == 1
    assert [(row["post_id"], row["balance"]["received"]) for row in found["rows"]] == [
        ("alak", 4), ("maulafa", 2),
    ]  # fmt: skip
    assert "this process only" in found["turned_away"]["counted_by"]
    assert "pamwal.field.requests.v1-0" in found["vector"]


def _received(house: House) -> int:
    folded: Any = house.edge.spec.folded
    return sum(each.received for each in folded.picture.ledger.files(OPERATION).values())


async def test_a_claim_check_over_http(house: House) -> None:
    async def check(body: bytes, role: Role = "command_post") -> httpx.Response:
        return await house.client.post(f"{ROOT}/claims:check", content=body, headers=house.bearer(role))

    found = (await check(b'{"stated": {"officers": 2, "venues": 1, "kecamatan": 6}}', "ops_head")).json()
    assert (found["flags"], [each["claim"] for each in found["claims"] if each["flag"]]) == (1, ["kecamatan"])
    assert [each["code"] for each in found["claims"][0]["behind"]] == ["KPG-1", "KPG-2"]
    guarded = (await check(b'{"stated": {"officers": 2}}')).json()
    assert [each["code"] for each in guarded["claims"][0]["behind"]] == ["KPG-1"]
    assert (await check(b"{")).status_code == 400
    assert (await check(b'{"stated": {"oficers": 2}}')).status_code == 422
    assert (await check(b'{"stated": {"officers": -1}}')).status_code == 422
    assert (await check(b'{"stated": {}, "day": "%s"}' % (b"x" * 300_000))).status_code == 413


async def test_two_replicas_and_a_replay_agree(tmp_path: Path, written: Written) -> None:
    await written.come("KPG-1", "08:50")
    await written.decide()
    digests = []
    for clock in ("09:30", "19:00"):
        async with a_house(tmp_path, written, clock) as house:
            await house.until_folded()
            digests.append(await house.read("/digest"))
    assert digests[0] == digests[1]
    assert re.fullmatch("[0-9a-f]{64}", digests[0]["sha256"])
    await written.come("KPG-2", "08:55")
    await written.decide()
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        assert (await house.read("/digest"))["sha256"] != digests[0]["sha256"]


async def test_a_decision_nobody_can_fold_stops_its_partition_loudly(house: House) -> None:
    transactor = await house.written.log.fence("intruder")
    record = Outgoing(OPERATION.encode(), b'{"no": "decision"}')
    await transactor.write("pamwal.field.decisions.v1", 0, [record])
    await until(lambda: not house.edge.health.readiness().ready)
    answer = await house.get("/situation")
    assert (answer.status_code, answer.json()["code"]) == (503, "halted")
    reason = house.edge.health.readiness().checks["picture"].reason
    assert reason is not None
    assert "pamwal.field.decisions.v1-0" in reason


async def test_a_decision_out_of_its_turn_stops_the_picture_as_the_log_lost_or_doubled_something(
    house: House,
) -> None:
    decisions = TopicPartition("pamwal.scheduling.decisions.v1", 0)
    end = (await house.written.log.end_offsets([decisions]))[decisions]
    first = await house.written.log.fetch(decisions, 0, "committed")
    assert first is not None
    again = Outgoing(first.key or b"", first.value, first.headers)
    await (await house.written.log.fence("intruder")).write(decisions.topic, 0, [again])
    await until(lambda: not house.edge.health.readiness().ready)
    reason = house.edge.health.readiness().checks["picture"].reason or ""
    assert f"offset {end}: the decision of request 0 stands where that of" in reason
    assert "pamwal audit" in reason


class Stream:
    """One open stream over the ASGI app: httpx's transport would wait for its end."""

    def __init__(
        self,
        house: House,
        role: Role,
        query: bytes = b"tick_ms=0",
        *,
        operation: str = OPERATION,
        by: str = OPERATION,
    ) -> None:
        """`by`: the operation the token is of."""
        self._house, self._gone = house, asyncio.Event()
        self.text = ""
        headers = [(b"authorization", house.bearer(role, by)["authorization"].encode())]
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": f"/reporting/v1/operations/{operation}/stream",
            "query_string": query,
            "headers": headers,
        }
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._house.edge.app(self._scope, self._receive, self._send))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gone.set()
        assert self._task is not None
        async with asyncio.timeout(DEADLINE_S):
            await self._task

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.text += message.get("body", b"").decode()

    def events(self, name: str) -> list[str]:
        """The data of all events of that name so far."""
        return re.findall(rf"event: {name}\ndata: (.*)\n", self.text)


@pytest.mark.parametrize(("role", "placed"), [("viewer", 0), ("command_post", 0), ("ops_head", 1)])
async def test_the_stream_begins_with_a_snapshot_and_tells_changes_to_whoever_may_see_them(
    house: House, role: Role, placed: int
) -> None:
    async with Stream(house, role) as stream:
        await until(lambda: bool(stream.events("snapshot")))
        before = msgspec.json.decode(stream.events("snapshot")[0], type=BoardState)
        assert before.situation.total.present == 0
        await house.written.come("KPG-2", "08:50")  # an intel officer
        await house.written.decide()
        await until(lambda: '"present":1' in stream.text)
        changes = [msgspec.json.decode(each, type=SituationChange) for each in stream.events("delta")]
        totals = [change.total.present for change in changes if change.total]
        venues = [row for change in changes for row in (change.rows.venues or [] if change.rows else [])]
        assert totals[-1] == 1
        assert [row.strength.present for row in venues] == [1] * placed
        assert "KPG-" not in stream.text


async def test_whoever_comes_later_gets_what_was_published_and_misses_nothing(house: House) -> None:
    async with Stream(house, "ops_head") as first:
        await until(lambda: bool(first.events("snapshot")))
        last_id = re.findall(r"^id: (.*)$", first.text, re.MULTILINE)[-1]
    await house.written.come("KPG-1", "08:50")
    await house.written.decide()
    await house.until_folded()
    async with Stream(house, "ops_head", f"tick_ms=0&last_event_id={last_id}".encode()) as again:
        await until(lambda: '"present":1' in again.text)
        assert not again.events("snapshot")


async def test_a_board_that_broke_is_trouble_only_while_somebody_follows_it(house: House) -> None:
    folded: Any = house.edge.folded
    live = folded.picture
    async with Stream(house, "ops_head") as stream:
        await until(lambda: bool(stream.events("snapshot")))
        post = live.pictures.of["exercise"].operations[OPERATION].posts["alak"]
        post.last_heard = "no moment that a view could read"
        await until(lambda: not house.edge.health.readiness().ready)
        reason = house.edge.health.readiness().checks["boards"].reason or ""
        assert f"board of {OPERATION}" in reason
    assert house.edge.health.readiness().ready


async def test_the_page_is_complete_without_javascript(house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide()
    await house.until_folded()
    answer = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())
    page = answer.text
    assert answer.status_code == 200
    assert '<html lang="id">' in page
    assert "LATIHAN" in page
    assert "OMP &lt;Turangga&gt;" in page
    assert "Balai &lt;Oepura&gt;" in page
    assert "Kamis, 3 Oktober 2024" in page
    assert re.search(r'data-time="at" datetime="[^"]+">09\.3\d</time> <span>WITA', page)
    assert re.search(r'<dt>Di lokasi plotting</dt><dd data-n="at_place">1</dd>', page)
    assert "dari 2 posko terdengar dalam 15 menit" in page
    assert "Seimbang" in page
    assert "KPG-" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/reporting/static/board.js" defer>']
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_every_file_the_page_names_is_served_and_nothing_else(house: House) -> None:
    page = (await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())).text
    names = set(re.findall(r'(?:src|href)="(/reporting/static/[^"]+)"', page))
    assert len(names) == 3
    for name in names:
        assert (await house.client.get(name)).status_code == 200
    assert (await house.client.get("/reporting/static/../app.py")).status_code == 404
    assert (await house.client.get("/reporting/static/README.md")).status_code == 404


async def test_without_a_session_the_page_says_how_to_get_in(house: House) -> None:
    answer = await house.client.get("/")
    assert answer.status_code == 401
    assert "tautan masuk" in answer.text
    bound = await house.client.get("/", headers=house.bearer())
    assert (bound.status_code, bound.headers["location"]) == (303, f"/?operation={OPERATION}")
    choice = await house.client.get("/", headers=house.bearer("admin", "*"))
    assert f'href="/?operation={OPERATION}"' in choice.text
    other = await house.client.get("/?operation=other", headers=house.bearer())
    assert other.status_code == 403


async def test_the_page_of_a_viewer_has_counts_only(house: House) -> None:
    page = (await house.client.get(f"/?operation={OPERATION}", headers=house.bearer("viewer"))).text
    assert "dari 2 posko terdengar" in page
    assert "Posko Alak" not in page


async def test_the_api_describes_itself(house: House) -> None:
    described = (await house.client.get("/openapi.json")).json()
    situation = described["paths"]["/reporting/v1/operations/{operation_id}/situation"]["get"]
    schema = situation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["total"]["properties"]["present"]["type"] == "integer"
    assert "/reporting/v1/operations/{operation_id}/stream" in described["paths"]
    assert unexplained(described) == []


async def test_the_example_of_a_claim_check_is_one_and_stands_in_the_docs(house: House) -> None:
    described = (await house.client.get("/openapi.json")).json()
    asked = described["paths"]["/reporting/v1/operations/{operation_id}/claims:check"]["post"]["requestBody"]
    example = asked["content"]["application/json"]["example"]
    answer = await house.client.post(ROOT + "/claims:check", json=example, headers=house.bearer())
    assert (answer.status_code, answer.json()["day"]) == (200, example["day"])
    assert "&quot;kecamatan&quot;: 6" in (await house.client.get("/docs")).text
