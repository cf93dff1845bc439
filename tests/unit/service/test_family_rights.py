"""Reads of an operation by tokens of its parent, of its child and of one that has nothing to do with it.

A token reads what lies below its operation if its role is one of `READS_BELOW` and it is of no device. What
lies below is what names it its parent, admitted or not; nothing is read upwards or sideways.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Final, Literal

import httpx
import pytest

from pamwal.contracts.claims import ROLES, Claims, Role
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import RequestData, Submission
from pamwal.contracts.parents import READS_BELOW
from pamwal.contracts.routes import ROUTES
from pamwal.edge.access import roles_of
from pamwal.edge.app import Edge
from pamwal.edge.docs import documented_only
from pamwal.edge.issuer import Issuer
from services.scheduler.app import edge_spec as scheduler_edge
from services.scheduler.core import SchedulerCore
from tests.unit.edges import an_edge
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import at
from tests.unit.reporting.test_families import come, manned, opened
from tests.unit.scheduler.asked import opening
from tests.unit.service.test_rights import PARAMETERS, code_of

Reads = Literal["below", "below, not admitted", "above", "unrelated", "below, by a device"]
WHOSE: Final[dict[Reads, tuple[str, str]]] = {
    "below": ("parent", "child"),
    "below, not admitted": ("parent", "guest"),
    "above": ("child", "parent"),
    "unrelated": ("parent", "other"),
    "below, by a device": ("parent", "child"),
}
"""Operation of the token, and the one it reads."""
PARENTS: Final = {"parent": None, "child": "parent", "guest": "parent", "other": None}
NAMED: Final = re.compile(r"KPG-\d")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A parent with two below it, of which it admits one, and another operation; two officers in each."""
    written = Written()
    for name, parent in PARENTS.items():
        await opened(written, name, parent, admitted=name != "guest")
        await manned(written, name, "KPG-1", "KPG-2")
        for officer in ("KPG-1", "KPG-2"):
            await come(written, name, officer)
    await written.judge("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


def token(issuer: Issuer, role: Role, operation: str, device: str | None = None) -> dict[str, str]:
    given = issuer.issue(
        role=role, operation=operation, mode="exercise", subject=f"{role} of {operation}", post="maulafa",
        officer="KPG-1", device=device,
    )  # fmt: skip
    return {"authorization": f"Bearer {given}"}


async def require_cells(edge: Edge, client: httpx.AsyncClient, issuer: Issuer) -> None:
    """Every read of an operation, by every role, of each of these operations.

    Whoever is let in is then told that the header `Pamwal-At` is wrong, so that no answer has to be made.
    """
    routes = [
        each
        for each in edge.routes
        if "{operation_id}" in each.path and "GET" in each.methods and each.endpoint is not documented_only
    ]
    assert len(routes) > 15
    tokens = {each: token(issuer, *each) for each in product(ROLES, PARENTS, (None, "d-1"))}
    for route, role, (whose, (of, operation)) in product(routes, ROLES, WHOSE.items()):
        path = route.path_format.format_map(PARAMETERS | {"operation_id": operation})
        device = "d-1" if whose == "below, by a device" else None
        headers = {**tokens[role, of, device], "pamwal-at": "nothing"}
        answer = await client.get(path, headers=headers)
        met = (route.path, role, whose, answer.text[:200])
        if whose not in {"below", "below, not admitted"} or role not in READS_BELOW:
            assert code_of(answer) == "wrong_operation", met
        elif role not in (roles_of(route) or ()):
            assert code_of(answer) == "wrong_role", met
        else:
            assert (answer.status_code, "Pamwal-At" in answer.text) == (400, True), met


async def test_reporting_is_read_below_ones_own_operation_and_nowhere_else(house: House) -> None:
    await require_cells(house.edge, house.client, house.issuer)


async def test_the_scheduler_is_read_below_ones_own_operation_and_nowhere_else(tmp_path: Path) -> None:
    async with an_edge(tmp_path, scheduler_edge, SchedulerCore()) as running:
        admin = Claims(role="admin", operation="*", mode="exercise")
        for name, parent in PARENTS.items():
            answer = await posted(running.client, running.issuer, opening(parent=parent), admin, name)
            assert answer.status_code == 201, answer.text
        await require_cells(running.edge, running.client, running.issuer)


async def posted(
    client: httpx.AsyncClient, issuer: Issuer, data: RequestData, by: Claims, operation: str
) -> httpx.Response:
    type_name = TYPE_OF[type(data)]
    route = ROUTES[type_name]
    body = Submission(
        id="open", source="/posts/ops/devices/1", type=type_name, time=at("06:00"), channel="web", data=data
    )
    return await client.post(
        f"/{route.service}/v1/operations/{operation}{route.path}",
        content=encode(body),
        headers=token(issuer, by.role, by.operation),
    )


BOTH: Final = {"KPG-1", "KPG-2"}
LISTS: Final[dict[str, dict[Role, set[str]]]] = {
    path: {
        "officer": {"KPG-1"},
        "field_commander": BOTH,
        "command_post": BOTH,
        "ops_head": BOTH,
        "admin": BOTH,
    }
    for path in ("/timeline", "/hours")
} | {"/children/timeline": {"ops_head": BOTH, "admin": BOTH}}
"""Read of reporting → whom it names to each role; to every other it names nobody."""


async def test_lists_of_reporting_name_officers_to_who_may_know_of_them(house: House) -> None:
    operations = (("child", "child"), ("parent", "child"))
    for path, role, (of, operation) in product(LISTS, ROLES, operations):
        headers = token(house.issuer, role, of)
        may = LISTS[path].get(role, set()) if of == operation or role in READS_BELOW else set()
        for officer in (None, "KPG-1", "KPG-2"):
            query = "?limit=200" if officer is None else f"?limit=200&officer={officer}"
            address = f"/reporting/v1/operations/{operation}{path}{query}"
            answer = await house.client.get(address, headers=headers)
            met = (path, role, of, answer.text[:300])
            assert set(NAMED.findall(answer.text)) == may & ({officer} if officer else BOTH), met
            assert answer.status_code == 200 or not may, met
