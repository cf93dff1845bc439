"""`pamwal up`: what to set where ports are taken, and what it says ends with it."""

from __future__ import annotations

from pathlib import Path

from pamwal.cli._settings import address_of
from pamwal.cli.up import elsewhere, what_ends
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.ports import DEFAULT


def test_services_at_their_own_ports_need_no_setting() -> None:
    assert elsewhere({name: address_of(name) for name in DEFAULT}) == ""


def test_a_service_that_had_to_move_is_named_by_the_setting_that_finds_it(monkeypatch) -> None:
    moved = {"scheduler": "http://127.0.0.1:35055", "checkin": "http://127.0.0.1:8102"}
    told = elsewhere(moved)
    assert told == "PAMWAL_SCHEDULER_URL=http://127.0.0.1:35055"
    monkeypatch.setenv(*told.split("=", 1))
    assert address_of("scheduler") == moved["scheduler"]


def test_a_broker_that_runs_already_is_said_to_go_on_running(
    kafka: LocalKafka, tmp_path: Path, monkeypatch
) -> None:
    assert kafka.started_here
    assert what_ends(kafka) == "the services and Kafka"
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    with running_kafka(tmp_path) as given:
        assert what_ends(given) == f"the services; the Kafka at {kafka.bootstrap_servers} goes on running"
