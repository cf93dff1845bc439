"""Access rules on a real broker: what each user may do there, and what is refused to everybody else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiokafka import errors as theirs
from aiokafka.conn import create_conn
from aiokafka.protocol.fetch import FetchRequest
from kafka import KafkaProducer
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import AuthorizationError, KafkaError
from msgspec.structs import replace

from pamwal.contracts.access_rules import access_rules
from pamwal.contracts.errors import LogError, LogRefused
from pamwal.contracts.kafka_users import ADMIN, OPERATOR, READER, SNAPSHOTS, USERS, decider_user, edge_user
from pamwal.contracts.topics import (
    FIELD_REQUESTS,
    PERSONAL,
    SCHEDULING_DECISIONS,
    SCHEDULING_REQUESTS,
    SITUATIONS,
)
from pamwal.local.kafka import LocalKafka
from pamwal.wire.access_admin import apply_access, check_access, text_of
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_security import KafkaSecurity
from pamwal.wire.log import Outgoing
from pamwal.wire.topics_admin import apply_topics, check_topics
from tests.secured_kafka import SecuredKafka

pytestmark = pytest.mark.kafka

SECRET = "Yohanes"
NOT_LISTED = "is not in the table of topics; 'pamwal topics acl --apply --remove' removes it"


@pytest.fixture(scope="module")
def guarded(secured: SecuredKafka) -> SecuredKafka:
    """The secured broker with every topic and rule, as whoever sets a cluster up leaves it."""
    admin = secured.security(ADMIN)
    apply_topics(secured.scram_servers, 4, exercise=True, security=admin)
    apply_access(secured.scram_servers, admin, remove=True)
    return secured


@pytest.fixture(scope="module")
def stranger(guarded: SecuredKafka) -> KafkaSecurity:
    """A user that the broker knows and no rule names."""
    credential = UserScramCredentialUpsertion(
        "stranger", ScramMechanism.SCRAM_SHA_512, "of no use", iterations=4096
    )
    with kafka_admin(guarded.scram_servers, guarded.security(ADMIN)) as admin:
        assert admin.alter_user_scram_credentials([credential]) == {"stranger": None}
    return replace(guarded.security(READER), user="stranger", password="of no use")


def a_rule(user: str, operation: ACLOperation, name: str, *, prefixed: bool = False) -> ACL:
    """A rule about topics."""
    kind = ACLResourcePatternType.PREFIXED if prefixed else ACLResourcePatternType.LITERAL
    pattern = ResourcePattern(ResourceType.TOPIC, name, kind)
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)


def write(
    secured: SecuredKafka, security: KafkaSecurity, topic: str, transactional_id: str | None = None
) -> None:
    """Writes a record as somebody would who does not use our client."""
    producer = KafkaProducer(
        bootstrap_servers=secured.scram_servers, transactional_id=transactional_id, **security.options()
    )
    try:
        if transactional_id is not None:
            producer.init_transactions()
            producer.begin_transaction()
        producer.send(topic, b"forged", partition=0).get(30)
        if transactional_id is not None:
            producer.commit_transaction()
    finally:
        producer.close(timeout=0)


async def read(secured: SecuredKafka, security: KafkaSecurity, topic: str) -> bytes:
    """The first partition's records, from a broker that is not asked for metadata before."""
    host, port = secured.scram_servers.split(":")
    connection = await create_conn(host, int(port), **security.options())
    try:
        answer = await connection.send(FetchRequest(100, 1, 1_000_000, 0, [(topic, [(0, 0, 1_000_000)])]))
        partition = answer.topics[0][1][0]
        error = theirs.for_code(partition[1])
        if error is not theirs.NoError:
            raise error
        return bytes(partition[-1])
    finally:
        await asyncio.wait([connection.close()], timeout=5)


def operations_of(secured: SecuredKafka, security: KafkaSecurity) -> dict[str, set[str]]:
    """What the broker says a user may do, by topic."""
    with kafka_admin(secured.scram_servers, security) as admin:
        return {
            topic["name"]: set(topic["authorized_operations"])
            for topic in admin.describe_topics()
            if topic["name"].startswith("pamwal.")
        }


def until_found(admin: Any, wanted: list[str]) -> None:
    """Waits for what is found to be so: a broker hears of rules a moment after the controller took them."""
    deadline = time.monotonic() + 20
    while (found := check_access(admin)) != wanted:
        assert time.monotonic() < deadline, found


@pytest.mark.parametrize("user", USERS)
def test_a_user_may_do_what_the_table_says_and_no_more(guarded: SecuredKafka, user: str) -> None:
    wanted: dict[str, set[str]] = {}
    for rule in access_rules():
        if rule.user == user and rule.resource == "TOPIC":
            wanted.setdefault(rule.name, {"DESCRIBE"}).add(rule.operation)
    assert operations_of(guarded, guarded.security(user)) == wanted


@pytest.mark.parametrize(
    "user", [edge_user("checkin"), decider_user("checkin"), edge_user("scheduler"), OPERATOR]
)
@pytest.mark.parametrize("transactional_id", [None, "checkin-0", "scheduler-0"])
def test_only_the_scheduler_s_decider_writes_its_decisions(
    guarded: SecuredKafka, user: str, transactional_id: str | None
) -> None:
    with pytest.raises(AuthorizationError):
        write(guarded, guarded.security(user), SCHEDULING_DECISIONS.name, transactional_id)


async def test_only_edges_read_what_is_personal(guarded: SecuredKafka, stranger: KafkaSecurity) -> None:
    edge = guarded.security(edge_user("scheduler"))
    log = KafkaLog(guarded.scram_servers, edge)
    await (await log.producer()).send(PERSONAL.name, Outgoing(b"a", SECRET.encode()), partition=0)
    await log.close()

    for service in ("scheduler", "checkin", "reporting"):
        found = await read(guarded, guarded.security(edge_user(service)), PERSONAL.name)
        assert SECRET.encode() in found
    others = [guarded.security(user) for user in (READER, SNAPSHOTS, OPERATOR, decider_user("checkin"))]
    for security in (*others, stranger):
        with pytest.raises(theirs.TopicAuthorizationFailedError):
            await read(guarded, security, PERSONAL.name)


async def test_a_user_without_rules_sees_reads_and_writes_nothing(
    guarded: SecuredKafka, stranger: KafkaSecurity
) -> None:
    assert await asyncio.to_thread(operations_of, guarded, stranger) == {}
    for topic in (SCHEDULING_REQUESTS.name, SITUATIONS.name):
        with pytest.raises(theirs.TopicAuthorizationFailedError):
            await read(guarded, stranger, topic)
        with pytest.raises(KafkaError, match="AuthorizationFailed"):
            await asyncio.to_thread(write, guarded, stranger, topic)
    log = KafkaLog(guarded.scram_servers, stranger)
    with pytest.raises(LogError, match=r"or the user stranger may not see it; run 'pamwal topics apply' and"):
        await log.partition_count(PERSONAL.name)
    await log.close()


async def test_our_client_says_what_is_refused_and_what_to_do(guarded: SecuredKafka) -> None:
    log = KafkaLog(guarded.scram_servers, guarded.security(edge_user("checkin")))
    try:
        producer = await log.producer()
        with pytest.raises(LogRefused, match=r"access rules do not allow it .*'pamwal topics acl' lists"):
            await producer.send(SCHEDULING_DECISIONS.name, Outgoing(b"a", b"forged"), partition=0)
        with pytest.raises(LogRefused, match=r"fencing scheduler-0: .* access rules do not allow it"):
            await log.fence("scheduler-0")
    finally:
        await log.close()
    with pytest.raises(LogRefused, match=r"not allow this to the user pamwal-reader .*PAMWAL_KAFKA_USER"):
        await asyncio.to_thread(apply_access, guarded.scram_servers, guarded.security(READER))


def test_rules_are_added_once_and_removed_only_when_asked(guarded: SecuredKafka) -> None:
    servers, admin, operator = guarded.scram_servers, guarded.security(ADMIN), guarded.security(OPERATOR)
    assert apply_access(servers, admin) == []
    assert check_topics(servers, operator) == []

    (gone,) = (rule for rule in access_rules() if (rule.user, rule.name) == (SNAPSHOTS, FIELD_REQUESTS.name))
    surplus = a_rule(READER, ACLOperation.READ, PERSONAL.name)
    with kafka_admin(servers, admin) as client:
        assert client.create_acls([surplus])["failed"] == []
        assert client.delete_acls([a_rule(SNAPSHOTS, ACLOperation.READ, FIELD_REQUESTS.name)])[0][1]
        said = f"pamwal-reader: READ on TOPIC {PERSONAL.name}"
        missing = f"{gone} is missing: run 'pamwal topics acl --apply'"
        until_found(client, [missing, f"{said} {NOT_LISTED}"])
    assert check_topics(servers, operator) == [missing, f"{said} {NOT_LISTED}"]
    assert apply_access(servers, admin) == [f"added {gone}", f"{said} {NOT_LISTED}"]
    assert apply_access(servers, admin, remove=True) == [f"removed {said}"]
    assert apply_access(servers, admin, remove=True) == []


@pytest.mark.parametrize(
    ("rule", "lets_in"),
    [
        (a_rule("*", ACLOperation.WRITE, "pamwal.", prefixed=True), True),
        (a_rule("backup", ACLOperation.READ, "*"), True),
        (a_rule("backup", ACLOperation.DELETE, SITUATIONS.name), True),
        (a_rule("auditor", ACLOperation.READ, SITUATIONS.name), False),
        (a_rule("mailer", ACLOperation.ALL, "mail"), False),
    ],
    ids=str,
)
def test_rules_that_let_others_in_are_told_of_and_left(
    guarded: SecuredKafka, rule: ACL, lets_in: bool
) -> None:
    admin = guarded.security(ADMIN)
    told = f"{text_of(rule)} lets another user in: remove the rule with Kafka's own tools, or accept it"
    with kafka_admin(guarded.scram_servers, admin) as client:
        assert client.create_acls([rule])["failed"] == []
        try:
            until_there(client, rule)
            assert apply_access(guarded.scram_servers, admin, remove=True) == ([told] if lets_in else [])
            until_there(client, rule)
        finally:
            client.delete_acls([rule])
            until_found(client, [])


def until_there(admin: Any, rule: ACL) -> None:
    """Waits until the broker has a rule."""
    deadline = time.monotonic() + 20
    while rule not in admin.describe_acls(rule)[0]:
        assert time.monotonic() < deadline, text_of(rule)


def test_a_broker_without_an_authorizer_is_named(kafka: LocalKafka) -> None:
    with pytest.raises(LogRefused, match=r"has no authorizer, so every client may do everything: set auth"):
        apply_access(kafka.bootstrap_servers)
