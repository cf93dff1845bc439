"""What only a lost device says is counted apart, in whatever order its loss is heard of."""

from __future__ import annotations

import msgspec
import pytest

from pamwal.contracts import field
from pamwal.contracts.claims import Claims
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts
from pamwal.edge.clock import Clock
from pamwal.wire.audit import audit
from services.reporting.live import LivePicture
from tests.unit.reporting.house import REPORTING, Written, until
from tests.unit.reporting.telling import OPERATION, Teller, at, facts_of, picture_of


@pytest.fixture
def teller() -> Teller:
    """Given an officer ordered to a rally from 09:00, with 15 minutes' grace."""
    told = Teller()
    told.open()
    told.register("x")
    told.plan("a", "09:00", "11:00")
    told.order("x", "a", "09:00", "11:00")
    return told


def lose(teller: Teller, since: str, version: int = 1, device: str = "app") -> None:
    teller.observe(
        field.DeviceRevoked, "10:00", device_id=device, postid="alak", version=version, author="operator-1",
        lost_since=at(since),
    )  # fmt: skip


def test_what_a_lost_device_says_of_the_time_since_is_doubtful_and_still_counts(teller: Teller) -> None:
    teller.come("x", "a", "09:05")
    assert teller.total("10:50").doubtful == 0
    lose(teller, "09:05")
    assert facts_of(teller.total("10:50")) == {
        "ordered": 1, "present": 1, "at_place": 1, "on_time": 1, "doubtful": 1,
    }  # fmt: skip


def test_what_it_said_of_the_time_before_stands_and_so_does_another_device(teller: Teller) -> None:
    teller.come("x", "a", "09:05")
    lose(teller, "09:06")
    assert teller.total("10:50").doubtful == 0
    lose(teller, "08:00", device="web")
    assert teller.total("10:50").doubtful == 0


@pytest.mark.parametrize(
    ("sent", "recorded", "doubtful"),
    [("09:06", "10:30", 1), (None, "10:30", 1), ("10:30", "10:30", 1), ("09:06", "09:29", 0)],
    ids=["clock set back", "back-dated", "a queue that waited", "received before"],
)
def test_what_is_received_since_the_loss_is_doubtful_whatever_its_clocks_say(
    teller: Teller, sent: str | None, recorded: str, doubtful: int
) -> None:
    teller.come("x", "a", "09:05", sent=sent, recorded=recorded)
    lose(teller, "09:30")
    assert teller.total("10:50").doubtful == doubtful


def test_what_speaks_below_a_lost_device_is_that_device(teller: Teller) -> None:
    told = teller.come("x", "a", "09:05")
    asked = msgspec.structs.replace(told.data.request, source="/posts/alak/devices/app/camera")  # type: ignore[type-var]
    teller.told[-1] = msgspec.structs.replace(told, data=msgspec.structs.replace(told.data, request=asked))
    lose(teller, "09:00")
    assert teller.total("10:50").doubtful == 1


def test_a_witness_by_another_device_takes_the_doubt_away(teller: Teller) -> None:
    lose(teller, "08:00")
    teller.come("x", "a", "09:05")
    assert teller.total("10:50").doubtful == 1
    teller.come("x", "a", "09:07", channel="paper")
    assert teller.total("10:50").doubtful == 0


def test_the_newest_word_on_since_when_counts_in_any_order(teller: Teller) -> None:
    teller.come("x", "a", "09:05")
    lose(teller, "08:00", version=2)
    lose(teller, "09:30", version=3)
    assert teller.total("10:50").doubtful == 0
    shuffled = picture_of(teller.told[::-1]).operations[teller.operation_id]
    assert shuffled.lost["/posts/alak/devices/app"].version == 3


@pytest.fixture
async def written() -> Written:
    """Given an operation and a post whose device `1` is lost."""
    written = Written()
    await written.plan()
    await written.ask(field.RevokeDevices(devices=["1"]), "08:00")
    return written


async def test_a_lost_device_is_known_by_its_claims_once_the_log_is_read(written: Written) -> None:
    """What the edge asks before it lets a device read: until it knows, it lets none in."""
    await written.decide("08:00")
    live = LivePicture(written.log, Clock())
    claims = Claims(
        role="officer", operation=OPERATION, mode="exercise", post="alak", officer="x", device="1"
    )
    with pytest.raises(HttpProblem) as unknown:
        live.lost(claims)
    assert unknown.value.status == 503
    await live.start()
    try:
        await until(lambda: live.trouble() is None)
        assert live.lost(claims)
        assert not live.lost(msgspec.structs.replace(claims, device="web"))
        assert not live.lost(msgspec.structs.replace(claims, post="maulafa"))
        assert not live.lost(msgspec.structs.replace(claims, operation="another"))
    finally:
        await live.stop()


async def test_the_decider_of_reporting_takes_nothing_from_a_lost_device(written: Written) -> None:
    """The edge may not have heard yet that the device is lost."""
    await written.judge("09:16")
    alerts = [fact.alert_id for each in await written.decided() for fact in each.data.facts]
    for post in ("alak", "maulafa"):
        await written.ask(AcknowledgeAlerts(alerts=alerts[:1]), "09:17", post=post)
    await written.judge("09:17")
    answers = [each.data for each in await written.decided() if each.data.request is not None]
    assert [(each.outcome, each.reason and each.reason.code) for each in answers] == [
        ("refused", "not_yours"),
        ("accepted", None),
    ]
    report = await audit(written.log, redecide={REPORTING.requests_topic: REPORTING})
    assert report.findings == ()
