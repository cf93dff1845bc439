"""The ledger: every record of the requests log beside what became of it (domain section 5)."""

from __future__ import annotations

import msgspec
import pytest

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, DecisionData, Outcome, RequestRef
from pamwal.contracts.ledger import Balance, TurnedAway
from pamwal.contracts.ledger import Ledger as LedgerAnswer
from pamwal.wire.log import Record, TopicPartition
from services.reporting.picture import OperationPicture
from services.reporting.picture import ledger as ledgers
from services.reporting.picture.ledger import Ledger
from services.reporting.views.ledger import ledger_of
from tests.unit.reporting.telling import OPERATION, Teller, at

REQUESTS, DECISIONS = "pamwal.field.requests.v1", "pamwal.field.decisions.v1"
HERE, THERE = TopicPartition(DECISIONS, 3), TopicPartition(REQUESTS, 3)
NOBODY = TurnedAway(counted_by="test", by_post={})


def request(
    offset: int, *, post: str = "alak", channel: str = "app", key: bytes | None = OPERATION.encode(),
    value: bytes | None = None, headers: tuple[tuple[str, bytes], ...] = (),
) -> Record:  # fmt: skip
    """A record of the requests topic."""
    says = {"id": f"r{offset}", "postid": post, "channel": channel, "source": f"/posts/{post}/devices/1"}
    return Record(REQUESTS, 3, offset, key, value or msgspec.json.encode(says), headers, 0)


def decision(
    offset: int, outcome: Outcome = "accepted", *, post: str | None = "alak", operation_id: str = OPERATION
) -> Decision[Fact]:
    """A decision on the request at that offset."""
    return Decision(
        specversion="1.0",
        id=f"{REQUESTS}/3/{offset}",
        source="/deciders/test",
        type="pamwal.decision.v1",
        time=at("09:00"),
        operationid=operation_id,
        data=DecisionData(
            request=RequestRef(offset=offset, sha256="0" * 64, postid=post, channel="app" if post else None),
            knownat=at("09:00"),
            decider_version="test",
            outcome=outcome,
        ),
    )


def answer(ledger: Ledger, picture: OperationPicture | None = None) -> LedgerAnswer:
    """The operation's ledger as readers see it."""
    picture = picture or OperationPicture(OPERATION, "exercise")
    return ledger_of(ledger, picture, at("10:00"), mode="real", vector={}, turned_away=NOBODY)


def balance(received: int, *, balanced: bool = True, **counts: int) -> Balance:
    """A balance in which everything not named is 0."""
    names = ("accepted", "repeat", "refused", "parked", "pending", "undeclared")
    return Balance(received=received, balanced=balanced, **{name: counts.get(name, 0) for name in names})


def test_received_is_accepted_repeat_refused_parked_and_pending() -> None:
    ledger = Ledger()
    for offset in range(5):
        ledger.receive(THERE, [request(offset)])
    outcomes: list[Outcome] = ["accepted", "repeat", "refused", "parked"]
    for offset, outcome in enumerate(outcomes):
        ledger.decide(HERE, [decision(offset, outcome)])
    assert answer(ledger).total == balance(5, accepted=1, repeat=1, refused=1, parked=1, pending=1)


def test_a_record_read_twice_counts_once() -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.receive(THERE, [request(0)])
        ledger.decide(HERE, [decision(0)])
    assert answer(ledger).total == balance(1, accepted=1)


def test_rows_are_posts_and_channels_and_sources_stand_beside() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0)])
    ledger.receive(THERE, [request(1, channel="paper")])
    ledger.receive(THERE, [request(2, post="maulafa")])
    found = answer(ledger)
    assert [(row.post_id, row.channel) for row in found.rows] == [
        ("alak", "app"), ("alak", "paper"), ("maulafa", "app"),
    ]  # fmt: skip
    assert [(row.source, row.balance.received) for row in found.sources] == [
        ("/posts/alak/devices/1", 2), ("/posts/maulafa/devices/1", 1),
    ]  # fmt: skip


def test_what_no_one_can_read_is_unattributed_and_part_of_the_total() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0, value=b"\xff{")])
    ledger.receive(THERE, [request(1)])
    ledger.decide(HERE, [decision(0, "parked", post=None)])
    ledger.decide(HERE, [decision(1)])
    found = answer(ledger)
    assert (found.unattributed, found.total) == (balance(1, parked=1), balance(2, accepted=1, parked=1))
    assert [row.post_id for row in found.rows] == ["alak"]


def test_the_headers_say_whose_an_unreadable_body_is() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0, value=b"{", headers=(("postid", b"alak"), ("channel", b"radio")))])
    assert [(row.post_id, row.channel) for row in answer(ledger).rows] == [("alak", "radio")]


def test_the_headers_say_what_a_readable_body_does_not() -> None:
    ledger = Ledger()
    headers = (("postid", b"alak"), ("channel", b"radio"))
    ledger.receive(THERE, [request(0, value=b'{"id": "r0"}', headers=headers)])
    ledger.receive(THERE, [request(1, value=b'{"postid": "maulafa"}', headers=headers)])
    ledger.decide(HERE, [decision(0, "parked"), decision(1, "parked", post="maulafa")])
    found = answer(ledger)
    assert [(row.post_id, row.channel) for row in found.rows] == [("alak", "radio"), ("maulafa", "radio")]
    assert found.unattributed == balance(0)


def test_a_record_without_an_operation_is_in_no_total() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0, key=None)])
    ledger.receive(THERE, [request(1, key=b"\x00bad")])
    ledger.decide(HERE, [decision(0, "parked", operation_id="unattributed")])
    found = answer(ledger)
    assert (found.total, found.keyless) == (balance(0), balance(2, parked=1, pending=1))


def test_a_decision_ahead_of_the_requests_is_no_imbalance() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0)])
    ledger.decide(HERE, [decision(0)])
    ledger.decide(HERE, [decision(1)])
    assert answer(ledger).total == balance(1, accepted=1)


def test_a_decision_on_a_request_the_log_does_not_show_is_one() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0)])
    ledger.receive(THERE, [request(2)])
    for offset in range(3):
        ledger.decide(HERE, [decision(offset)])
    found = answer(ledger)
    assert found.total == balance(2, accepted=2, undeclared=1, balanced=False)
    assert [row.balance.balanced for row in found.rows] == [False]
    ledger.receive(THERE, [request(1)])
    assert answer(ledger).total == balance(3, accepted=3)


def test_beside_it_stands_what_the_posts_say_they_sent() -> None:
    teller = Teller()
    teller.come("x", "a", "09:00")
    teller.decide([], sequence=4, outcome="refused")
    teller.beat("alak", "09:10", highest={"/posts/alak/devices/app": 6})
    (source,) = [
        each
        for each in answer(Ledger(), teller.picture()).sources
        if each.source == "/posts/alak/devices/app"
    ]
    assert (source.said, source.missing) == (6, 4)
    assert [(gap.first, gap.last) for gap in source.gaps] == [(2, 3), (5, 6)]


def test_other_partitions_and_operations_stay_apart() -> None:
    ledger = Ledger()
    ledger.receive(THERE, [request(0)])
    ledger.receive(TopicPartition(REQUESTS, 4), [request(0)])
    ledger.receive(THERE, [request(1, key=b"other")])
    assert answer(ledger).total == balance(2, pending=2)


def test_invented_posts_and_devices_are_counted_and_take_no_row_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledgers, "FILES_MAX", 3)
    ledger = Ledger()
    ledger.receive(THERE, [request(0)])
    for offset in range(1, 20):
        ledger.receive(THERE, [request(offset, post=f"invented-{offset}")])
    for offset in range(20, 30):
        says = {"postid": "alak", "channel": "app", "source": f"/posts/alak/devices/{offset}"}
        ledger.receive(THERE, [request(offset, value=msgspec.json.encode(says))])
    ledger.receive(THERE, [request(30)])
    ledger.decide(HERE, [decision(offset) for offset in range(31)])

    found = answer(ledger)
    assert [(row.post_id, row.balance.accepted) for row in found.rows] == [
        ("alak", 12), ("invented-1", 1), ("invented-2", 1),
    ]  # fmt: skip
    assert found.unattributed == balance(17, accepted=17)
    assert found.total == balance(31, accepted=31)
    assert [source.source for source in found.sources if source.post_id == "alak"] == [
        "/posts/alak/devices/1"
    ]


def test_replicas_that_read_the_topics_in_another_order_count_under_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledgers, "FILES_MAX", 3)
    plans = TopicPartition("pamwal.scheduling.requests.v1", 3)
    said = [(THERE, offset, f"field-{offset}") for offset in range(5)]
    said += [(plans, offset, f"plan-{offset}") for offset in range(5)]
    one, other = Ledger(), Ledger()
    for ledger, order in ((one, said), (other, said[5:] + said[:5])):
        for place, offset, post in order:
            ledger.receive(place, [request(offset, post=post)])
    assert answer(one) == answer(other)
    assert len(answer(one).rows) == 6
