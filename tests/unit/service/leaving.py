"""A day on which an officer on intel is named in every way there is, and what the three services answer.

Everything is told of KPG-2, who is on intel; the same of KPG-1, who is not, so that no answer is empty.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import openpyxl
import pyarrow.parquet
from pypdf import PdfReader

from pamwal.contracts import codec
from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    Heartbeat,
    Invitation,
    InviteDevices,
    NotPresent,
    Relieve,
    ReportIncident,
    StartPoll,
)
from pamwal.contracts.places import Venue
from pamwal.contracts.rights import own_source
from pamwal.contracts.scheduling import (
    DeploymentRole,
    Order,
    OrderDeployments,
    PlanRally,
    ProposeDeployments,
)
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process, Service
from pamwal.wire.log import Outgoing, TopicPartition
from services.checkin.app import CHECKIN
from services.reporting.app import REPORTING
from services.reporting.folded import BothFolded
from services.scheduler.app import SCHEDULER
from tests.unit.reporting.house import REQUESTS, Written, until
from tests.unit.reporting.telling import OEPURA, OPERATION, at, at_ms

SERVICES: Final = {each.name: each for each in (SCHEDULER, CHECKIN, REPORTING)}
HIDDEN, SHOWN = "KPG-2", "KPG-1"
DEVICE: Final = f"{HIDDEN}-0a1b2c3d"
DEADLINE_S: Final = 60
_NAMED_ROLES: Final = frozenset({"officer", "field_commander"})


class Told(Written):
    """What was said that day."""

    async def say(
        self, data: RequestData, clock: str, *, role: Role = "ops_head", actor: str = "chief",
        device: str = "1", officer: str | None = None, number: int | None = None,
    ) -> None:  # fmt: skip
        """One request of post Maulafa, by whoever speaks."""
        self.asked += 1
        name = TYPE_OF[type(data)]
        claims = Claims(role=role, operation=OPERATION, mode=self.mode, post="maulafa", officer=officer)
        source = own_source(claims) or f"/posts/maulafa/devices/{device}"
        request: Request[Any] = Request(
            specversion="1.0", id=f"q{self.asked}", source=source, type=name,
            time=at(clock), channel="app", data=data, operationid=OPERATION, postid="maulafa",
            recordedat=at(clock), actor=actor, claims=claims.to_text(), sourceseq=number,
        )  # fmt: skip
        topic = f"pamwal.{name.split('.')[1]}.requests.v1"
        await self.put(topic, Outgoing(OPERATION.encode(), codec.encode(request)))

    async def day(self) -> None:
        """All of it."""
        await self.plan()
        await self.beat("maulafa", "08:55")
        await self.judge("09:20")
        for officer_id in (SHOWN, HIDDEN):
            await self.come(officer_id, "09:21")
            await self.say(CheckOut(officer_id=officer_id, place="rally/a", method="manual"), "09:24")
        await self.say(CheckInSquad(place="rally/a", method="paper", present=[SHOWN, HIDDEN]), "09:25")
        await self.say(
            CallRoll(
                unit="Samapta", present=[SHOWN],
                not_present=[NotPresent(officer_id=HIDDEN, cause="sakit")],
            ),
            "09:25",
        )  # fmt: skip
        await self.say(
            Relieve(officer_id=SHOWN, relieved_by=HIDDEN, place="rally/a", method="manual"), "09:26"
        )
        await self.say(
            InviteDevices(
                invitations=[
                    Invitation(
                        device_id=DEVICE, code_sha256="0" * 64, expires_at=at("20:00"), officer_id=HIDDEN
                    )
                ]
            ),
            "09:00",
        )
        await self._incident()
        await self.say(StartPoll(poll_id="p", window_min=30, officers=[SHOWN, HIDDEN]), "09:10")
        for officer_id in (SHOWN, HIDDEN):
            await self.say(AckPoll(poll_id="p", officer_id=officer_id), "09:12")
        device = f"/posts/maulafa/devices/{DEVICE}"
        await self.say(Heartbeat(highest={device: 3}), "09:26")
        await self.say(PublishSitRep(), "09:27")
        await self.judge("09:28")

    async def hide(self, place: str, strength: int) -> None:
        """A shorter day, in as many requests whatever is hidden: KPG-2 is on intel at `rally/a` or `rally/b`.

        `strength`: how many of intel that rally needs; the other one needs none.
        """
        await self.open_with_roster()
        for name in ("a", "b"):
            intel: dict[DeploymentRole, int] = {"intel": strength} if place == f"rally/{name}" else {}
            await self.ask(
                PlanRally(
                    rally_id=name, kind="dialogue", pairs=["walikota/1"], starts_at=at("09:00"),
                    venue=Venue(venue_id=f"v-{name}", name=f"Balai {name}", kelurahan=OEPURA),
                    ends_at=at("11:00"), required={"guard": 2, **intel},
                )
            )  # fmt: skip
        orders = [
            Order(
                deployment_id=f"d-{officer_id}", officer_id=officer_id, place=where, role=role,
                starts_at=at("09:00"), ends_at=at("11:00"),
            )
            for officer_id, where, role in ((SHOWN, "rally/a", "guard"), (HIDDEN, place, "intel"))
        ]  # fmt: skip
        await self.ask(ProposeDeployments(proposal_id="p", orders=orders))
        await self.ask(OrderDeployments(sprin="S/1", orders=orders))
        await self.decide()
        await self.beat("maulafa", "08:55")
        await self.say(CheckIn(officer_id=SHOWN, place="rally/a", method="manual"), "09:01")
        await self.say(CheckIn(officer_id=HIDDEN, place=place, method="manual"), "09:01")
        await self.judge("09:20")
        await self._incident()
        await self.say(StartPoll(poll_id="p", window_min=30, officers=[SHOWN, HIDDEN]), "09:10")
        await self.say(Heartbeat(highest={f"/posts/maulafa/devices/{DEVICE}": 3}), "09:26")
        await self.say(PublishSitRep(), "09:27")
        await self.judge("09:28")

    async def _incident(self) -> None:
        report = ReportIncident(
            incident_id="i-1", kind="crowd_clash", severity="severe", kelurahan=OEPURA, place="rally/a"
        )
        own: dict[str, Any] = {"role": "officer", "actor": HIDDEN, "device": DEVICE, "officer": HIDDEN}
        await self.say(report, "09:05", number=3, **own)
        await self.say(msgspec.structs.replace(report, incident_id="i-2"), "09:06", actor=SHOWN)
        await self.say(AdvanceIncident(incident_id="i-1", step="verified"), "09:07")
        await self.say(
            AdvanceIncident(incident_id="i-1", step="assigned", assignee=f"officer/{HIDDEN}"), "09:08"
        )
        await self.say(
            AmendIncident(incident_id="i-2", assignees=[f"officer/{HIDDEN}", f"officer/{SHOWN}"]), "09:09"
        )


class Town:
    """The three services on one log."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self.edges: dict[str, Edge] = {}
        self.clients: dict[str, httpx.AsyncClient] = {}

    def token(self, role: Role) -> dict[str, str]:
        """Of Maulafa; who is an officer is KPG-1."""
        token = self._issuer.issue(
            role=role, operation=OPERATION, mode="exercise", subject=f"a-{role}",
            post="maulafa" if role in {"command_post", "field_commander", "officer"} else None,
            officer=SHOWN if role in _NAMED_ROLES else None,
        )  # fmt: skip
        return {"authorization": f"Bearer {token}"}

    async def ask(self, service: str, path: str, role: Role) -> tuple[int, str]:
        """Status and all the text of an answer, whatever its form."""
        answer = await self.clients[service].get(path, headers=self.token(role))
        return answer.status_code, text_of(answer)

    async def stream(self, path: str, role: Role) -> tuple[int, str]:
        """What the first event of a stream says."""
        taken, seen = bytearray(), asyncio.Event()
        status = 0

        async def receive() -> Mapping[str, Any]:
            await seen.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            taken.extend(message.get("body", b""))
            if b"\n\n" in taken or status != 200:
                seen.set()

        name, _, query = path.partition("?")
        header = self.token(role)["authorization"].encode()
        scope = {
            "type": "http", "method": "GET", "path": name, "query_string": query.encode(),
            "headers": [(b"authorization", header)],
        }  # fmt: skip
        async with asyncio.timeout(DEADLINE_S):
            await self.edges["reporting"].app(scope, receive, send)
        return status, taken.decode()

    async def paths(self, service: str) -> list[str]:
        """Every GET of a service's OpenAPI document."""
        document = (await self.clients[service].get("/openapi.json")).json()
        return [path for path, verbs in document["paths"].items() if "get" in verbs]


def text_of(answer: httpx.Response) -> str:
    """The text of an answer as its reader would have it."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    if media == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    if media.endswith("spreadsheetml.sheet"):
        book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
        rows = (row for sheet in book for row in sheet.iter_rows(values_only=True))
        return "\n".join(str(cell) for row in rows for cell in row)
    if media == "application/vnd.apache.parquet":
        return str(pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist())
    return answer.text


@asynccontextmanager
async def a_town(folder: Path, told: Told) -> AsyncIterator[Town]:
    """The three services, ready, at half past nine on a clock that stands nearly still."""
    clock = Clock(start_ms=at_ms("09:30"), speed=0.001, anchor_ms=system_ms())
    settings = EdgeSettings(state=folder, requests_per_s=1e6, read_wait_ms=200)
    async with AsyncExitStack() as stack:
        town = Town(Issuer(settings.issuer_path))
        for service in SERVICES.values():
            await _begin(town, service, told, clock, settings, stack)
        yield town


async def _begin(
    town: Town, service: Service, told: Told, clock: Clock, settings: EdgeSettings, stack: AsyncExitStack
) -> None:
    asked = told.log.partition(TopicPartition(REQUESTS["reporting"], 0))
    before = asked.end
    spec = service.edge(Process(told.log, clock, settings, ""))
    edge = build_edge(spec, told.log, clock, Authority.from_settings(settings, clock), settings)
    transport = httpx.ASGITransport(edge.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=DEADLINE_S)
    town.clients[service.name] = await stack.enter_async_context(client)
    town.edges[service.name] = edge
    await edge.start()
    stack.push_async_callback(edge.stop)
    await until(lambda: edge.health.readiness().ready)
    if isinstance(edge.folded, BothFolded):
        live = edge.folded.picture
        await until(lambda: asked.end > before)  # the edge asks that its SitRep be signed,
        await told.judge("09:30")  # and would ask again every 5 s if nobody decided that
        await until(lambda: live.unread("any") == 0)  # the ledger counts requests in the background
