"""Every endpoint of the three services, asked what its OpenAPI document allows and forbids.

Never a 5xx, and never a status, a media type or a shape that the document does not have.

The services run on a log in memory, served over a socket as always, with their deciders. What is generated is
the same in every run.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pamwal.contracts.claims import Role
from pamwal.edge.app import Authority, Clock, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.edge.serve import listening_socket, serve
from pamwal.service import Process, Service
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.memory import MemoryLog
from services.checkin.app import CHECKIN
from services.checkin.core import CheckinCore
from services.reporting.app import REPORTING
from services.reporting.core import ReportingCore
from services.scheduler.app import SCHEDULER
from services.scheduler.core import SchedulerCore
from tests.contracts.golden import as_stored, golden
from tests.wire.witness import Worker, post

SERVICES: Final = (CHECKIN, SCHEDULER, REPORTING)
AnyCore = Core[Any] | WatchingCore[Any, Any]
CORES: Final[tuple[AnyCore, ...]] = (CheckinCore(), SchedulerCore(), ReportingCore())
OPERATION: Final = "omp-kota-kupang-2024"
"""The one of the golden examples, all of which were said before."""
BUDGET_S: Final = 12.0
"""For the examples of one service; each endpoint has at least one."""
ROUNDS_MAX: Final = 20
CONFORMING: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
DEADLINE_S: Final = 60


class Served(NamedTuple):
    """One service that answers at a port, a token that may ask it most, and tokens by role."""

    url: str
    token: str
    tokens: dict[Role, str]


@asynccontextmanager
async def a_service(service: Service, folder: Path) -> AsyncIterator[Served]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    for core in CORES:
        await post(log, *_golden(core), topic=core.requests_topic)
    clock = Clock()
    settings_ = EdgeSettings(state=folder, requests_per_s=1e6, rows_per_s=1e6, read_wait_ms=50)
    edge = build_edge(
        service.edge(Process(log, clock, settings_, "none")),
        log,
        clock,
        Authority.from_settings(settings_, clock),
        settings_,
    )
    issue = partial(Issuer(settings_.issuer_path).issue, mode="exercise", subject="a")
    tokens: dict[Role, str] = {
        "admin": issue(role="admin", operation="*"),
        "ops_head": issue(role="ops_head", operation=OPERATION),
        "command_post": issue(role="command_post", operation=OPERATION, post="maulafa"),
    }
    listener, stop = listening_socket("127.0.0.1", 0), asyncio.Event()
    async with AsyncExitStack() as stack:
        for core in CORES:
            await stack.enter_async_context(Worker(log, core, 0))
        serving = asyncio.create_task(serve(edge, stop=stop, listener=listener))
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            await _until_ready(url)
            yield Served(url, tokens["admin" if service is SCHEDULER else "ops_head"], tokens)
        finally:
            stop.set()
            await serving


def _golden(core: AnyCore) -> Iterator[bytes]:
    """What the examples of requests say to this core."""
    context = core.requests_topic.split(".")[1]
    for path in golden("requests"):
        value = as_stored(path)
        if f'"type":"pamwal.{context}.'.encode() in value.replace(b": ", b":"):
            yield value


async def _until_ready(url: str) -> None:
    """Asks over the socket, which listens a moment after the edge has begun."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(DEADLINE_S):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.01)


class Asking:
    """Asks one service what its document describes, an endpoint after the other, until the time is up."""

    def __init__(self, served: Served, document: dict[str, Any]) -> None:
        self._served = served
        config = SchemathesisConfig()
        config.projects.default.generation.modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        schema = schemathesis.openapi.from_dict(document, config=config)
        self._endpoints = [each.ok() for each in schema.get_all_operations()]
        self.statuses: Counter[int] = Counter()
        self.failed: list[str] = []
        self.asked: Counter[str] = Counter()
        self.undescribed: dict[str, str] = {}

    def __call__(self) -> None:
        """Runs in a thread of its own: requests are not asynchronous."""
        began_s = time.monotonic()
        with requests.Session() as session:
            session.headers["authorization"] = f"Bearer {self._served.token}"
            for number in range(ROUNDS_MAX):
                for endpoint in self._endpoints:
                    if number and time.monotonic() - began_s > BUDGET_S:
                        return
                    self._ask(session, endpoint, number)

    def _ask(self, session: requests.Session, endpoint: Any, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=2, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=endpoint.as_strategy(), known=st.sampled_from([True, True, True, False]))
        def one(case: Any, known: bool) -> None:
            if known and "operation_id" in (case.path_parameters or {}):
                case.path_parameters["operation_id"] = OPERATION
            self._note(endpoint.label, session, case)

        one()

    def _note(self, label: str, session: requests.Session, case: Any) -> None:
        given_ = case.as_transport_kwargs(base_url=self._served.url)
        given_["headers"] = {**given_.get("headers", {}), **session.headers}
        with session.request(**given_, timeout=DEADLINE_S, stream=True) as answer:
            self.asked[label] += 1
            self.statuses[answer.status_code] += 1
            self._compare(label, answer, case)
            if answer.status_code >= 500:
                self.failed.append(
                    f"{answer.status_code} {label}: {answer.content[:300]!r} to {given_!r:.600}"
                )

    def _compare(self, label: str, answer: requests.Response, case: Any) -> None:
        """Holds an answer against what its document says there can be; a stream has no end to wait for."""
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return
        try:
            case.validate_response(answer, checks=CONFORMING)
        except FailureGroup as group:
            told = "; ".join(f"{each.title}: {each.message[:300]}" for each in group.exceptions)
            self.undescribed[f"{answer.status_code} {label}"] = told


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_every_route_that_takes_a_body_warns_of_an_unknown_field(
    service: Service, tmp_path: Path
) -> None:
    async with (
        a_service(service, tmp_path) as served,
        httpx.AsyncClient(base_url=served.url, timeout=DEADLINE_S) as http,
    ):
        document = (await http.get("/openapi.json")).json()
        silent = [
            f"{path}: {answer.status_code} {answer.text[:200]}"
            for path, methods in document["paths"].items()
            for method, route in methods.items()
            if "application/json" in route.get("requestBody", {}).get("content", {})
            and "unheard_of"
            not in (answer := await _with_unknown_field(http, served, method, path, route)).text
            + answer.headers.get("pamwal-unknown-fields", "")
        ]
    assert silent == []


async def _with_unknown_field(
    http: httpx.AsyncClient, served: Served, method: str, path: str, route: dict[str, Any]
) -> httpx.Response:
    """The answer to a route's example with a field that its type does not have."""
    example = route["requestBody"]["content"]["application/json"]["example"]
    one = example[0] if isinstance(example, list) else example
    said = {**one, "id": "0192505b-0102-7c3e-9a41-5b6f2d8e0999", "unheard_of": 1}
    roles = [role for required in route["security"] for named in required.values() for role in named]
    token = next((served.tokens[each] for each in served.tokens if each in roles), served.tokens["ops_head"])
    return await http.request(
        method,
        path.format(operation_id=OPERATION, officer_id="KPG-0001"),
        json=[said] if isinstance(example, list) else said,
        headers={"authorization": f"Bearer {token}"},
    )


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_no_endpoint_fails_whatever_it_is_asked(service: Service, tmp_path: Path) -> None:
    async with a_service(service, tmp_path) as served:
        async with httpx.AsyncClient() as http:
            document = (await http.get(f"{served.url}/openapi.json")).json()
        asking = Asking(served, document)
        await asyncio.to_thread(asking)
        async with httpx.AsyncClient() as http:
            ready = await http.get(f"{served.url}/readyz")
    described = sum(
        len(set(methods) & {"get", "post", "put", "delete"}) for methods in document["paths"].values()
    )
    assert not asking.failed, "\n".join(asking.failed)
    assert len(asking.asked) == described
    undescribed = "\n".join(f"{at}: {told}" for at, told in asking.undescribed.items())
    assert undescribed == ""
    assert {200, 404, 422} <= asking.statuses.keys(), (
        "something was found, something not, something was wrong"
    )
    assert ready.status_code == 200
