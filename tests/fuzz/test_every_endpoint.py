"""Every endpoint of the three services, asked what its OpenAPI document allows and forbids.

All checks of schemathesis hold: never a 5xx, never a status, a media type or a shape that the document does
not have; nothing malformed is taken, and nothing that fits the document is refused as malformed.

The services run on a log in memory, served over a socket as always, with their deciders. What is generated is
the same in every run.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.errors import SerializationNotPossible
from schemathesis.core.failures import FailureGroup

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
CASES: Final = 2
"""Of each endpoint, from the beginning of its coverage: the same in every run."""
ACROSS: Final = (
    "say sprin= or day=",
    "say which place=",
    "ask for one row",
    "say place= or day=",
    "give `stated`",
    "say whose duties",
    "are asked for together",
)
"""Refusals of what OpenAPI does not say: which parameters or fields go together."""
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
    """Asks one service what its document describes, some cases of each endpoint."""

    def __init__(self, served: Served, document: dict[str, Any]) -> None:
        self._served = served
        config = SchemathesisConfig()
        ours = config.projects.default
        ours.generation.modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        # 422 is also the answer to what only the service can know: `_compare` looks at why.
        ours.checks.positive_data_acceptance.expected_statuses.append("422")
        schema = schemathesis.openapi.from_dict(document, config=config)
        self._cases = {
            each.ok().label: schema.iter_coverage_cases(
                each.ok(), generation_modes=ours.generation.modes, generation_config=ours.generation
            )
            for each in schema.get_all_operations()
        }
        self._checks = CHECKS.get_all()
        self._authorization = {"Authorization": f"Bearer {served.token}"}
        self.statuses: Counter[int] = Counter()
        self.asked: Counter[str] = Counter()
        self.found: dict[str, str] = {}

    def __call__(self) -> None:
        """Runs in a thread of its own: requests are not asynchronous."""
        with requests.Session() as session:
            for label, cases in self._cases.items():
                for case in islice(cases, CASES):
                    self._ask(label, session, case)

    def _ask(self, label: str, session: requests.Session, case: Any) -> None:
        if "operation_id" in (case.path_parameters or {}) and not case.meta.is_negative_at("path"):
            case.path_parameters["operation_id"] = OPERATION
        try:
            given = case.as_transport_kwargs(base_url=self._served.url)
        except SerializationNotPossible:
            return  # schemathesis makes no picture and no workbook
        if case.meta.generation.mode.is_positive and given.get("data") in (b"", ""):
            return  # schemathesis gives a file no least length, whatever the document says
        given["headers"] = {**given.get("headers", {}), **self._authorization}
        with session.request(**given, timeout=DEADLINE_S, stream=True) as answer:
            self.asked[label] += 1
            self.statuses[answer.status_code] += 1
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return  # it has no end to wait for
            self._compare(f"{answer.status_code} {label}", answer, case)

    def _compare(self, at: str, answer: requests.Response, case: Any) -> None:
        """Holds an answer against what its document says there can be, and against what was asked."""
        try:
            case.validate_response(answer, checks=self._checks, headers=self._authorization)
        except FailureGroup as group:
            told = "; ".join(f"{each.title}: {each.message[:300]}" for each in group.exceptions)
            self.found[at] = f"{told} {answer.content[:300]!r}"
        fits = case.meta.generation.mode.is_positive
        malformed = answer.status_code in {400, 422} and b'"code":"malformed"' in answer.content
        if fits and malformed and not any(words in answer.text for words in ACROSS):
            self.found[at] = answer.text[:600]


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
    found = "\n".join(f"{at}: {told}" for at, told in asking.found.items())
    assert found == ""
    assert len(asking.asked) == described
    assert {200, 404, 422} <= asking.statuses.keys(), (
        "something was found, something not, something was wrong"
    )
    assert ready.status_code == 200
