"""GET routes: who may read, your own writes, the vector; health, metrics, docs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import APIRouter
from jsonschema import Draft202012Validator

from pamwal.contracts.claims import ROLES
from pamwal.contracts.codec import REQUEST_TYPES, SCHEDULING_REQUEST_TYPES
from pamwal.contracts.errors import SettingsError
from pamwal.edge.app import (
    Authority,
    Board,
    Clock,
    EdgeSettings,
    EdgeSpec,
    Reader,
    RequestRoute,
    StreamRoute,
    build_edge,
)
from pamwal.edge.decode import contract_of
from pamwal.edge.docs import examples
from pamwal.edge.metrics import METRICS
from pamwal.wire.memory import MemoryLog
from tests.contracts.golden import as_stored, golden
from tests.edge.guard_core import GuardCore
from tests.edge.house import CHECK_IN, DEADLINE_S, REPORT, ROUTES, House, a_house, a_read, check_in, until

SEEN = "/guard/v1/operations/op/seen"


async def test_a_read_answers_with_its_vector_and_request_id(house: House) -> None:
    await house.post(check_in("a"))
    answer = await house.get(SEEN, x_request_id="mine")
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "mine"
    topic, partition, offset = answer.headers["pamwal-vector"].rsplit("-", 2)
    assert (topic, partition) == ("pamwal.field.decisions.v1", "0")
    assert int(offset) >= 1


async def test_a_read_of_another_operation_is_403_and_of_no_one_401(house: House) -> None:
    assert (await house.client.get(SEEN, headers=house.bearer(operation="other"))).status_code == 403
    assert (await house.client.get(SEEN)).status_code == 401


async def test_a_role_that_may_not_is_403(house: House) -> None:
    answer = await house.client.get(SEEN, headers=house.bearer(role="officer"))
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_a_parameter_that_does_not_fit_is_a_problem(house: House) -> None:
    answer = await house.get(f"{SEEN}?limit=many")
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["path"] == "query.limit"
    assert answer.json()["detail"] == "limit: 'many' is no whole number"


async def test_you_read_your_own_writes(house: House) -> None:
    kept = await house.post(check_in("a"), prefer="respond-async")
    answer = await house.get(SEEN, pamwal_at=kept.headers["pamwal-at"])
    assert answer.status_code == 200
    assert await house.outcomes() == ["accepted"], "it waited until that was decided"


async def test_a_write_that_is_not_decided_in_time_is_503(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, read_wait_ms=20) as house:
        kept = await house.post(check_in("a"), prefer="respond-async")
        answer = await house.get(SEEN, pamwal_at=kept.headers["pamwal-at"])
        assert (answer.status_code, answer.json()["code"]) == (503, "not_folded")
        assert answer.headers["retry-after"] == "1"


async def test_an_edge_that_came_later_knows_what_was_decided_before(house: House, tmp_path: Path) -> None:
    at = (await house.post(check_in("a"))).headers["pamwal-at"]
    async with a_house(tmp_path, log=house.log, decides=False) as later:
        assert (await later.get(SEEN, pamwal_at=at)).status_code == 200


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("nonsense", 400),
        (f"{GuardCore.requests_topic}-1-0", 400),
        ("pamwal.scheduling.requests.v1-0-5", 200),
    ],
)
async def test_a_place_that_is_none_is_400_and_one_of_another_service_does_not_hold_up(
    house: House, at: str, status: int
) -> None:
    assert (await house.get(SEEN, pamwal_at=at)).status_code == status


@pytest.mark.parametrize(
    ("query", "status"), [("", 200), ("?limit=3", 200), ("?limt=3", 422), ("?limit=3&at=now&at=then", 422)]
)
async def test_a_parameter_that_a_read_does_not_have_is_named(house: House, query: str, status: int) -> None:
    answer = await house.get(SEEN + query)
    assert answer.status_code == status
    if status == 422:
        name = "limt" if "limt" in query else "at"
        assert answer.json()["detail"] == f"this address has no parameter {name!r}; there is limit"
    assert (await house.client.get(SEEN + query)).status_code == 401


async def test_alive_and_ready(house: House) -> None:
    assert (await house.client.get("/healthz")).json() == {"status": "alive"}
    answer = await house.client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {
        "log",
        "clock",
        "running",
        "producer",
        "decisions",
        "tail",
        "personal",
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_may_ask_with_head(house: House, path: str) -> None:
    assert (await house.client.head(path)).status_code == 200
    house.edge.ending()
    assert (await house.client.head(path)).status_code == (503 if path == "/readyz" else 200)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", SEEN, "GET, PUT"),
        ("PUT", "/readyz", "GET, HEAD"),
        ("GET", "/guard/v1/operations/op/batch", "POST"),
        ("PATCH", "/guard/v1/operations/op/check-ins", "POST"),
    ],
)
async def test_another_method_is_told_all_that_the_address_takes(
    house: House, method: str, path: str, allowed: str
) -> None:
    @house.edge.api.put("/guard/v1/operations/{operation_id}/seen")
    async def put(operation_id: str) -> str:
        return operation_id

    answer = await house.client.request(method, path, headers=house.bearer())
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert f"this address takes {allowed}" in answer.json()["detail"]


async def test_a_stopping_process_is_not_ready(house: House) -> None:
    house.edge.ending()
    assert (await house.client.get("/readyz")).status_code == 503


async def test_a_check_of_the_service_counts(house: House) -> None:
    house.edge.health.add("decider", lambda: "partition 3 is halted: log_truncated")
    answer = await house.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["decider"]["ok"]) == (503, False)


async def test_every_metric_of_the_list_is_shown(house: House) -> None:
    await house.post(check_in("a"))
    text = (await house.operators("/metrics")).text
    assert [metric.name for metric in METRICS if f"# HELP {metric.name}" not in text] == []
    assert 'pamwal_edge_answers_total{status="201"} 1.0' in text
    assert "pamwal_edge_ack_seconds_count 1.0" in text


def described(spec: EdgeSpec, folder: Path) -> dict[str, Any]:
    settings, clock = EdgeSettings(state=folder), Clock()
    edge = build_edge(spec, MemoryLog(), clock, Authority.from_settings(settings, clock), settings)
    found: dict[str, Any] = edge.api.openapi()
    return found


def test_a_route_that_does_not_say_who_may_use_it_is_not_served(tmp_path: Path) -> None:
    router = APIRouter()

    @router.get("/guard/v1/operations/{operation_id}/open")
    async def opened(operation_id: str, caller: Reader) -> dict[str, str]:
        return {operation_id: caller.actor}

    with pytest.raises(SettingsError, match=r"GET /guard/v1/operations/\{operation_id\}/open does not say"):
        described(EdgeSpec(service="guard", reads=(router,)), tmp_path)


def test_openapi_describes_every_type_with_an_example_that_fits_it(tmp_path: Path) -> None:
    routes = tuple(
        RequestRoute(path=f"/r{n}", type=name, roles=ROLES, summary=name)
        for n, name in enumerate(REQUEST_TYPES)
    )
    assert set(SCHEDULING_REQUEST_TYPES) < {route.type for route in routes}
    spec = EdgeSpec(
        service="all",
        requests_topic="pamwal.field.requests.v1",
        decisions_topic="pamwal.field.decisions.v1",
        routes=routes,
    )
    api = described(spec, tmp_path)
    assert api["openapi"].startswith("3.1")
    for route in routes:
        post = api["paths"][f"/all/v1/operations/{{operation_id}}{route.path}"]["post"]
        body = post["requestBody"]["content"]["application/json"]
        schema = {**body["schema"], "components": api["components"]}
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(body["example"])
        assert set(post["responses"]) == {
            "201",
            "202",
            "400",
            "401",
            "403",
            "404",
            "409",
            "413",
            "415",
            "422",
            "429",
            "503",
        }


async def test_openapi_refers_only_to_what_it_has(house: House) -> None:
    api = (await house.client.get("/openapi.json")).json()
    references = _references(api)
    assert references
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= set(api["components"]["schemas"])
    assert any("CheckIn" in name for name in names)
    for path in (SEEN.replace("/op/", "/{operation_id}/"), "/guard/v1/requests/{receipt}", "/readyz"):
        assert path in api["paths"]
    batch = api["paths"]["/guard/v1/operations/{operation_id}/batch"]["post"]
    assert set(batch["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}


def test_every_read_declares_its_token_and_its_problems(tmp_path: Path) -> None:
    stream = StreamRoute(
        path="/stream", roles=ROLES, summary="Changes as they come", board_of=lambda _o, _c: Board(bytes)
    )
    spec = EdgeSpec(
        service="guard",
        requests_topic="pamwal.field.requests.v1",
        decisions_topic="pamwal.field.decisions.v1",
        routes=ROUTES,
        reads=(a_read(),),
        streams=(stream,),
    )
    api = described(spec, tmp_path)
    assert "ValidationError" not in msgspec.json.encode(api).decode()
    for path, methods in api["paths"].items():
        for route in methods.values():
            own = path.startswith("/guard/v1/")
            assert bool(route["security"]) == own, path
            problems = {status: set(told["content"]) for status, told in route["responses"].items()}
            if own:
                assert {"401", "403", "429", "503"} <= set(problems)
                assert {each for status, kinds in problems.items() if status >= "400" for each in kinds} == {
                    "application/problem+json"
                }
    seen = api["paths"]["/guard/v1/operations/{operation_id}/seen"]["get"]["responses"]
    assert set(seen) == {"200", "400", "401", "403", "404", "422", "429", "503"}
    assert "/metrics" not in api["paths"]
    followed = api["paths"]["/guard/v1/operations/{operation_id}/stream"]["get"]
    assert {each["name"] for each in followed["parameters"]} >= {"operation_id", "tick_ms"}


def test_no_route_is_described_by_what_is_behind_it(tmp_path: Path) -> None:
    spec = EdgeSpec(
        service="guard", requests_topic="pamwal.field.requests.v1",
        decisions_topic="pamwal.field.decisions.v1", routes=ROUTES,
    )  # fmt: skip
    paths = described(spec, tmp_path)["paths"]
    assert "FastAPI" not in msgspec.json.encode(paths).decode()
    told = paths["/guard/v1/operations/{operation_id}/check-ins"]["post"]["description"]
    assert told.startswith("An officer is at a place")


def test_the_example_of_a_type_is_the_golden_that_is_named_after_it() -> None:
    shown = examples()
    assert set(shown) == set(REQUEST_TYPES)
    for name, example in shown.items():
        [golden_file] = [path for path in golden("requests") if path.stem == name]
        stored = msgspec.json.decode(as_stored(golden_file))
        assert (example["id"], example["data"].keys()) == (
            stored["id"], {field.removesuffix("_ref") for field in stored["data"]},
        )  # fmt: skip
        assert b"_ref" not in msgspec.json.encode(example), "the log's references are no sender's to give"
        contract_of(name).read(msgspec.json.encode(example))


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


async def test_the_docs_page_loads_nothing(house: House) -> None:
    page = (await house.client.get("/docs")).text
    assert "/guard/v1/operations/{operation_id}/check-ins" in page
    assert "NTT-" in page, "examples are shown"
    assert "Needs a bearer token" in page
    for told in ("<code>limit</code></dt><dd>integer", "<code>409</code></dt><dd>Refused"):
        assert told in page
    for outside in ("http://", "https://", "<script", "<link"):
        assert outside not in page


async def test_examples_are_taken_by_the_edge_itself(house: House) -> None:
    api = (await house.client.get("/openapi.json")).json()
    admin = house.bearer(role="admin", operation="*", post=None)
    for name, path in ((CHECK_IN, "/check-ins"), (REPORT, "/incidents")):
        post = api["paths"][f"/guard/v1/operations/{{operation_id}}{path}"]["post"]
        example = post["requestBody"]["content"]["application/json"]["example"]
        assert example["type"] == name
        assert (await house.post(example, path=path, **admin)).status_code == 201


async def test_start_and_stop_without_a_log_wait_for_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(DEADLINE_S):
        async with a_house(tmp_path, log=MemoryLog(partitions=1), decides=False, ready=False) as house:
            await until(lambda: "there is no topic" in (house.edge.sender.trouble or ""))
    assert msgspec.json.encode(house.edge.health.readiness())
