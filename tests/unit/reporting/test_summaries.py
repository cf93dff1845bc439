"""What other agencies are told of an operation: counts, and nothing that names or places anybody."""

from __future__ import annotations

from collections import Counter

import msgspec

from pamwal.contracts import field
from pamwal.contracts.reporting_alerts import ALERT_KINDS
from pamwal.contracts.situations import SituationTold
from pamwal.wire.core import Said
from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Watcher

VECTOR = {"pamwal.field.decisions.v1-0": 7}


def a_day() -> Teller:
    """Three guards and one on `intel` ordered at nine; two of the guards and he of `intel` are there."""
    teller = Teller()
    teller.open()
    teller.register("KPG-1", "KPG-2", "KPG-3", "KPG-9", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": 3, "intel": 1}, expected=200)
    for officer in ("KPG-1", "KPG-2", "KPG-3"):
        teller.order(officer, "a", "09:00", "11:00")
    teller.order("KPG-9", "a", "09:00", "11:00", role="intel")
    for officer in ("KPG-1", "KPG-2", "KPG-9"):
        teller.come(officer, "a", "08:55", post="maulafa")
    teller.beat("maulafa", "09:20")
    return teller


def said(watcher: Watcher, clock: str) -> Said | None:
    watcher.see()
    return watcher.core.tell(watcher.picture, watcher.state, at(clock), VECTOR)


def told(watcher: Watcher, clock: str) -> SituationTold:
    found = said(watcher, clock)
    assert found is not None
    return msgspec.json.decode(found.value, type=SituationTold)


def test_the_counts_are_those_of_the_situation() -> None:
    teller = a_day()
    watcher = Watcher(teller)
    watcher.judge("09:20")
    summary, total = told(watcher, "09:20").data, teller.total("09:20")
    officers = summary.officers
    assert (officers.ordered, officers.present, officers.absent) == (4, 3, 1)
    for name in officers.__struct_fields__:
        if name != "required":
            assert getattr(officers, name) == getattr(total, name), name
    assert (summary.rallies.planned, summary.rallies.active, summary.rallies.expected) == (0, 1, 200)
    assert (summary.posts.heard, summary.posts.total) == (1, 2)
    assert summary.alerts == {**dict.fromkeys(ALERT_KINDS, 0), **kinds(watcher)}
    assert summary.alerts["no_show"] == 1
    assert summary.vector == VECTOR


def kinds(watcher: Watcher) -> Counter[str]:
    return Counter(alert.kind for alert in watcher.state.alerts.standing.values())


def test_nobody_and_no_place_and_no_role_is_named() -> None:
    teller = a_day()
    teller.observe(field.RallyStarted, "09:01", post="maulafa", rally_id="a", author="padal")
    watcher = Watcher(teller)
    watcher.judge("09:20")
    found = said(watcher, "09:20")
    assert found is not None
    text = found.value.decode()
    for word in ("KPG", "intel", "guard", "rally/", "v-a", "Balai", "53.71", "maulafa", "Posko", "padal"):
        assert word not in text, word


def test_an_exercise_is_marked() -> None:
    event = told(Watcher(a_day()), "09:20")
    assert (event.data.mode, event.data.marked) == ("exercise", "LATIHAN")
    assert (event.type, event.operationid, event.time) == ("pamwal.situation.v1", "turangga", at("09:20"))


def test_of_an_operation_nobody_opened_nothing_is_told() -> None:
    teller = Teller()
    teller.come("KPG-1", "a", "08:55")
    assert said(Watcher(teller), "09:00") is None


def test_it_says_the_same_until_something_counts_otherwise() -> None:
    teller = a_day()
    watcher = Watcher(teller)
    first, later = said(watcher, "09:20"), said(watcher, "09:21")
    assert first is not None
    assert later is not None
    assert first.sense == later.sense
    assert first.value != later.value
    teller.come("KPG-3", "a", "09:21", post="maulafa")
    after = said(watcher, "09:22")
    assert after is not None
    assert after.sense != first.sense


def test_one_runs_until_a_day_after_its_last() -> None:
    teller = a_day()
    watcher = Watcher(teller)
    now = said(watcher, "09:20")
    assert now is not None
    assert now.runs
    watcher.see()
    for instant, runs in (("2024-11-24T15:59:59.999Z", True), ("2024-11-24T16:00:00.000Z", False)):
        found = watcher.core.tell(watcher.picture, watcher.state, instant, VECTOR)
        assert found is not None
        assert found.runs is runs
