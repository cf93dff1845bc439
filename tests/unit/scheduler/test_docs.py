"""What a first reader finds at `/docs`: his way around, each body with an example, each word explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.contracts.drafts import ProposalAsk
from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from tests.edge.explained import unexplained
from tests.unit.edges import an_edge
from tests.unit.scheduler.conftest import Desk

ROOT = "/scheduler/v1/operations/{operation_id}"


@pytest.fixture
async def described(planned_desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = (await planned_desk.get("/openapi.json")).json()
    return found


@pytest.fixture
async def page(planned_desk: Desk) -> str:
    answer: httpx.Response = await planned_desk.get("/docs")
    return answer.text


def test_every_parameter_says_what_it_means_with_an_example(described: dict[str, Any]) -> None:
    assert unexplained(described) == []


def test_every_body_is_described_with_an_example_and_so_are_the_answers(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        route = methods.get("post", {})
        if {"requests", "checks", "proposals"} & set(route.get("tags", ())):
            assert "example" in route["requestBody"]["content"]["application/json"], path
        if "requests" in route.get("tags", ()) and not path.endswith("/batch"):
            assert (
                route["responses"]["201"]["content"]["application/json"]["example"]["outcome"] == "accepted"
            )
            pending = route["responses"]["202"]["content"]["application/json"]["example"]
            assert pending["outcome"] == "pending"
            refused = route["responses"]["409"]["content"]["application/problem+json"]["example"]
            assert refused["reason"]["possible"]


async def test_a_second_edge_of_a_process_describes_itself_as_the_first(
    described: dict[str, Any], tmp_path: Path
) -> None:
    for other in ("two", "three"):
        async with an_edge(tmp_path / other, edge_spec, SchedulerCore()) as running:
            assert (await running.client.get("/openapi.json")).json() == described


def test_a_check_takes_the_body_of_its_request(described: dict[str, Any]) -> None:
    paths = described["paths"]
    asked, checked = (paths[ROOT + path]["post"] for path in ("/rallies:move", "/rallies:check-move"))
    assert checked["requestBody"] == asked["requestBody"]
    assert checked["summary"].startswith("What would be answered to: Move a rally")


def test_the_example_of_a_proposal_can_be_asked(described: dict[str, Any]) -> None:
    content = described["paths"][f"{ROOT}/proposals"]["post"]["requestBody"]["content"]["application/json"]
    assert msgspec.convert(content["example"], ProposalAsk).day == "2024-10-03"
    assert content["schema"]["properties"]["units"]


def test_every_link_of_the_page_leads_somewhere(page: str) -> None:
    links, anchors = set(re.findall(r'href="#([^"]+)"', page)), re.findall(r'id="([^"]+)"', page)
    assert len(links) > 80
    assert links <= set(anchors)
    assert len(anchors) == len(set(anchors))


def test_the_page_says_what_a_body_is_made_of(page: str) -> None:
    policy = page[page.index('id="type-Policy"') :]
    assert (
        "<dt><code>minimum_rest_h</code></dt><dd>number; 8 if left out; at least 0; at most 48</dd>" in policy
    )
    assert (
        "<dt><code>acknowledgement</code></dt><dd>one of each, none, padal; padal if left out</dd>" in policy
    )
    orders = page[page.index('id="type-OrderDeployments"') :]
    assert "list of Order; required; at most" in orders
    assert '<a href="#type-Order">Order</a>' in orders
