"""Three services on one log: a token of an exercise never acts in a real operation, nor the reverse."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from pamwal.contracts.claims import Mode, Role
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process, Service
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from services.checkin.app import CHECKIN
from services.checkin.core import CheckinCore
from services.reporting.app import REPORTING
from services.scheduler.app import SCHEDULER
from services.scheduler.core import SchedulerCore
from tests.unit.scheduler.asked import opening
from tests.wire.witness import Worker

DEADLINE_S: Final = 60
REAL, DRILL, UNOPENED = "kupang", "kupang-drill", "kupang-next"
OTHER: Final[dict[Mode, Mode]] = {"real": "exercise", "exercise": "real"}
MODES: Final[dict[str, Mode]] = {REAL: "real", DRILL: "exercise"}
BY_NAME: Final = {"scheduler": SCHEDULER, "checkin": CHECKIN, "reporting": REPORTING}
CHECK_IN: Final = ("pamwal.field.check_in.v1", {"officer_id": "K-1", "place": "rally/a", "method": "manual"})
CANCEL: Final = ("pamwal.scheduling.cancel_rally.v1", {"rally_id": "a", "cause": "rain"})


def said(name: str, kind: tuple[str, Any]) -> dict[str, Any]:
    """One request, as a post sends it."""
    return {
        "id": name, "source": "/posts/oebobo/devices/1", "type": kind[0], "time": "2024-10-03T01:15:00.000Z",
        "channel": "app", "data": kind[1],
    }  # fmt: skip


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.001)


class District:
    """The three services, and whoever speaks to them."""

    def __init__(self, log: MemoryLog, folder: Path, stack: AsyncExitStack) -> None:
        self.log, self._settings, self._stack = log, EdgeSettings(state=folder), stack
        self._issuer = Issuer(self._settings.issuer_path)
        self.edges: dict[str, Edge] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}
        self.receipts: dict[tuple[str, str], str] = {}
        """(service, operation) → where one request of it is kept."""

    async def start(self, service: Service) -> None:
        """Starts the edge of a service; it may not be ready yet."""
        clock, settings = Clock(), self._settings
        spec = service.edge(Process(self.log, clock, settings, "none"))
        edge = build_edge(spec, self.log, clock, Authority.from_settings(settings, clock), settings)
        transport = httpx.ASGITransport(edge.app)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=DEADLINE_S)
        self._clients[service.name] = await self._stack.enter_async_context(client)
        self.edges[service.name] = edge
        await edge.start()
        self._stack.push_async_callback(edge.stop)

    async def ask(
        self, service: str, verb: str, path: str, operation: str, mode: Mode, *, role: Role = "ops_head",
        body: Any = None,
    ) -> httpx.Response:  # fmt: skip
        """One call with a token of that mode."""
        token = self._issuer.issue(role=role, operation=operation, mode=mode, subject="chief", post="oebobo")
        content = None if body is None else msgspec.json.encode(body)
        headers = {"authorization": f"Bearer {token}"}
        async with asyncio.timeout(DEADLINE_S):  # a stream that is opened by mistake would never end
            return await self._clients[service].request(verb, path, content=content, headers=headers)


@pytest.fixture
async def district(tmp_path: Path) -> AsyncIterator[District]:
    """One operation opened as real and one as an exercise; all that was said in them is folded everywhere."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    async with AsyncExitStack() as stack:
        found = District(log, tmp_path, stack)
        for core in (SchedulerCore(), CheckinCore()):
            await stack.enter_async_context(Worker(log, core, 0))
        for service in BY_NAME.values():
            await found.start(service)
        await until(lambda: all(edge.health.readiness().ready for edge in found.edges.values()))
        for operation, mode in MODES.items():
            data = msgspec.to_builtins(opening(mode=mode))
            opened = await found.ask(
                "scheduler", "POST", f"/scheduler/v1/operations/{operation}/open", operation, mode,
                role="admin", body=said("open", ("pamwal.scheduling.open_operation.v1", data)),
            )  # fmt: skip
            assert opened.status_code == 201, opened.text
            seen = await found.ask(
                "checkin", "POST", f"/checkin/v1/operations/{operation}/check-ins", operation, mode,
                body=said("first", CHECK_IN),
            )  # fmt: skip
            assert seen.status_code == 201, seen.text
            found.receipts["scheduler", operation] = opened.headers["pamwal-at"]
            found.receipts["checkin", operation] = seen.headers["pamwal-at"]
        decisions = TopicPartition(SCHEDULING_DECISIONS.name, 0)
        ends = await log.end_offsets([decisions], "committed")
        gates = [edge.gate for edge in found.edges.values()]
        assert ends[decisions] > 0
        await until(lambda: all(_knows(gate, *each) for gate in gates for each in MODES.items()))
        yield found


def _knows(gate: Any, operation: str, mode: Mode) -> bool:
    return bool(gate._mode_of(operation) == mode)


ROUTES: Final = [
    ("scheduler", "POST", "/operations/{op}/rallies:cancel", said("c", CANCEL)),
    ("scheduler", "POST", "/operations/{op}/batch", [said("d", CANCEL)]),
    ("scheduler", "GET", "/operations/{op}", None),
    ("scheduler", "GET", "/operations/{op}/rallies", None),
    ("scheduler", "GET", "/requests/{receipt}", None),
    ("checkin", "POST", "/operations/{op}/check-ins", said("e", CHECK_IN)),
    ("checkin", "POST", "/operations/{op}/batch", [said("f", CHECK_IN)]),
    ("checkin", "GET", "/operations/{op}/incidents", None),
    ("checkin", "GET", "/requests/{receipt}", None),
    ("reporting", "GET", "/operations/{op}/situation", None),
    ("reporting", "GET", "/operations/{op}/ledger", None),
    ("reporting", "GET", "/operations/{op}/digest", None),
    ("reporting", "POST", "/operations/{op}/claims:check", {"stated": {"officers": 1}}),
    ("reporting", "GET", "/operations/{op}/stream", None),
]
"""One of each kind in each service; no stream ends by itself, so it is not asked for by who may follow it."""


@pytest.mark.parametrize("operation", [REAL, DRILL])
@pytest.mark.parametrize(("service", "verb", "path", "body"), ROUTES, ids=lambda each: str(each)[:40])
async def test_a_token_of_the_other_mode_is_turned_away_at_every_kind_of_route(
    district: District, service: str, verb: str, path: str, body: Any, operation: str
) -> None:
    mode = MODES[operation]
    receipt = district.receipts.get((service, operation), "")
    place = f"/{service}/v1{path}".format(op=operation, receipt=receipt)
    answer = await district.ask(service, verb, place, operation, OTHER[mode], body=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_mode"), answer.text
    assert f"ask with a token of mode {mode}" in answer.json()["detail"]
    if not path.endswith("/stream"):
        welcome = await district.ask(service, verb, place, operation, mode, body=body)
        assert welcome.status_code in {200, 201, 409}, welcome.text


async def test_what_is_turned_away_for_its_mode_is_counted_and_not_in_the_log(district: District) -> None:
    before = await district.log.end_offsets([TopicPartition("pamwal.field.requests.v1", 0)])
    path = f"/checkin/v1/operations/{REAL}/check-ins"
    await district.ask("checkin", "POST", path, REAL, "exercise", body=said("x", CHECK_IN))
    assert district.edges["checkin"].turned_away() == {(REAL, "oebobo"): {"wrong_mode": 1}}
    assert await district.log.end_offsets(list(before)) == before


async def test_the_list_of_operations_shows_an_admin_those_of_his_mode(district: District) -> None:
    page = (await district.ask("reporting", "GET", "/", "*", "exercise", role="admin")).text
    assert f"operation={DRILL}" in page
    assert f"operation={REAL}" not in page.replace(f"operation={DRILL}", "")


@pytest.mark.parametrize("mode", ["real", "exercise"])
async def test_an_operation_nobody_opened_takes_what_the_field_says(district: District, mode: Mode) -> None:
    path = f"/checkin/v1/operations/{UNOPENED}/check-ins"
    answer = await district.ask("checkin", "POST", path, UNOPENED, mode, body=said(mode, CHECK_IN))
    assert answer.status_code == 201, answer.text


async def opened(district: District, mode: Mode) -> None:
    """Opens what nobody has opened yet; every edge knows it then."""
    answer = await district.ask(
        "scheduler", "POST", f"/scheduler/v1/operations/{UNOPENED}/open", UNOPENED, mode, role="admin",
        body=said("open", ("pamwal.scheduling.open_operation.v1", msgspec.to_builtins(opening(mode=mode)))),
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    gates = [edge.gate for edge in district.edges.values()]
    await until(lambda: all(_knows(gate, UNOPENED, mode) for gate in gates))


async def told(district: District, path: str, mode: Mode) -> Any:
    """What reporting answers, once all that was said in the field is folded."""
    log, folded = district.log, district.edges["reporting"].folded
    at = TopicPartition("pamwal.field.requests.v1", 0)
    last = Receipt(at.topic, 0, (await log.end_offsets([at]))[at] - 1)
    assert await folded.wait_folded(last, DEADLINE_S * 1000)
    answer = await district.ask(
        "reporting", "GET", f"/reporting/v1/operations/{UNOPENED}{path}", UNOPENED, mode
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


LOOK: Final = "/situation?day=2024-10-03&at=2024-10-03T02:00:00.000Z"
CHECK_INS: Final = f"/checkin/v1/operations/{UNOPENED}/check-ins"


@pytest.mark.parametrize("mode", ["real", "exercise"])
async def test_what_the_other_mode_said_before_the_opening_is_in_no_picture_and_is_counted(
    district: District, mode: Mode
) -> None:
    early = said("early", CHECK_IN)
    wrong = await district.ask("checkin", "POST", CHECK_INS, UNOPENED, OTHER[mode], body=early)
    assert wrong.status_code == 201, wrong.text
    own = said("own", (CHECK_IN[0], {**CHECK_IN[1], "officer_id": "K-2"}))
    await district.ask("checkin", "POST", CHECK_INS, UNOPENED, mode, body=own)
    assert (await told(district, LOOK, OTHER[mode]))["total"]["unregistered"] == 1, "each sees its own so far"
    await opened(district, mode)
    situation = await told(district, LOOK, mode)
    assert (situation["opened"], situation["mode"], situation["total"]["unregistered"]) == (True, mode, 1)
    ledger = await told(district, "/ledger", mode)
    assert (ledger["total"]["balanced"], ledger["total"]["other_mode"]) == (True, 1)
    assert [(row["balance"]["accepted"], row["balance"]["other_mode"]) for row in ledger["rows"]] == [(3, 1)]
    again = await district.ask("checkin", "POST", CHECK_INS, UNOPENED, mode, body=early)
    assert again.status_code == 201, again.text
    assert (await told(district, LOOK, mode))["total"]["unregistered"] == 2, "the right token counts"


async def test_what_an_exercise_said_before_the_opening_is_read_by_nobody_real(district: District) -> None:
    incidents = f"/checkin/v1/operations/{UNOPENED}/incidents"
    report = {"incident_id": "i", "kind": "crowd_clash", "severity": "minor", "kelurahan": "53.71.02.1001"}
    body = said("i", ("pamwal.field.report_incident.v1", report))
    answer = await district.ask("checkin", "POST", incidents, UNOPENED, "exercise", body=body)
    assert answer.status_code == 201, answer.text
    await opened(district, "real")
    seen = await district.ask("checkin", "GET", incidents, UNOPENED, "real")
    assert seen.json()["incidents"] == []
    answer = await district.ask("checkin", "POST", incidents, UNOPENED, "real", body=body)
    assert answer.status_code == 201, answer.text
    assert (await told(district, LOOK, "real"))["incidents"]["open"] == 1, "a report, and no witness of one"


async def test_a_code_that_an_exercise_asked_for_leads_to_no_real_token(district: District) -> None:
    """It could be asked for before the operation was opened as real."""
    code = "k7qm42pxk7qm42pxk7qm42pxk7qm42px"
    digest = hashlib.sha256(code.encode()).hexdigest()
    invitation = {"device_id": "pc-1", "code_sha256": digest, "expires_at": "2099-01-01T00:00:00.000Z"}
    path = f"/checkin/v1/operations/{UNOPENED}/devices:invite"
    body = said("d", ("pamwal.field.invite_devices.v1", {"invitations": [invitation]}))
    asked = await district.ask("checkin", "POST", path, UNOPENED, "exercise", body=body)
    assert asked.status_code == 201, asked.text
    await opened(district, "real")
    enrol = {"code": code, "id": "e", "time": "2024-10-03T01:15:00.000Z"}
    answer = await district.ask("checkin", "POST", "/checkin/v1/enrol", UNOPENED, "real", body=enrol)
    assert (answer.status_code, answer.json()["code"]) == (404, "code_unknown"), answer.text


async def test_while_the_openings_are_not_read_once_an_unknown_operation_has_to_wait(
    district: District,
) -> None:
    """A restarted edge cannot know whether it is real; neither can it be ready."""
    district.log.faults = Faults(read_failed=1.0)
    await district.start(CHECKIN)
    edge, path = district.edges["checkin"], f"/checkin/v1/operations/{REAL}/check-ins"

    async def say() -> httpx.Response:
        return await district.ask("checkin", "POST", path, REAL, "exercise", body=said("late", CHECK_IN))

    early = await say()
    assert (early.status_code, early.json()["code"]) == (503, "not_folded")
    assert early.headers["retry-after"] == "1"
    assert edge.turned_away() == {}
    assert "not read to its end" in (edge.health.readiness().checks["openings"].reason or "")
    district.log.faults = Faults()
    await until(lambda: edge.health.readiness().ready)
    assert (await say()).json()["code"] == "wrong_mode"


async def test_a_stream_ends_where_its_operation_is_opened_in_the_other_mode(district: District) -> None:
    edge, taken = district.edges["reporting"], bytearray()
    token = district._issuer.issue(role="ops_head", operation=UNOPENED, mode="exercise", subject="chief")

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        taken.extend(message.get("body", b""))

    scope = {
        "type": "http", "method": "GET", "path": f"/reporting/v1/operations/{UNOPENED}/stream",
        "query_string": b"tick_ms=0", "headers": [(b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip
    stream = asyncio.create_task(edge.app(scope, receive, send))
    await until(lambda: b"event: snapshot" in taken)
    data = msgspec.to_builtins(opening(mode="real", name="Operasi rahasia"))
    await district.ask(
        "scheduler", "POST", f"/scheduler/v1/operations/{UNOPENED}/open", UNOPENED, "real", role="admin",
        body=said("open", ("pamwal.scheduling.open_operation.v1", data)),
    )  # fmt: skip
    async with asyncio.timeout(DEADLINE_S):
        await stream
    assert b"rahasia" not in taken
