"""The figures of an alert that stands are those of now; the log keeps what was true when it was raised."""

from __future__ import annotations

import pytest

from pamwal.contracts.alerts_shown import AlertRow
from pamwal.contracts.scheduling import Policy
from services.reporting.picture import OperationPicture
from services.reporting.views.alerts import alerts_of, operation_alerts
from services.reporting.views.kept_stands import KeptStands
from tests.unit.reporting.telling import OEPURA, Teller, at
from tests.unit.reporting.watcher import Watcher

OFFICERS = ("KPG-1", "KPG-2", "KPG-3")


class Watched:
    """A rally that needs three from 09:00 to 11:00, its alerts, and what a board kept of it shows."""

    def __init__(self) -> None:
        self.teller = Teller()
        self.teller.open(policy=Policy(acknowledgement="each"))
        self.teller.register(*OFFICERS, home_post="maulafa")
        self.teller.plan("a", "09:00", "11:00", kelurahan=OEPURA, required={"guard": 3})
        self._watcher = Watcher(self.teller)
        self._picture = self._watcher.picture["exercise"]
        self._kept: KeptStands | None = None

    def judge(self, clock: str) -> None:
        self._watcher.judge(clock)

    def rows(self, clock: str) -> dict[str, AlertRow]:
        """Kind → its alert; the same whether a board has looked before or not, and in the list."""
        self._watcher.see()
        picture: OperationPicture = self._picture
        picture.alerts = self._watcher.state.alerts
        self._kept = self._kept or KeptStands(picture)
        found = alerts_of(picture, at(clock), "full", self._kept).rows
        assert found == alerts_of(picture, at(clock), "full").rows
        listed = operation_alerts(picture, at(clock), sight="full", vector={}, limit=100).alerts
        assert all(each in listed for each in found)
        return {each.kind: each for each in listed}

    @property
    def facts(self) -> int:
        return len(self._watcher.facts)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_who_is_ordered_since_lacks_no_more(watched: Watched) -> None:
    watched.judge("07:30")
    assert watched.rows("07:30")["uncovered"].counts == {"required": 3, "ordered": 0, "missing": 3}
    watched.teller.order("KPG-1", "a", "09:00", "11:00")
    watched.teller.order("KPG-2", "a", "09:00", "11:00")
    told = watched.facts
    watched.judge("07:40")
    row = watched.rows("07:40")["uncovered"]
    assert row.counts == {"required": 3, "ordered": 2, "missing": 1}
    assert row.counts_raised == {"required": 3, "ordered": 0, "missing": 3}
    assert (row.version, watched.facts) == (1, told), "no figure is a decision"


def test_who_came_and_of_whom_nothing_is_heard_any_more_is_counted_as_of_now(watched: Watched) -> None:
    for officer_id in OFFICERS:
        watched.teller.order(officer_id, "a", "09:00", "11:00")
    watched.teller.beat("maulafa", "09:10")
    watched.judge("09:16")
    assert watched.rows("09:16")["understrength"].counts == {
        "required": 3, "present": 0, "missing": 3, "unknown": 0,
    }  # fmt: skip
    watched.teller.come("KPG-1", "a", "09:17", post="maulafa")
    watched.judge("09:40")
    row = watched.rows("09:40")["understrength"]
    assert row.counts == {"required": 3, "present": 1, "missing": 2, "unknown": 2}
    assert row.counts_raised["unknown"] == 0
    for officer_id in OFFICERS[1:]:
        watched.teller.come(officer_id, "a", "09:41", post="maulafa")
    assert watched.rows("09:41")["understrength"].counts == {}, "the reason is gone and it is not judged yet"
    watched.judge("09:41")
    assert "understrength" not in watched.rows("09:41")


def test_whose_orders_are_unanswered_is_told_as_of_now(watched: Watched) -> None:
    for officer_id in OFFICERS:
        watched.teller.order(officer_id, "a", "09:00", "11:00")
    watched.judge("08:05")
    watched.teller.cancel_order("KPG-1", "a")
    watched.judge("08:06")
    row = watched.rows("08:06")["order_unacknowledged"]
    assert (row.counts, row.officers) == ({"officers": 2}, ["KPG-2", "KPG-3"])
    assert row.counts_raised == {"officers": 3}
