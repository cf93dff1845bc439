"""What a token says of its holder: who speaks, and for which post it may say how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.client.bearer import Bearer, bearer_of
from pamwal.contracts.errors import SettingsError
from pamwal.edge.issuer import Issuer


def test_a_token_speaks_as_its_own_device_and_nobody_elses(tmp_path: Path) -> None:
    token = Issuer(tmp_path).issue(
        role="officer",
        operation="op-1",
        mode="real",
        subject="k-1",
        post="oebobo",
        officer="k-1",
        device="k-1-07",
    )
    found = bearer_of(token)
    assert found == Bearer(role="officer", post="oebobo", officer="k-1", device="k-1-07")
    assert (
        found.source(device="cli") == found.source("oebobo", device="cli") == "/posts/oebobo/devices/k-1-07"
    )
    assert found.source("maulafa", device="cli") == "/posts/maulafa/devices/cli", (
        "an edge says that it may not"
    )


def test_a_token_of_an_officer_without_a_device_speaks_below_the_officers_name() -> None:
    found = Bearer(role="officer", post="oebobo", officer="k-1")
    assert (
        found.source(device="cli") == found.source("oebobo", device="cli") == "/posts/oebobo/officers/k-1/cli"
    )
    assert found.source("maulafa", device="cli") == "/posts/maulafa/devices/cli"


@pytest.mark.parametrize("role", ["officer", "field_commander"])
def test_a_token_of_an_officers_role_that_names_no_officer_has_no_source(role: str) -> None:
    with pytest.raises(SettingsError, match=f"role {role} names no officer.*get one that names"):
        Bearer(role=role, post="oebobo").source(device="cli")


@pytest.mark.parametrize("token", ["", "t", "a.b.c", "a.e30.c", "a.W10.c", "a.é.c", "a.eyJwb3N0IjoxfQ.c"])
def test_a_token_that_says_nothing_leaves_it_to_the_options(token: str) -> None:
    assert bearer_of(token) == Bearer()
    assert bearer_of(token).source(device="cli") is None
    assert bearer_of(token).source("alak", device="q1") == "/posts/alak/devices/q1"


def test_only_a_post_and_who_may_speak_for_all_say_how_far_a_post_is() -> None:
    assert Bearer(role="command_post", post="alak").beats_for("alak")
    assert Bearer(role="ops_head").beats_for("alak")
    assert not Bearer(role="command_post", post="alak").beats_for("oebobo")
    assert not Bearer(role="officer", post="alak", device="k-1-07").beats_for("alak")
