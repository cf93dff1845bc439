"""`pamwal token` prints what the edges trust, and refuses what they would turn away."""

from __future__ import annotations

from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from pamwal.cli.token import seconds
from pamwal.contracts.claims import Role
from pamwal.contracts.errors import SettingsError
from pamwal.edge.auth import Authority
from pamwal.edge.clock import Clock
from pamwal.edge.settings import EdgeSettings


async def test_a_printed_token_is_what_an_edge_on_the_same_state_folder_trusts(
    pamwal, tmp_path: Path
) -> None:
    said = pamwal(
        "token", "--role", "command_post", "--operation", "op-1", "--post", "oebobo", "--mode", "exercise"
    )
    assert said.exit_code == 0
    authority = Authority.from_settings(EdgeSettings(state=tmp_path / "state"), Clock())
    headers = {b"authorization": f"Bearer {said.stdout.strip()}".encode()}
    caller = await authority.caller(headers, "POST")
    assert (caller.claims.role, caller.claims.operation, caller.claims.post) == (
        "command_post",
        "op-1",
        "oebobo",
    )
    assert (caller.claims.mode, caller.actor) == ("exercise", "oebobo")


def test_words_stand_for_terms_and_the_environment_for_the_operation(
    pamwal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_OPERATION", "op-7")
    said = pamwal("token", "--role", "kabagops", "--mode", "latihan")
    claims = jwt.decode(said.stdout.strip(), options={"verify_signature": False})
    assert (claims["role"], claims["mode"], claims["operation"]) == ("ops_head", "exercise", "op-7")


def test_a_link_carries_a_ticket_for_the_board_and_no_token(pamwal) -> None:
    said = pamwal("token", "--role", "viewer", "--operation", "op-1", "--link")
    link = urlsplit(said.stdout.strip())
    ticket = parse_qs(link.query)["ticket"][0]
    claims = jwt.decode(ticket, options={"verify_signature": False})
    assert (link.scheme, link.port, claims["aud"], claims["role"]) == (
        "http",
        8103,
        "pamwal-ticket",
        "viewer",
    )
    assert len(claims["jti"]) >= 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--role", "chief", "--operation", "op-1"], "none of viewer"),
        (["--role", "command_post", "--operation", "op-1"], "add --post"),
        (["--role", "officer", "--operation", "op-1", "--officer", "a"], "add --post"),
        (["--role", "officer", "--operation", "op-1", "--post", "a"], "add --officer"),
        (["--role", "viewer", "--operation", "*"], "only an admin"),
        (["--role", "admin", "--operation", ""], "--operation '' is no id; write 1 to 64 letters"),
        (["--role", "admin", "--operation", "a b"], "--operation 'a b' is no id; write 1 to 64 letters"),
        (["--role", "command_post", "--operation", "a", "--post", "p q"], "--post 'p q' is no id; write"),
        (["--role", "officer", "--operation", "a", "--officer", ""], "--officer '' is no id; write"),
        (
            ["--role", "officer", "--operation", "a", "--officer", "k" * 33],
            "national key of an officer: 1 to 32",
        ),
        (["--role", "viewer", "--operation", "op-1", "--mode", "war"], "none of real, exercise"),
        (["--role", "viewer", "--operation", "op-1", "--lifetime", "soon"], "no time such as"),
    ],
)
def test_what_an_edge_would_turn_away_is_not_printed(pamwal, arguments: list[str], sentence: str) -> None:
    said = pamwal("token", *arguments)
    assert said.exit_code == 1
    assert sentence in said.stderr
    assert not said.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["watch", "*"],
        ["watch", "--operation", "*"],
        ["watch", "a/b"],
        ["plan", "gaps", "--operation", "a b"],
        ["propose", "--operation", "", "--day", "2024-10-03"],
        ["practice", "--operation", "op-1", "--day", "2024-10-03", "--as", "latihan 1"],
        ["sheet", "annex", "--operation", "*", "--sprin", "x"],
    ],
)
def test_no_command_asks_for_an_operation_that_cannot_be(pamwal, command: list[str]) -> None:
    said = pamwal(*command)
    assert said.exit_code == 1
    assert " is no id; write 1 to 64 letters, digits, dot" in said.stderr


def test_a_lifetime_has_a_unit() -> None:
    assert [seconds(text) for text in ("90s", "30m", "12h", "7d")] == [90, 1800, 43_200, 604_800]
    for text in ("", "12", "0s", "1y", "400d", "-5m"):
        with pytest.raises(SettingsError, match="no time"):
            seconds(text)


def test_its_help_names_every_role(pamwal) -> None:
    told = pamwal("token", "--help").stdout
    assert [role for role in get_args(Role) if role not in told] == []
