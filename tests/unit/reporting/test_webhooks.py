"""Webhooks: each alert told once, in its order, whoever dies; nothing of an exercise, nothing of intel."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import httpx
import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from pamwal.client.backoff import Backoff
from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import LogError, SettingsError
from pamwal.contracts.reporting_alerts import ALERT_KINDS
from pamwal.contracts.reporting_deliveries import DeliveryNoted, NoteDelivery
from pamwal.contracts.topics import REPORTING_REQUESTS
from pamwal.edge.app import Clock
from pamwal.wire.log import TopicPartition
from services.reporting import webhooks as told_outside
from services.reporting.app import alert_about
from services.reporting.deciding.deliveries import SINKS_MAX
from services.reporting.live import LivePicture
from services.reporting.own_requests import OwnRequests
from services.reporting.picture import OperationPicture
from services.reporting.views.alerts import alerts_of
from services.reporting.webhook_circuit import SENDS_MAX
from services.reporting.webhook_metrics import SinkCounts, SinkMetrics
from services.reporting.webhook_queue import REFUSALS
from services.reporting.webhook_settings import Webhook
from services.reporting.webhooks import Webhooks
from tests.unit.reporting.house import OPERATION, Written, a_house, until
from tests.unit.reporting.telling import Teller, at, at_ms
from tests.wire.machine import YEAR_MS

SECRET = b"0123456789abcdef"
HOOK = Webhook(url="http://sink.test/alerts", secret=SECRET)
QUICK = Backoff(first_ms=1, most_ms=2)
Answers = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Sink:
    """Takes what is sent once for each key, as a sink that honours keys; fails as often as it is told to."""

    def __init__(self, fail: int = 0) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.calls = 0
        self.fail = fail
        self.refuses: dict[str, int] = {}
        """Kind of alert → the status with which each of it is refused; 0: it is not answered."""
        self.refused: set[str] = set()
        """Operations of which nothing is taken: each is answered 503."""
        self.unreachable = False
        self.under_way = self.under_way_max = 0
        self.about: set[str] = set()
        self.holds = asyncio.Event()
        self.holds.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.under_way += 1
        self.under_way_max = max(self.under_way_max, self.under_way)
        try:
            return await self.answer(request)
        finally:
            self.under_way -= 1

    async def answer(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        seconds, digest = (part.split("=")[1] for part in request.headers["pamwal-signature"].split(","))
        assert digest == hmac.new(SECRET, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        if self.unreachable:
            await self.holds.wait()
            raise httpx.ConnectError("nobody listens")
        if self.fail:
            self.fail -= 1
            return httpx.Response(503)
        told = msgspec.json.decode(body)["data"]
        if msgspec.json.decode(body)["source"].removeprefix("/operations/") in self.refused:
            return httpx.Response(503)
        if self.refuses.get(told["kind"]) == 0:
            raise httpx.ReadError("the connection was reset")
        if told["kind"] in self.refuses:
            return httpx.Response(self.refuses[told["kind"]])
        self.about.add(told["about"])
        self.taken.setdefault(request.headers["idempotency-key"], msgspec.json.decode(body))
        await self.holds.wait()
        return httpx.Response(204)

    def words(self) -> list[tuple[str, str]]:
        """(word, kind) of all that was taken, in order."""
        return [(each["type"].split(".")[2], each["data"]["kind"]) for each in self.taken.values()]


def a_clock(now: str = "09:30") -> Clock:
    """A proven clock that stands still."""
    clock = Clock(system=lambda: at_ms(now), monotonic=lambda: 0)
    prove(clock)
    return clock


def prove(clock: Clock) -> None:
    """A broker stamps a probe with the time that the system clock shows."""
    reading = clock.proof.read()
    clock.proof.take(reading, reading.system_ms, reading)


async def looks(hooks: Webhooks) -> None:
    """Until they have looked once more what is to be sent."""
    hooks._freed.set()
    await until(lambda: not hooks._freed.is_set())


@asynccontextmanager
async def telling(
    written: Written, sink: Answers, now: str = "09:30", *, clock: Clock | None = None
) -> AsyncIterator[Webhooks]:
    clock = clock or a_clock(now)
    live = LivePicture(written.log, clock)
    hooks = Webhooks(
        written.log, clock, live.opened_as, HOOK, partial(alert_about, live),
        transport=httpx.MockTransport(sink), sink_retries=QUICK, message_retries=QUICK,
    )  # fmt: skip
    await live.start()
    await hooks.start()
    try:
        yield hooks
    finally:
        await hooks.stop()
        await live.stop()


async def silent(mode: Mode, operations: Sequence[str] = (OPERATION,)) -> Written:
    """A post of each operation is silent, and its officers, one of them intel, are missed."""
    written = Written(mode)
    for operation in operations:
        await written.plan(operation)
        await written.beat("maulafa", "08:55", operation)
    await written.judge("09:20")
    return written


async def noted(written: Written) -> list[DeliveryNoted]:
    await written.judge("09:31")
    facts = [fact for each in await written.decided() for fact in each.data.facts]
    return [fact for fact in facts if isinstance(fact, DeliveryNoted)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_outside, "LOOK_S", 0.005)


async def test_each_alert_is_told_once_signed_and_in_its_order() -> None:
    written, sink = await silent("real"), Sink()
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)
        assert sink.words()[0] == ("raised", "silent_post")
        assert sum(kind == "no_show" for _, kind in sink.words()) == 1, "that of intel is told to nobody"
        assert all(key.startswith(f"{OPERATION}/c0~1/") for key in sink.taken)
        await written.come("KPG-1", "09:05")
        await written.judge("09:32")
        await until(lambda: ("retracted", "no_show") in sink.words())
        gone = next(each for each in sink.taken.values() if each["data"].get("reason") == "seen")
        assert (gone["specversion"], gone["source"]) == ("1.0", f"/operations/{OPERATION}")
        assert "officers" not in gone["data"]
    assert sink.calls == len(sink.taken)
    assert "Posko Maulafa (post/maulafa)" in sink.about
    assert any(each.startswith("Balai <Oepura> (rally/a)") for each in sink.about)


@pytest.mark.parametrize("status", [422, 403, 500, 0])
async def test_an_alert_that_a_sink_refuses_is_set_aside_and_keeps_no_later_one_back(status: int) -> None:
    """It is said in the log, so that nobody sends it again, and beside the alert where people look."""
    written, sink = await silent("real"), Sink()
    sink.refuses = {"silent_post": status}
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)
        assert hooks.counts().refused == 1
        assert hooks.counts().failed >= REFUSALS
        asked = written.log.partition(TopicPartition(REPORTING_REQUESTS.name, 0))
        await until(lambda: asked.end > 0)
    [fact] = await noted(written)
    [refusal] = fact.refused
    assert (refusal.alert_id.split("-")[0], refusal.version, refusal.status) == ("silent_post", 1, status)
    picture = OperationPicture(OPERATION, "exercise")
    picture.fold(Teller().open().data)
    for each in await written.decided():
        picture.fold(each.data)
    rows = alerts_of(picture, at("09:31"), "full").rows
    assert {each.kind: each.refused_by for each in rows}["silent_post"] == {"default": status}
    again = Sink()
    async with telling(written, again) as hooks:
        await until(lambda: hooks.caught_up and not hooks.waiting)
    assert again.calls == 0


async def test_a_sink_that_refuses_whatever_comes_misses_nothing_once_it_is_mended() -> None:
    """A wrong secret is no reason to set alerts aside."""
    written, sink = await silent("real"), Sink()
    sink.refuses = dict.fromkeys(ALERT_KINDS, 401)
    async with telling(written, sink) as hooks:
        await until(lambda: sink.calls > 5 * REFUSALS)
        counts = hooks.counts()
        assert (counts.refused, counts.sent, counts.waiting) == (0, 0, hooks.waiting)
        assert counts.oldest_s == 600, "decided at 09:20"
        sink.refuses = {}
        await until(lambda: not hooks.waiting)
        assert hooks.counts().sent == len(sink.taken) > 1
    assert ("raised", "silent_post") in sink.words()


async def test_operations_that_the_sink_does_not_take_hold_back_no_other() -> None:
    stuck = [f"stuck-{number}" for number in range(SENDS_MAX)]
    written, sink = await silent("real", [*stuck, "free"]), Sink()
    sink.refused = set(stuck)
    async with telling(written, sink) as hooks:
        await until(lambda: any(key.startswith("free/") for key in sink.taken))
        sink.refused = set()
        await until(lambda: not hooks.waiting)
    assert {key.partition("/")[0] for key in sink.taken} == {*stuck, "free"}


class Endless(httpx.AsyncByteStream):
    """The body of an answer: a few bytes again and again, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b": keep-alive\n\n"
            await asyncio.sleep(0)


async def test_an_answer_is_its_status_and_its_body_is_not_read() -> None:
    # given a sink that takes everything, with answers that never end
    operations = [f"op-{number}" for number in range(SENDS_MAX + 1)]
    written, sink = await silent("real", operations), Sink()

    async def endless(request: httpx.Request) -> httpx.Response:
        await sink(request)
        return httpx.Response(200, stream=Endless())

    # when alerts are delivered, then each is sent once
    async with telling(written, endless) as hooks:
        await until(lambda: bool(sink.taken) and not hooks.waiting)
    assert {key.partition("/")[0] for key in sink.taken} == set(operations)
    assert sink.calls == len(sink.taken)
    assert hooks.counts().failed == 0


async def test_an_attempt_ends_after_its_time_though_the_sink_goes_on_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a sink that never gets as far as a status, for as many operations as are sent at the same time
    monkeypatch.setattr(told_outside, "ATTEMPT_S", 0.02)
    slow = [f"slow-{number}" for number in range(SENDS_MAX)]
    written, sink = await silent("real", [*slow, "well"]), Sink()

    async def answer(request: httpx.Request) -> httpx.Response:
        if msgspec.json.decode(await request.aread())["source"].removeprefix("/operations/") in slow:
            await asyncio.Event().wait()
        return await sink(request)

    # when alerts are delivered, then the other operation has its turn, and the attempts count as failed
    async with telling(written, answer) as hooks:
        await until(lambda: bool(sink.taken))
        await until(lambda: hooks.counts().failed > SENDS_MAX)
    assert {key.partition("/")[0] for key in sink.taken} == {"well"}


async def test_a_sink_that_is_down_is_probed_once_for_all_operations() -> None:
    operations = [f"op-{number}" for number in range(3 * SENDS_MAX)]
    written, sink = await silent("real", operations), Sink()
    sink.unreachable = True
    sink.holds.clear()
    async with telling(written, sink) as hooks:
        await until(lambda: sink.under_way == SENDS_MAX)
        sink.holds.set()
        await until(lambda: sink.under_way == 0)
        sink.under_way_max, calls = 0, sink.calls
        await until(lambda: sink.calls > calls + 2 * len(operations))
        assert sink.under_way_max == 1
        sink.unreachable = False
        await until(lambda: not hooks.waiting)
    assert {key.partition("/")[0] for key in sink.taken} == set(operations)
    assert hooks.counts().refused == 0


class WakingSink(Sink):
    """Takes everything from the first message on that it took."""

    async def answer(self, request: httpx.Request) -> httpx.Response:
        answer = await super().answer(request)
        if answer.is_success:
            self.refuses = {}
        return answer


async def test_facts_of_one_alert_stay_in_order_while_later_alerts_overtake_it() -> None:
    written, sink = await silent("real"), WakingSink()
    await written.beat("maulafa", "09:21")
    await written.judge("09:22")
    sink.refuses = {"silent_post": 403}
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 0 and not hooks.waiting)
    assert hooks.counts().refused == 0
    words = [word for word, kind in sink.words() if kind == "silent_post"]
    assert words == ["raised", "retracted"]
    assert sink.words()[0] == ("raised", "no_show"), "a later alert overtook it"


async def test_alerts_of_more_than_a_day_ago_are_dropped_counted_and_noted() -> None:
    written, sink = await silent("real"), Sink()
    async with telling(written, sink, "35:00") as hooks:
        await until(lambda: hooks.caught_up and not hooks.waiting)
        dropped = hooks.counts().dropped
        asked = written.log.partition(TopicPartition(REPORTING_REQUESTS.name, 0))
        await until(lambda: asked.end > 0)
    assert dropped > 1
    assert sink.calls == 0
    assert [fact.upto for fact in await noted(written)] == [1]
    async with telling(written, sink, "35:00") as hooks:
        await until(lambda: hooks.caught_up)
        await written.come("KPG-1", "09:05")
        await written.judge("34:59")
        await until(lambda: ("retracted", "no_show") in sink.words())
        assert hooks.counts().dropped == 0


async def test_by_a_wrong_clock_nothing_goes_out_nothing_is_dropped_and_nothing_noted() -> None:
    """Seven years ahead, every alert would seem to be of more than a day ago."""
    # given alerts that wait, and a clock that was set
    written, sink, ahead_ms = await silent("real"), Sink(), 0
    clock = Clock(system=lambda: at_ms("09:30") + ahead_ms, monotonic=lambda: 0)
    prove(clock)
    ahead_ms = 7 * YEAR_MS
    async with telling(written, sink, clock=clock) as hooks:
        await until(lambda: hooks.caught_up and bool(hooks.waiting))

        # when the next look comes, then nothing is sent and nothing dropped
        await looks(hooks)
        assert (sink.taken, hooks.counts().dropped) == ({}, 0)
        with pytest.raises(LogError, match="nothing is sent: the system clock was set forward"):
            await OwnRequests(written.log, clock).send(
                OPERATION, "real", "told-1", NoteDelivery(sink="default", upto=1), time=at("09:30")
            )
        assert await noted(written) == []

        # and once the clock is right all of it goes out
        ahead_ms = 0
        prove(clock)
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)


async def test_webhooks_that_an_error_ended_are_trouble() -> None:
    written, sink = await silent("real"), Sink()

    def broken(*_: object) -> NoReturn:
        raise RuntimeError("no words")

    hooks = Webhooks(
        written.log, a_clock(), lambda _: "real", HOOK, broken, transport=httpx.MockTransport(sink)
    )
    await hooks.start()
    await until(lambda: hooks.trouble() is not None and hooks.caught_up)
    await until(lambda: "delivering to webhook default ended" in str(hooks.trouble()))
    assert "no words" in str(hooks.trouble())
    await hooks.stop()


async def test_readyz_watches_each_webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    monkeypatch.setenv("PAMWAL_WEBHOOK_URL", "http://127.0.0.1:9/alerts")
    monkeypatch.setenv("PAMWAL_WEBHOOK_SECRET_FILE", str(tmp_path / "secret"))
    async with a_house(tmp_path, await silent("exercise")) as house:
        assert house.edge.health.readiness().checks["webhook default"].ok
        monkeypatch.setattr(told_outside, "LOOK_S", "never")
        await until(lambda: not house.edge.health.readiness().ready)
        check = house.edge.health.readiness().checks["webhook default"]
    assert "start this process anew" in str(check.reason)


def test_prometheus_is_told_of_each_sink() -> None:
    registry = CollectorRegistry()
    registry.register(SinkMetrics([lambda: SinkCounts("default", 5, 4, 1, 3, 2, 7.5)]))
    text = generate_latest(registry).decode()
    for name in ("sent_total", "failed_total", "refused_total", "dropped_total", "waiting", "oldest_seconds"):
        assert f'pamwal_webhook_{name}{{sink="default"}}' in text


async def test_a_sink_that_fails_is_asked_again_until_it_takes_it() -> None:
    written, sink = await silent("real"), Sink(fail=5)
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)
    assert sink.calls == len(sink.taken) + 5


async def test_nothing_of_an_exercise_goes_out() -> None:
    written, sink = await silent("exercise"), Sink()
    async with telling(written, sink) as hooks:
        await until(lambda: hooks.caught_up and not hooks.waiting)
    assert sink.calls == 0


async def test_who_takes_over_tells_what_was_not_noted_again_under_the_same_keys() -> None:
    """The first dies with an answer on its way: the sink has it, the log does not say so."""
    written, sink = await silent("real"), Sink()
    sink.holds.clear()
    async with telling(written, sink):
        await until(lambda: sink.calls == 1)
    sink.holds.set()
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)
    assert sink.calls == len(sink.taken) + 1, "told twice, taken once"


async def test_what_was_noted_is_never_told_again() -> None:
    written, first = await silent("real"), Sink()
    async with telling(written, first) as hooks:
        await until(lambda: len(first.taken) > 1 and not hooks.waiting)
        asked = written.log.partition(TopicPartition(REPORTING_REQUESTS.name, 0))
        await until(lambda: asked.end > 0)
        assert [fact.upto for fact in await noted(written)] == [1]
    second = Sink()
    async with telling(written, second) as hooks:
        await until(lambda: hooks.caught_up)
        await written.come("KPG-1", "09:05")
        await written.judge("09:32")
        await until(lambda: ("retracted", "no_show") in second.words())
    assert not any(key.startswith(f"{OPERATION}/c0~1/") for key in second.taken)
    assert first.taken.keys().isdisjoint(second.taken)


async def test_a_note_that_goes_back_or_too_far_is_refused() -> None:
    written = await silent("real")
    for upto in (1, 1, 99):
        await written.ask(NoteDelivery(sink="default", upto=upto), "09:31", service="reporting")
    assert [fact.upto for fact in await noted(written)] == [1]
    reasons = [each.data.reason.code for each in await written.decided() if each.data.reason is not None]
    assert reasons == ["already_noted", "malformed"]


async def test_a_note_that_is_refused_is_not_requested_again_and_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given an operation with as many sinks as it may have, and one more
    monkeypatch.setattr(told_outside, "NOTE_AGAIN_S", 0.0)
    written, sink = await silent("real"), Sink()
    for number in range(SINKS_MAX):
        note = NoteDelivery(sink=f"sink-{number}", upto=1)
        await written.ask(note, "09:21", service="reporting")
    await written.judge("09:22")
    requests = written.log.partition(TopicPartition(REPORTING_REQUESTS.name, 0))
    async with telling(written, sink) as hooks:
        # when its note is refused, then operators are told why
        await until(lambda: requests.end > SINKS_MAX)
        await written.judge("09:31")
        await until(lambda: hooks.notice() is not None)
        assert f"among them {OPERATION} (too_large: " in str(hooks.notice())

        # and only the next delivery is noted anew
        ends = requests.end
        await written.come("KPG-1", "09:05")
        await written.judge("09:32")
        await until(lambda: requests.end > ends)
        await written.judge("09:33")
    # and a process that starts does not request it again, either
    ends = requests.end
    async with telling(written, Sink()) as hooks:
        await until(lambda: hooks.notice() is not None)
        assert requests.end == ends
    assert hooks.trouble() is None


async def test_a_note_that_nobody_decides_is_requested_ever_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_outside, "NOTE_AGAIN_S", 0.001)
    written = await silent("real")
    requests = written.log.partition(TopicPartition(REPORTING_REQUESTS.name, 0))
    async with telling(written, Sink()) as hooks:
        await until(lambda: requests.end >= 4)
        (of,) = hooks._of.values()
        assert of.ask_again_s == pytest.approx(0.001 * 2 ** (requests.end - 1))


async def test_the_head_of_operations_cannot_note_a_delivery_and_so_suppress_alerts() -> None:
    written, sink = await silent("real"), Sink()
    await written.ask(NoteDelivery(sink="default", upto=1), "09:31")
    await written.ask(NoteDelivery(sink="default", upto=1), "09:31", service="checkin")
    assert await noted(written) == []
    refused = [each.data.reason for each in await written.decided() if each.data.reason is not None]
    assert [(each.code, each.message) for each in refused] == [
        ("not_yours", "only the reporting service itself notes what was delivered")
    ] * 2
    async with telling(written, sink) as hooks:
        await until(lambda: len(sink.taken) > 1 and not hooks.waiting)
    assert ("raised", "silent_post") in sink.words()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"PAMWAL_WEBHOOK_URL": "sink"}, "is no address"),
        ({"PAMWAL_WEBHOOK_URL": "https://sink/x"}, "PAMWAL_WEBHOOK_SECRET_FILE"),
        ({"PAMWAL_WEBHOOK_URL": "https://sink/x", "PAMWAL_WEBHOOK_SECRET_FILE": "short"}, "16 or more"),
        ({"PAMWAL_WEBHOOK_URL": "https://sink/x", "PAMWAL_WEBHOOK_SECRET_FILE": "missing"}, "No such file"),
        ({"PAMWAL_WEBHOOK_URL": "https://sink/x", "PAMWAL_WEBHOOK_NAME": "a b"}, "PAMWAL_WEBHOOK_NAME"),
    ],
)
def test_settings_that_cannot_be_used_say_what_to_do(
    tmp_path: Path, given: dict[str, str], says: str
) -> None:
    (tmp_path / "short").write_text("abc")
    named = {name: str(tmp_path / value) if name.endswith("FILE") else value for name, value in given.items()}
    with pytest.raises(SettingsError, match=says):
        Webhook.from_environment(named)


def test_without_an_address_nothing_is_sent_and_with_all_of_it_there_is_a_sink(tmp_path: Path) -> None:
    assert Webhook.from_environment({}) is None
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    given = {"PAMWAL_WEBHOOK_URL": HOOK.url, "PAMWAL_WEBHOOK_SECRET_FILE": str(secret)}
    assert Webhook.from_environment(given) == HOOK
