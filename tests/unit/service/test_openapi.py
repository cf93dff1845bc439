"""The OpenAPI documents of the three services are valid, and say of each route which type it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from pamwal.contracts.routes import ROUTES, checked_at
from pamwal.edge.app import Authority, Clock, EdgeSettings, build_edge
from pamwal.service import Process, Service
from pamwal.wire.memory import MemoryLog
from services.checkin.app import CHECKIN
from services.reporting.app import REPORTING
from services.scheduler.app import SCHEDULER

SERVICES: Final = (SCHEDULER, CHECKIN, REPORTING)
Document = dict[str, Any]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    folder = tmp_path_factory.mktemp("openapi")
    return {service.name: document_of(service, folder) for service in SERVICES}


def document_of(service: Service, folder: Path) -> Document:
    log, clock, settings = MemoryLog(), Clock(), EdgeSettings(state=folder)
    spec = service.edge(Process(log, clock, settings, "none"))
    edge = build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings)
    found: Document = edge.api.openapi()
    return found


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_the_document_is_valid(documents: dict[str, Document], name: str) -> None:
    errors = OpenAPIV31SpecValidator(documents[name]).iter_errors()
    assert [f"{error.message} at {list(error.path)}" for error in errors] == []


def test_a_route_takes_one_type(documents: dict[str, Document]) -> None:
    for name, route in ROUTES.items():
        document = documents[route.service]
        root = f"/{route.service}/v1/operations/{{operation_id}}"
        checks = (route.path, checked_at(route.path)) if route.service == "scheduler" else (route.path,)
        for path in checks:
            posted = body_of(document, root + path)
            assert posted["properties"]["type"]["const"] == name
            assert "type" not in posted["required"], "the route says it"
        rows = document["paths"][f"{root}/batch"]["post"]["requestBody"]["content"]["application/x-ndjson"]
        assert all(row["required"] == ["type"] for row in rows["schema"]["oneOf"]), "no route says it"


def body_of(document: Document, path: str) -> Document:
    """The schema of the body of a POST."""
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    found: Document = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
