"""The whole product on a broker with TLS, SCRAM and access rules, each process as its own user."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from pamwal.contracts.kafka_users import ADMIN, READER, SERVICES, decider_user, transactional_id_of
from pamwal.stack.process import ServicePlan, ServiceProcess
from pamwal.wire.access_admin import apply_access
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.topics_admin import apply_topics
from tests.integration.test_demo import Demo
from tests.secured_kafka import SecuredKafka, secured_kafka

pytestmark = pytest.mark.kafka

READY_WITHIN_S = 60


@pytest.fixture(scope="module")
def own_secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker of this module's own, with every topic and rule: the audit reads its whole log."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as found:
        apply_topics(found.scram_servers, exercise=True, security=found.security(ADMIN))
        apply_access(found.scram_servers, found.security(ADMIN))
        yield found


@pytest.fixture
def environment(own_secured: SecuredKafka, state: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of every process, also of those that a test starts by a command."""
    found = own_secured.environment(PAMWAL_STATE=str(state))
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A program of the product, to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def denied_to_ours(secured: SecuredKafka) -> list[str]:
    """What the broker has refused to users of Pamwal, as its own log has it."""
    assert secured.broker.log_file is not None
    lines = secured.broker.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if "User:pamwal-" in line and "is Denied" in line]


@pytest.mark.usefixtures("environment")
def test_the_demo_holds_and_no_rule_is_missing(own_secured: SecuredKafka, state: Path) -> None:
    demo = Demo(state, own_secured.scram_servers, "--exit")
    try:
        demo.holds()
    finally:
        demo.close()
    assert "warning" not in demo.text, "nobody else decides here"

    for service in SERVICES:
        made = run(f"services.{service}", "--role", "snapshots", PAMWAL_SNAPSHOT_BEHIND="1")
        assert made.returncode == 0, made.stderr
        assert re.search(r"[1-9]\d* snapshots made", made.stdout + made.stderr), made.stdout
    audited = run("pamwal.cli.main", "audit", PAMWAL_KAFKA_USER=READER)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert denied_to_ours(own_secured) == []


async def test_a_decider_without_its_rules_waits_for_them(
    own_secured: SecuredKafka, environment: dict[str, str], tmp_path: Path
) -> None:
    user, admin = decider_user("checkin"), own_secured.security(ADMIN)
    pattern = ResourcePattern(
        ResourceType.TRANSACTIONAL_ID, transactional_id_of("checkin", ""), ACLResourcePatternType.PREFIXED
    )
    rule = ACL(f"User:{user}", "*", ACLOperation.WRITE, ACLPermissionType.ALLOW, pattern)
    with kafka_admin(own_secured.scram_servers, admin) as client:
        assert client.delete_acls([rule])[0][1] == [rule]
    plan = ServicePlan(name="checkin", service="checkin", role="all")
    process = ServiceProcess(plan, environment, tmp_path / "checkin.log")
    process.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            await process.until_ready(http, READY_WITHIN_S, "/healthz")
            await until_said(http, process.plan, "the broker's access rules do not allow it")
            added = await asyncio.to_thread(apply_access, own_secured.scram_servers, admin)
            assert added == [f"added {user}: WRITE on TRANSACTIONAL_ID checkin-*"]
            await process.until_ready(http, READY_WITHIN_S)
    finally:
        process.abandon()


async def until_said(http: httpx.AsyncClient, plan: ServicePlan, words: str) -> None:
    """Waits until `/readyz` is red with these words."""
    async with asyncio.timeout(READY_WITHIN_S):
        while words not in (answer := await http.get(f"{plan.operators_address}/readyz")).text:
            await asyncio.sleep(0.05)
    assert answer.status_code == 503
