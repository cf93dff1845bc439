"""Every request by every role, from its own and from another post and operation: in deciders and over HTTP.

The cells are made from the table of routes, so that a new route is asked for by every role as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import BOUND_TO_OFFICER, BOUND_TO_POST, NOT_YOURS, ROLES, Claims, Role
from pamwal.contracts.codec import decode_request, encode
from pamwal.contracts.envelope import Reason, Request, Submission
from pamwal.contracts.field import (
    AdvanceIncident,
    AmendIncident,
    EnrolDevice,
    ErasePerson,
    Heartbeat,
    ResetSource,
)
from pamwal.contracts.routes import ROUTES
from pamwal.edge.access import roles_of
from pamwal.edge.app import Edge, EdgeSpec
from pamwal.edge.docs import documented_only
from pamwal.service import Process
from pamwal.wire.core import Seen
from services.checkin.app import edge_spec as checkin_edge
from services.checkin.core import CheckinCore
from services.reporting.app import edge_spec as reporting_edge
from services.reporting.core import ReportingCore
from services.scheduler.app import edge_spec as scheduler_edge
from services.scheduler.core import SchedulerCore
from tests.contracts.golden import EXAMPLES
from tests.unit.edges import Running, an_edge

OPERATION, OWN, OTHER = "op", "alfa", "beta"
NOW: Final = "2024-10-03T01:15:00.000Z"
Whose = Literal["own", "another post", "no post", "another operation", "another device", "another source"]
OVER_HTTP: Final[tuple[Whose, ...]] = (
    "own", "another post", "no post", "another operation", "another source"
)  # fmt: skip
EDGES: Final[dict[str, tuple[Callable[[Process], EdgeSpec], Any]]] = {
    "scheduler": (scheduler_edge, SchedulerCore()),
    "checkin": (checkin_edge, CheckinCore()),
    "reporting": (reporting_edge, ReportingCore()),
}
PARAMETERS: Final = defaultdict(
    lambda: "1", operation_id=OPERATION, place="rally/r-1", kind="rally", form="csv", officer_id="NTT-0001"
)
"""What stands in an address in place of its parameters."""


class Cell(NamedTuple):
    """One request type, asked for by one role with a token of its own or of another post or operation."""

    type: str
    role: Role
    whose: Whose

    @property
    def allowed(self) -> bool:
        """What the table of routes says of it."""
        free = {
            "another post": self.role not in BOUND_TO_POST,
            "no post": self.role not in BOUND_TO_POST,
            "another source": self.role not in BOUND_TO_OFFICER and self.claims.device is None,
        }
        return self.role in ROUTES[self.type].roles and (self.whose == "own" or free.get(self.whose, False))

    @property
    def claims(self) -> Claims:
        """The token. An officer is the one that the request speaks of, a device the one that enrols."""
        data = request_of(self.type).data
        device = data.device_id if isinstance(data, EnrolDevice) else None
        return Claims(
            role=self.role,
            operation="elsewhere" if self.whose == "another operation" else OPERATION,
            mode="exercise",
            post={"another post": OTHER, "no post": None}.get(self.whose, OWN),
            officer=getattr(data, "officer_id", "NTT-0001"),
            device="another" if self.whose == "another device" else device,
        )

    @property
    def request(self) -> Request[Any]:
        """What is asked, from the token's own source unless it is the source of another."""
        request = request_of(self.type)
        if self.whose == "another source":
            return replace(request, source=f"/posts/{OWN}/devices/2")
        if self.role in BOUND_TO_OFFICER and self.claims.device is None:
            return replace(request, source=f"/posts/{OWN}/officers/{self.claims.officer}/2")
        return request


def request_of(type_: str) -> Request[Any]:
    """The example of a type as the first device of post alfa asks it."""
    example = decode_request((EXAMPLES / "requests" / f"{type_}.json").read_bytes())
    data, device = example.data, "1"
    if getattr(data, "method", None) == "qr":
        data = replace(data, method="manual")
    match data:
        case EnrolDevice():
            device = data.device_id
        case ResetSource() | ErasePerson():
            data = replace(data, cause="it is broken", cause_ref=None)
        case Heartbeat():
            data = replace(data, highest={})
        case AdvanceIncident():
            data = replace(data, step="on_scene")
        case AmendIncident():
            data = replace(data, assignees=None)
    return replace(
        example,
        operationid=OPERATION,
        postid=OWN,
        source=f"/posts/{OWN}/devices/{device}",
        sourceseq=None,
        data=data,
    )


def decided(cell: Cell) -> Reason | None:
    """Why the decider of its service refuses it, where nothing was said before."""
    request = replace(cell.request, claims=cell.claims.to_text())
    core = EDGES[ROUTES[cell.type].service][1]
    state = core.new_state(OPERATION)
    if isinstance(core, ReportingCore):
        return core.decide_seeing(state, request, NOW, Seen(core.new_picture(OPERATION), {}, {})).reason
    found: Reason | None = core.decide(state, request, NOW).reason
    return found


def cells(*whose: Whose) -> Iterator[Cell]:
    for type_, role, each in product(ROUTES, ROLES, whose):
        yield Cell(type_, role, each)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", ROUTES)
def test_a_decider_allows_what_the_table_of_routes_allows(type_: str) -> None:
    for cell in cells(*get_args(Whose)):
        if cell.type == type_:
            reason = decided(cell)
            assert (reason is None or reason.code != NOT_YOURS) == cell.allowed, (cell, reason)


async def answered(running: Running, cell: Cell, number: int) -> str:
    """The code of the refusal over HTTP; empty if it is accepted."""
    claims, request = cell.claims, cell.request
    token = running.issuer.issue(
        role=claims.role, operation=claims.operation, mode=claims.mode, subject=request.actor,
        post=claims.post, officer=claims.officer, device=claims.device,
    )  # fmt: skip
    said = Submission(
        id=f"q{number}", source=request.source, type=request.type, time=NOW, channel="app", data=request.data
    )
    route = ROUTES[cell.type]
    answer = await running.client.post(
        f"/{route.service}/v1/operations/{OPERATION}{route.path}",
        content=encode(said),
        headers={"authorization": f"Bearer {token}"},
    )
    if answer.status_code == 201:
        return ""
    return str(msgspec.json.decode(answer.content)["code"])


@pytest.mark.parametrize("service", EDGES)
async def test_over_http_is_allowed_what_the_table_of_routes_allows(service: str, tmp_path: Path) -> None:
    refusals = {NOT_YOURS, "wrong_operation", "bad_token"}
    async with an_edge(tmp_path, *EDGES[service]) as running:
        for number, cell in enumerate(cells(*OVER_HTTP)):
            if ROUTES[cell.type].service == service:
                code = await answered(running, cell, number)
                assert (code not in refusals) == cell.allowed, (cell, code)


def routes_of(edge: Edge) -> Iterator[tuple[str, str, tuple[Role, ...]]]:
    """Method, address and roles of every route that FastAPI answers.

    Requests are held to their roles by deciders, streams as `tests/edge/test_serve.py` has it.
    """
    for route in edge.routes:
        if route.endpoint is not documented_only:
            for method in sorted(route.methods):
                address = f"{route.path_format.format_map(PARAMETERS)}?operation={OPERATION}"
                yield method, address, roles_of(route) or ()


@pytest.mark.parametrize("service", EDGES)
async def test_every_other_route_lets_in_the_roles_that_it_declares(service: str, tmp_path: Path) -> None:
    async with an_edge(tmp_path, *EDGES[service]) as running:
        found = list(routes_of(running.edge))
        assert len(found) > 20
        for number, (method, address, roles) in enumerate(found):
            stranger = await running.client.request(method, address)
            assert (stranger.status_code == 401) == bool(roles), (method, address)
            for role in ROLES if roles else ():
                token = running.issuer.issue(
                    role=role, operation=OPERATION, mode="exercise", subject=str(number), post=OWN,
                    officer="NTT-0001",
                )  # fmt: skip
                bearer = {"authorization": f"Bearer {token}"}
                answer = await running.client.request(method, address, headers=bearer)
                assert (code_of(answer) == "wrong_role") == (role not in roles), (method, address, role)
                assert answer.status_code != 401, (method, address, role)
                if f"/operations/{OPERATION}" not in address:
                    continue
                token = running.issuer.issue(
                    role=role, operation="elsewhere", mode="exercise", subject=str(number), post=OWN,
                    officer="NTT-0001",
                )  # fmt: skip
                answer = await running.client.request(
                    method, address, headers={"authorization": f"Bearer {token}"}
                )
                assert code_of(answer) == "wrong_operation", (method, address, role)


def code_of(answer: httpx.Response) -> str:
    """The code of the problem that is answered; empty if it is none."""
    if answer.headers["content-type"] != "application/problem+json":
        return ""
    return str(msgspec.json.decode(answer.content)["code"])
