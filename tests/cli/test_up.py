"""`pamwal up` where ports are taken: what a person sets so that the other commands find its services."""

from __future__ import annotations

from pamwal.cli._settings import address_of
from pamwal.cli.up import elsewhere
from pamwal.stack.ports import DEFAULT


def test_services_at_their_own_ports_need_no_setting() -> None:
    assert elsewhere({name: address_of(name) for name in DEFAULT}) == ""


def test_a_service_that_had_to_move_is_named_by_the_setting_that_finds_it(monkeypatch) -> None:
    moved = {"scheduler": "http://127.0.0.1:35055", "checkin": "http://127.0.0.1:8102"}
    told = elsewhere(moved)
    assert told == "PAMWAL_SCHEDULER_URL=http://127.0.0.1:35055"
    monkeypatch.setenv(*told.split("=", 1))
    assert address_of("scheduler") == moved["scheduler"]
