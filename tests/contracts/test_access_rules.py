"""Who may do what to which topic: the promises that the table of topics makes."""

from __future__ import annotations

import pytest

from pamwal.contracts.access_rules import access_rules
from pamwal.contracts.kafka_users import (
    DECIDERS,
    EDGES,
    OPERATOR,
    READER,
    SERVICES,
    SNAPSHOTS,
    USERS,
    decider_user,
    edge_user,
)
from pamwal.contracts.topics import EXERCISE_MARK, KEYS, PERSONAL, PROBES, SITUATIONS, TOPICS

RULES = access_rules()
CONTEXT = {"scheduler": "scheduling", "checkin": "field", "reporting": "reporting"}


def users(operation: str, topic: str) -> set[str]:
    return {rule.user for rule in RULES if (rule.operation, rule.name) == (operation, topic)}


@pytest.mark.parametrize("service", SERVICES)
def test_requests_are_written_by_their_edge_and_decisions_by_their_decider(service: str) -> None:
    assert users("WRITE", f"pamwal.{CONTEXT[service]}.requests.v1") == {edge_user(service)}
    assert users("WRITE", f"pamwal.{CONTEXT[service]}.decisions.v1") == {decider_user(service)}


def test_only_edges_read_or_write_what_is_personal() -> None:
    assert users("READ", PERSONAL.name) == set(EDGES)
    assert users("WRITE", PERSONAL.name) < set(EDGES)


def test_readers_and_snapshots_write_nothing_and_operators_fingerprints_of_keys() -> None:
    others = {READER, SNAPSHOTS, OPERATOR}
    written = {(rule.user, rule.name) for rule in RULES if rule.user in others and rule.operation == "WRITE"}
    assert written == {(OPERATOR, KEYS.name), (OPERATOR, PROBES.name)}, "probes, to date them"
    assert set(USERS) == {*EDGES, *DECIDERS, *others}, "each has its place in these promises"


def test_deciders_have_no_private_key_and_record_none() -> None:
    assert users("WRITE", KEYS.name) == {*EDGES, OPERATOR}
    assert users("READ", KEYS.name) >= set(DECIDERS)


def test_every_topic_is_written_and_read_by_somebody() -> None:
    for topic in TOPICS:
        assert topic.writers, topic.name
        assert topic.readers, topic.name
    assert not EXERCISE_MARK.writers


@pytest.mark.parametrize("service", SERVICES)
def test_a_decider_has_its_own_group_and_transactional_ids(service: str) -> None:
    own = {
        (rule.resource, rule.name, rule.operation, rule.prefixed)
        for rule in RULES
        if rule.user == decider_user(service) and rule.resource != "TOPIC"
    }
    assert own == {
        ("GROUP", f"{service}-deciders", "READ", False),
        ("TRANSACTIONAL_ID", f"{service}-", "WRITE", True),
    }


def test_nobody_may_change_a_topic_or_a_cluster() -> None:
    assert {rule.operation for rule in RULES} == {"READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"}
    assert {rule.user for rule in RULES if rule.resource == "CLUSTER"} == {OPERATOR}


def test_a_rule_names_user_operation_and_resource() -> None:
    shown = [str(rule) for rule in RULES]
    assert len(shown) == len(set(shown))
    assert f"pamwal-reporting-decider: WRITE on TOPIC {SITUATIONS.name}" in shown
    assert f"pamwal-reporting-decider: READ on TOPIC {PROBES.name}" in shown
    assert "pamwal-checkin-decider: WRITE on TRANSACTIONAL_ID checkin-*" in shown
