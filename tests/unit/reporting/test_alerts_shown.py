"""Alerts over HTTP, in the situation, on the board: who sees how much, and what people made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.client.board import changed
from pamwal.contracts.alerts_shown import AlertRow, OperationAlerts
from pamwal.contracts.reporting import BoardState
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AssignAlerts, SnoozeAlerts
from services.reporting.picture.ledger import Ledger
from services.reporting.views.changes import change_between
from services.reporting.views.ledger import ledger_line
from services.reporting.views.situation import situation_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OEPURA, OPERATION, Teller, at, name_of
from tests.unit.reporting.watcher import Watcher


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Half past nine: maulafa is silent; neither the officer nor the one of intel was seen at the rally."""
    written = Written()
    await written.plan()
    await written.beat("maulafa", "08:55")
    await written.judge("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def alerts(house: House, query: str = "", role: Any = "ops_head") -> OperationAlerts:
    answer = await house.get(f"/alerts{query}", role)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=OperationAlerts)


def of(found: OperationAlerts, kind: str) -> list[AlertRow]:
    return [each for each in found.alerts if each.kind == kind]


async def test_the_chief_is_told_of_all_and_a_post_of_all_but_intel(house: House) -> None:
    whole = await alerts(house)
    guarded = await alerts(house, role="command_post")
    assert {each.officers[0] for each in of(whole, "no_show")} == {"KPG-1", "KPG-2"}
    assert {each.officers[0] for each in of(guarded, "no_show")} == {"KPG-1"}
    assert "KPG-2" not in (await house.get("/alerts?standing=false", "command_post")).text
    assert "intel" not in (await house.get("/alerts?standing=false", "command_post")).text
    for told in (whole, guarded):
        assert told.standing.standing == len(told.alerts)


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_who_sees_counts_only_is_told_counts_only(house: House, role: Any) -> None:
    found = await alerts(house, role=role)
    assert found.alerts == []
    assert found.standing.by_kind["no_show"] == 1  # the other one is of intel
    situation = await house.read("/situation", role)
    assert situation["alerts"]["standing"] == found.standing.standing
    assert situation["alerts"]["rows"] == []


async def test_what_a_silent_post_explains_is_grouped_and_counted(house: House) -> None:
    found = await alerts(house)
    [silent] = of(found, "silent_post")
    assert all(each.under == silent.alert_id and each.unconfirmed for each in of(found, "no_show"))
    assert silent.explains == found.standing.unconfirmed > 0
    shown = msgspec.convert((await house.read("/situation", "ops_head"))["alerts"]["rows"], list[AlertRow])
    assert [each.kind for each in shown].count("no_show") == 0
    assert shown[0].severity == "severe"


async def test_what_people_make_of_one_is_shown(house: House) -> None:
    [silent] = of(await alerts(house), "silent_post")
    ids = [silent.alert_id]
    for data in (
        SnoozeAlerts(alerts=ids, until=at("09:45")),
        AssignAlerts(alerts=ids, to="post/maulafa"),
        AcknowledgeAlerts(alerts=ids),
    ):
        await house.written.ask(data, "09:31")
        await house.written.judge("09:31")
        await house.until_folded()
        [silent] = of(await alerts(house, "?kind=silent_post"), "silent_post")
        if isinstance(data, SnoozeAlerts):
            assert (silent.state, silent.snoozed_until) == ("snoozed", at("09:45"))
    assert (silent.state, silent.acknowledged_by, silent.assigned_to) == (
        "acknowledged", "chief", "post/maulafa",
    )  # fmt: skip


async def test_pages_lead_from_one_to_the_next(house: House) -> None:
    whole = (await alerts(house)).alerts
    found: list[AlertRow] = []
    after = ""
    while True:
        page = await alerts(house, f"?limit=2{after}")
        found += page.alerts
        if page.next_after is None:
            break
        after = f"&after={page.next_after}"
    assert found == whole


async def test_a_retracted_one_is_listed_with_its_reason_only_if_asked_for(house: House) -> None:
    await house.written.come("KPG-1", "09:05")
    await house.written.judge("09:32")
    await house.until_folded()
    assert [each.officers for each in of(await alerts(house), "no_show")] == [["KPG-2"]]
    gone = [each for each in of(await alerts(house, "?standing=false"), "no_show") if each.reason]
    assert [(each.officers, each.state, each.reason) for each in gone] == [(["KPG-1"], "retracted", "seen")]


async def test_the_board_shows_them_and_a_viewers_board_counts(house: House) -> None:
    page = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())
    assert "posko senyap" in page.text
    assert "menjelaskan" in page.text
    viewers = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer("viewer"))
    assert "berlaku" in viewers.text
    assert "posko senyap" not in viewers.text


def test_a_board_is_told_what_changed_and_shows_the_same_as_a_fresh_one() -> None:
    teller = Teller()
    teller.open()
    teller.register("KPG-1", home_post="maulafa")
    teller.plan("a", "09:00", "11:00", kelurahan=OEPURA)
    teller.order("KPG-1", "a", "09:00", "11:00")
    watcher = Watcher(teller)
    before = board(teller, watcher)
    watcher.judge("09:20")
    after = board(teller, watcher)
    change = change_between(before, after)
    assert change is not None
    assert change.alerts is not None
    assert change.alerts.standing == len(watcher.state.alerts.standing) > 0
    assert changed(before, change) == after


def board(teller: Teller, watcher: Watcher) -> BoardState:
    """What the chief's board shows at half past nine, by all that was told and judged."""
    picture = teller.picture()
    for decided in watcher.decided:
        picture.fold(decided)
    situation = situation_of(picture, at("09:30"), sight="full", name_of=name_of)
    return BoardState(situation=situation, ledger=ledger_line(Ledger(), picture, "exercise"))
