"""What tokens of a real operation and of an exercise say is folded into two pictures that never meet."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.reporting import Situation
from services.reporting.picture import Pictures
from services.reporting.views.situation import digest_of, situation_of
from tests.unit.reporting.telling import OPERATION, Teller, at, name_of


def by(mode: Mode, decision: Decision[Fact]) -> Decision[Fact]:
    """The same, said by a token of that mode."""
    request = decision.data.request
    assert request is not None
    return replace(decision, data=replace(decision.data, request=replace(request, mode=mode)))


@pytest.fixture
def told() -> list[Decision[Fact]]:
    """An exercise; two officers come to its rally, and two more by the token of a real operation."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z", "v")
    teller.plan("a", "09:00", "11:00")
    for officer_id in ("x", "y", "z", "v"):
        teller.order(officer_id, "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.come("y", "a", "08:56")
    own = [by("exercise", each) for each in teller.told]
    before = len(teller.told)
    teller.come("z", "a", "08:57", post="maulafa")
    teller.come("v", "a", "08:58", post="maulafa")
    return own + [by("real", each) for each in teller.told[before:]]


def seen(told: list[Decision[Fact]], mode: Mode) -> Situation:
    pictures = Pictures()
    for decision in told:
        pictures.fold(decision)
    return situation_of(pictures.of[mode].operations[OPERATION], at("09:30"), sight="full", name_of=name_of)


def test_neither_picture_shows_anything_of_the_other(told: list[Decision[Fact]]) -> None:
    real, exercise = seen(told, "real"), seen(told, "exercise")
    assert (exercise.total.present, exercise.total.ordered, exercise.opened) == (2, 4, True)
    assert [row.last_heard for row in exercise.posts.rows if row.post_id == "maulafa"] == [None], (
        "it said nothing"
    )
    assert (real.total.unregistered, real.total.ordered, real.opened) == (2, 0, False)


def test_any_order_and_repetition_gives_the_same_two_pictures(told: list[Decision[Fact]]) -> None:
    expected = [digest_of(seen(told, mode)) for mode in MODES]
    for seed in range(20):
        mixed = told + told[::3]
        Random(seed).shuffle(mixed)
        assert [digest_of(seen(mixed, mode)) for mode in MODES] == expected


def test_what_was_decided_before_decisions_said_their_mode_holds_in_both(told: list[Decision[Fact]]) -> None:
    old = [
        replace(each, data=replace(each.data, request=replace(each.data.request, mode=None))) for each in told
    ]
    for mode in MODES:
        assert (seen(old, mode).total.present, seen(old, mode).mode) == (4, "exercise")
