"""The digest that two folds of the same decisions have to agree in."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.fold import Decided
from benchmarks.peers.digest import digest_of, lines_of
from benchmarks.workload import Field, Plan
from services.checkin.core import CheckinCore
from services.reporting.picture import Pictures, decode_decided
from services.reporting.picture.decided import Decided as Decision
from services.scheduler.core import SchedulerCore


def decisions() -> list[Decision]:
    field, plan = Decided(CheckinCore(), Field(), 2_000), Decided(SchedulerCore(), Plan(), 2_000)
    return [decode_decided(said.value) for each in (plan, field) for said in each.decisions()]


def folded(decided: Iterable[Decision]) -> Pictures:
    pictures = Pictures()
    for each in decided:
        pictures.fold(each)
    return pictures


def test_the_digest_is_the_same_in_any_order_and_however_often() -> None:
    decided = decisions()
    assert digest_of(folded(decided)) == digest_of(folded([*reversed(decided), *decided[:500]]))


def test_the_digest_tells_when_one_fact_is_missing() -> None:
    decided = decisions()
    whole = digest_of(folded(decided))
    of_type: dict[str, int] = {}
    for at, decision in enumerate(decided):
        for fact in decision.data.facts:
            of_type[type(fact).__name__] = at
    missed = {
        name: digest_of(folded([*decided[:at], *decided[at + 1 :]])) != whole for name, at in of_type.items()
    }
    del missed["OperationOpened"], missed["HeartbeatHeard"]  # which count only by when a post was last heard
    assert missed == {
        "RallyPlanned": True,
        "OfficerRegistered": True,
        "DeploymentOrdered": True,
        "CheckedIn": True,
        "CheckedOut": True,
    }


def test_who_stands_where_follows_from_his_last_report() -> None:
    pictures = folded(decisions())
    seen = [
        [int(number) for number in said.split("|")]
        for picture in pictures.of.values()
        for operation in picture.operations.values()
        for key, said in lines_of(operation)
        if key.startswith("seen|")
    ]
    ins, outs, standing = map(sum, zip(*seen, strict=True))
    assert ins > ins - outs >= standing > 0
