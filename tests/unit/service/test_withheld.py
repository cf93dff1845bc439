"""Names that a reader is not told of are taken out of every text, and nobody else's are."""

from __future__ import annotations

import pytest

from pamwal.contracts.incident_reads import Kind, Kinds
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
