"""Names that a reader is not told of are taken out of every text, and nobody else's are."""

from __future__ import annotations

import pytest
from msgspec import Struct

from pamwal.contracts.incident_reads import Kind, Kinds
from pamwal.contracts.instants import Instant
from pamwal.withheld import NOBODY, WITHHELD, Withheld


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("KPG-2", WITHHELD),
        ("officer/KPG-2", f"officer/{WITHHELD}"),
        ("/posts/maulafa/devices/KPG-2-0a1b2c3d", f"/posts/maulafa/devices/{WITHHELD}"),
        ("KPG-2, KPG-20 and hp.KPG-2", f"{WITHHELD}, KPG-20 and {WITHHELD}"),
        ("XKPG-2 KPG-21", "XKPG-2 KPG-21"),
    ],
)
def test_an_id_and_what_is_named_after_it_are_withheld(told: str, shown: str) -> None:
    assert Withheld(["KPG-2"]).text(told) == shown
    assert NOBODY.text(told) == told


def test_an_answer_keeps_its_shape() -> None:
    told = Kinds([Kind("a", "by KPG-2"), Kind("b", "by k-1")])
    shown = Withheld(["KPG-2", "k-1"]).answer(told)
    assert shown == Kinds([Kind("a", f"by {WITHHELD}"), Kind("b", f"by {WITHHELD}")])
    assert Withheld([]).answer(told) is told


class Said(Struct):
    """An answer with everything in it that is made of digits and names nobody."""

    text: str
    present: int
    at: Instant
    day: str
    highest: dict[str, int]


def test_numbers_and_moments_name_nobody_though_ids_are_made_of_digits() -> None:
    source = "/posts/alak/devices/{}-0a1b"
    told = Said("by 2024, 10 and text", 10, "2024-10-03T10:00:00.000Z", "2024-10-03", {source.format(10): 10})
    shown = Withheld(["2024", "10", "text", "at"]).answer(told)
    assert (shown.present, shown.at, shown.day) == (told.present, told.at, told.day)
    assert shown.text == f"by {WITHHELD}, {WITHHELD} and {WITHHELD}"
    assert shown.highest == {f"/posts/alak/devices/{WITHHELD}": 10}
