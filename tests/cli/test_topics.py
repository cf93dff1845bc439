"""`pamwal topics acl` as an operator reads it."""

from __future__ import annotations

from typer.testing import CliRunner

from pamwal.cli.main import app
from pamwal.contracts.access_rules import access_rules


def test_rules_are_listed_without_a_broker() -> None:
    answer = CliRunner().invoke(app, ["topics", "acl"], env={"PAMWAL_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [str(rule) for rule in access_rules()]
    assert "pamwal-checkin-edge: WRITE on TOPIC pamwal.field.requests.v1" in answer.stdout


def test_nothing_is_removed_without_applying() -> None:
    answer = CliRunner().invoke(app, ["topics", "acl", "--remove"])
    assert answer.exit_code == 1
    assert "give it together with --apply" in answer.stderr
