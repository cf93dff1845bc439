"""`python -m benchmarks.asof`: how soon it is said how it was, by what was known at another moment.

The facts are made here, as decisions of both contexts; no log and no broker is needed. A read is what the
route does for a reader of everything: picture, situation by pair and role too, what it knew, and JSON. The
first look at each operation is among them. The garbage collector is set as a service sets it.
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Iterator
from importlib.metadata import version
from statistics import quantiles
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from benchmarks.machine import load_line, processor
from benchmarks.report import Report, at_most
from pamwal.contracts import field, scheduling
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.places import Venue
from pamwal.service import COLLECT_AFTER
from pamwal.wire.log import TopicPartition
from services.reporting.picture import Pictures
from services.reporting.picture.decided import Asked, Decided, DecidedData
from services.reporting.picture.history import FIELD, PLAN, History
from services.reporting.views.posts import posts_heard
from services.reporting.views.situation import situation_of
from services.reporting.words import name_of

FIRST_MS: Final = to_ms("2024-09-25T00:00:00.000Z")
DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
POSTS: Final = ("alak", "kelapa-lima", "maulafa", "oebobo", "kota-lama")
KECAMATAN: Final = ("53.71.01", "53.71.03", "53.71.02", "53.71.04", "53.71.05")
RALLIES: Final = 14
OFFICERS: Final = 151
READS: Final = 400
WITHIN_S: Final = 240.0
_encode: Final = msgspec.json.Encoder().encode


class Operation:
    """One district: each day 14 rallies and 151 officers ordered, seen coming twice, and going twice."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.operation_id, self.partition = f"op-{number:03d}", number
        self._chance = chance
        self._offsets = {PLAN: 0, FIELD: 0}
        self._numbers = dict.fromkeys(POSTS, 0)

    def decisions(self, days: int) -> Iterator[tuple[str, int, Decided]]:
        """Topic, offset and decision, each topic in the order of its log."""
        yield self._say(PLAN, FIRST_MS - DAY_MS, [_opened(days)])
        roster: list[Any] = [
            scheduling.OfficerRegistered(
                id=f"r/{n}", version=1, officer_id=f"o-{n}", rank="BRIPTU", unit="Samapta",
                satgas="satgas", home_post=POSTS[n % 5],
            )
            for n in range(OFFICERS)
        ]  # fmt: skip
        yield self._say(PLAN, FIRST_MS - DAY_MS, roster)
        for day in range(days):
            starts_ms = FIRST_MS + day * DAY_MS
            yield self._say(PLAN, starts_ms - 10 * 60 * MINUTE_MS, _planned(day, starts_ms))
            for at_ms, post, fact in sorted(self._seen(day, starts_ms), key=lambda each: each[0]):
                yield self._say(FIELD, at_ms, [fact], post)

    def _say(
        self, topic: str, known_ms: int, facts: list[Any], post: str | None = None
    ) -> tuple[str, int, Decided]:
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        asked = Asked(offset=offset, mode="exercise")
        if post is not None:
            self._numbers[post] += 1
            asked = Asked(
                offset=offset, postid=post, channel="app", source=f"/posts/{post}/devices/1",
                sourceseq=self._numbers[post], mode="exercise",
            )  # fmt: skip
        data = DecidedData(request=asked, knownat=from_ms(known_ms), outcome="accepted", facts=facts)
        return topic, offset, Decided(self.operation_id, data)

    def _seen(self, day: int, starts_ms: int) -> Iterator[tuple[int, str, Any]]:
        """When it was heard, by which post, and what."""
        for n in range(OFFICERS):
            for number, (make, minute) in enumerate(
                ((field.CheckedIn, 5), (field.CheckedIn, 6), (field.CheckedOut, 245), (field.CheckedOut, 246))
            ):
                at_ms = (
                    starts_ms + (n % RALLIES * 20 + minute) * MINUTE_MS + self._chance.randrange(MINUTE_MS)
                )
                heard_ms = at_ms + (30 * MINUTE_MS if self._chance.random() < 0.1 else 200)
                fact = make(
                    id=f"s-{day}-{n}-{number}/0", occurred_at=from_ms(at_ms), sent_at=from_ms(heard_ms - 80),
                    recorded_at=from_ms(heard_ms), officer_id=f"o-{n}",
                    place=f"rally/r-{day}-{n % RALLIES}", method="manual",
                )  # fmt: skip
                yield heard_ms, POSTS[(n + number) % 5], fact
        for minute in range(0, 14 * 60, 10):
            for post in POSTS:
                heard = from_ms(starts_ms + minute * MINUTE_MS)
                beat = field.HeartbeatHeard(
                    id=f"b-{day}-{minute}-{post}/0", occurred_at=heard, recorded_at=heard, postid=post
                )
                yield starts_ms + minute * MINUTE_MS, post, beat


def _opened(days: int) -> scheduling.OperationOpened:
    return scheduling.OperationOpened(
        id="open/0", version=1, name="OMP", mode="exercise", zone="Asia/Makassar", region="53.71",
        starts_on=from_ms(FIRST_MS)[:10], ends_on=from_ms(FIRST_MS + days * DAY_MS)[:10],
        posts=[
            scheduling.Post(post_id=post, name=post, kecamatan=[code])
            for post, code in zip(POSTS, KECAMATAN, strict=True)
        ],
        task_forces=[scheduling.TaskForce(satgas_id="satgas", name="Satgas")], pairs=["walikota/1"],
        policy=scheduling.Policy(),
    )  # fmt: skip


def _planned(day: int, starts_ms: int) -> list[Any]:
    """A day's rallies and orders."""
    hours = [
        {
            "starts_at": from_ms(starts_ms + n * 20 * MINUTE_MS),
            "ends_at": from_ms(starts_ms + (n + 12) * 20 * MINUTE_MS),
        }
        for n in range(RALLIES)
    ]
    found: list[Any] = [
        scheduling.RallyPlanned(
            id=f"p-{day}-{n}/0", version=1, rally_id=f"r-{day}-{n}", kind="dialogue", pairs=["walikota/1"],
            venue=Venue(venue_id=f"v-{n}", name="Balai", kelurahan=f"{KECAMATAN[n % 5]}.1001"),
            required={"guard": 10}, **hours[n],
        )
        for n in range(RALLIES)
    ]  # fmt: skip
    return found + [
        scheduling.DeploymentOrdered(
            id=f"d-{day}-{n}/0", version=1, deployment_id=f"d-{day}-{n}", officer_id=f"o-{n}",
            place=f"rally/r-{day}-{n % RALLIES}", role="guard", sprin="Sprin/1", postid="alak",
            **hours[n % RALLIES],
        )
        for n in range(OFFICERS)
    ]  # fmt: skip


def kept(operations: int, days: int) -> tuple[History, int]:
    """What a replica keeps of so many operations, and how many facts that is."""
    pictures = Pictures()
    history, facts, chance = History(pictures), 0, random.Random(5)
    gc.disable()
    for number in range(operations):
        for topic, offset, decision in Operation(number, chance).decisions(days):
            pictures.fold(decision)
            history.partition(TopicPartition(topic, number)).take(offset, decision)
            facts += len(decision.data.facts)
    gc.enable()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)  # as a service does
    return history, facts


def reads_ms(
    history: History, operations: int, days: int, chance: random.Random
) -> tuple[list[float], list[float]]:
    """How long each of some reads took, by the clock and of CPU time.

    An operation, K and T by chance, T up to two hours before K.
    """
    took, used = [], []
    for _ in range(READS):
        number = chance.randrange(operations)
        known_ms = FIRST_MS + chance.randrange(days) * DAY_MS + chance.randrange(14 * 60) * MINUTE_MS
        at_ms = known_ms - chance.randrange(120) * MINUTE_MS
        began, began_used = time.perf_counter(), time.process_time()
        cut = history.at_moment(number, known_ms)
        picture = history.as_of(f"op-{number:03d}", "exercise", cut, at_ms)
        assert picture is not None
        at = from_ms(at_ms)
        found = situation_of(picture, at, sight="full", name_of=name_of, vector=cut.vector, wide=True)
        knew = Knowledge(known=from_ms(known_ms), settled=True, posts=posts_heard(picture, at))
        _encode(replace(found, knowledge=knew))
        took.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - began_used) * 1000)
    return took, used


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="How soon it is said how it was.")
    parser.add_argument("--operations", type=int, default=200, help="of five days, about 5,300 facts, each")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    report = Report("asof", [f"{processor()}, msgspec {version('msgspec')}", load_line()])
    for key, words, operations, days, targets in (
        ("asof", "one of many operations", asked.operations, 5, (3.0, 6.0)),
        ("asof_sixty_days", "one operation of sixty days", 1, 60, (None, 50.0)),
    ):
        history, facts = kept(operations, days)
        report.say(f"{words}: {facts:,} facts, {READS} reads a run")
        chance = random.Random(7)
        for _ in report.rounds(words, asked.runs, WITHIN_S):
            took, used = reads_ms(history, operations, days, chance)
            cuts, cpu = quantiles(took, n=100), quantiles(used, n=100)
            p50, p95 = (None if target is None else at_most(target) for target in targets)
            report.figure(f"{key}_p50_ms", f"{words}: p50 ms", cuts[49], p50)
            report.figure(f"{key}_p95_ms", f"{words}: p95 ms", cuts[94], p95)
            report.figure(f"{key}_p50_cpu_ms", f"{words}: p50 ms of CPU", cpu[49])
            report.figure(f"{key}_p95_cpu_ms", f"{words}: p95 ms of CPU", cpu[94])
        del history
    report.show()


if __name__ == "__main__":
    main()
