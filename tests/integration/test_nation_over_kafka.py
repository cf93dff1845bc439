"""Nation, province and two cities in partitions of their own, over a real Kafka: rolled up, cited, anchored.

The three cores decide in this process; the replica that rolls up, verifies and audits is given the log alone.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from pamwal.contracts.claims import Mode
from pamwal.contracts.field import CheckIn, Heartbeat
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import (
    AdmitChild,
    Attachment,
    LendOfficers,
    LoanEntry,
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    RegisterOfficers,
)
from pamwal.contracts.sitrep_sums import rolled_up_of
from pamwal.contracts.sitreps import PublishSitRep, SignSitRep, SitRep, SitRepCited
from pamwal.demo.day import FIRST_DAY, LAST_DAY, POSTS, REGION, TASK_FORCES, ZONE, local_ms
from pamwal.edge.app import Clock
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.local.kafka import LocalKafka
from pamwal.verifying import verify_sitrep
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Log
from pamwal.wire.partitioning import partition_of
from pamwal.wire.topics_admin import apply_topics
from services.reporting.core import ReportingCore
from services.reporting.families import Families
from services.reporting.live import LivePicture
from tests.integration.test_sitreps_over_kafka import HEAD, Day
from tests.unit.reporting.house import until
from tests.unit.reporting.telling import at

pytestmark = pytest.mark.kafka

PARTITIONS: Final = 3
FAMILY: Final[dict[str, str | None]] = {
    "nation": None, "ntt": "nation", "kupang": "ntt", "rote": "ntt",
}  # fmt: skip
LENT, WANTED, OWN = "KPG-1", "KPG-2", "ROT-1"


def a_day(log: Log, operation: str, mode: Mode = "real") -> Day:
    return Day(log, partition_of(operation.encode(), PARTITIONS), operation, mode)


@pytest.fixture
async def log(own_kafka: LocalKafka) -> AsyncIterator[Log]:
    apply_topics(own_kafka.bootstrap_servers, PARTITIONS, exercise=True)
    log = KafkaLog(own_kafka.bootstrap_servers)
    yield log
    await log.close()


@asynccontextmanager
async def a_replica(log: Log) -> AsyncIterator[Families]:
    live = LivePicture(log, Clock(start_ms=local_ms("09:30"), speed=0.001, anchor_ms=system_ms()))
    families = Families(live)
    await live.start()
    yield families
    await live.stop()


async def said(day: Day, clock: str, *data: Any, post: str = HEAD) -> None:
    await day.ask(clock, *((each, post, clock) for each in data))


def opening(name: str, parent: str | None, mode: Mode = "real") -> OpenOperation:
    return OpenOperation(
        name=name, mode=mode, zone=ZONE, region=REGION, starts_on=FIRST_DAY, ends_on=LAST_DAY,
        posts=list(POSTS), task_forces=list(TASK_FORCES), pairs=["walikota/1"], parent=parent,
    )  # fmt: skip


def entry(officer: str, attachment: Attachment | None = None) -> OfficerEntry:
    return OfficerEntry(
        officer_id=officer, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="maulafa",
        person_ref=PersonalRef(ref="r", digest="0" * 64), attachment=attachment,
    )  # fmt: skip


async def planned(day: Day, entries: list[OfficerEntry], ordered: list[str]) -> None:
    """A rally from 09:00 to 11:00 and who is ordered to it."""
    venue = Venue(venue_id="v", name="Balai", kelurahan="53.71.02.1001")
    hours = {"starts_at": at("09:00"), "ends_at": at("11:00")}
    rally = PlanRally(
        rally_id="a", kind="dialogue", pairs=["walikota/1"], venue=venue, required={"guard": 2}, **hours
    )
    orders = [
        Order(deployment_id=f"d-{each}", officer_id=each, place="rally/a", role="guard", **hours)
        for each in ordered
    ]
    await said(day, "06:00", RegisterOfficers(officers=entries), rally)
    await said(day, "06:00", OrderDeployments(sprin="S/1", orders=orders))


async def a_country(log: Log) -> dict[str, Day]:
    """Kupang lends an officer to Rote; another is ordered in both, and nobody lent him."""
    days = {name: a_day(log, name) for name in FAMILY}
    assert days["kupang"].partition != days["rote"].partition
    drill = a_day(log, "latihan", "exercise")
    await said(drill, "05:00", opening("latihan", "ntt", "exercise"))
    for name, parent in FAMILY.items():
        await said(days[name], "05:00", opening(name, parent))
    for name, parent in FAMILY.items():
        if parent is not None:
            await said(days[parent], "05:00", AdmitChild(child=name))
    hours = {"starts_at": at("08:00"), "ends_at": at("12:00")}
    loan = LoanEntry(loan_id="l1", officer_id=LENT, to_operation="rote", **hours)
    await planned(days["kupang"], [entry(LENT), entry(WANTED)], [WANTED])
    await said(days["kupang"], "06:10", LendOfficers(loans=[loan]))
    lent = entry(LENT, Attachment(operation_id="kupang", loan_id="l1", **hours))
    await planned(days["rote"], [lent, entry(WANTED), entry(OWN)], [LENT, WANTED, OWN])
    await said(
        days["rote"], "08:55", CheckIn(officer_id=LENT, place="rally/a", method="manual"), post="maulafa"
    )
    for name in ("kupang", "rote"):
        await said(days[name], "09:29", Heartbeat(), post="maulafa")
    await drill.decide("09:29")
    for day in days.values():
        await day.decide("09:29")
    return days


async def published(day: Day, issuer: Issuer, clock: str, *children: SitRepCited) -> SitRepCited:
    """A SitRep that cites these, signed; and how it is cited itself."""
    await said(day, clock, PublishSitRep(children=list(children) or None))
    await day.decide(clock)
    fact, _ = (await day.sitreps())[-1]
    jws = issuer.seal(fact.document.encode())
    await said(day, clock, SignSitRep(number=fact.number, sha256=fact.sha256, kid=issuer.kid, jws=jws))
    await day.decide(clock)
    counted = rolled_up_of(msgspec.json.decode(fact.document, type=SitRep))
    return SitRepCited(operation_id=day.operation, number=fact.number, sha256=fact.sha256, rolled_up=counted)


async def test_a_nation_is_rolled_up_and_its_sitrep_cites_what_lies_below(
    log: Log, own_kafka: LocalKafka, tmp_path: Path
) -> None:
    days = await a_country(log)
    async with a_replica(log) as families:
        await until(lambda: all_there(families))
        nation = families.look("nation", "real", "full")
    total = nation.rolled_up
    assert total is not None
    assert (total.operations, total.unseen, total.cycle) == (4, [], [])
    assert (total.strength.ordered, total.strength.present, total.strength.absent) == (3, 1, 2)
    assert [(row.operation_id, row.operations) for row in nation.children] == [("ntt", 3)]
    assert [(each.officer_id, each.first.operation_id) for each in total.overlaps] == [(WANTED, "kupang")]

    issuer = Issuer(tmp_path / "issuer")
    city = await published(days["kupang"], issuer, "09:30")
    province = await published(days["ntt"], issuer, "09:31", city, SitRepCited(operation_id="rote"))
    whole = (await published(days["nation"], issuer, "09:32", province)).rolled_up
    assert whole is not None
    assert (whole.counts.operations, whole.counts.ordered, whole.missing) == (3, 1, ["rote"])
    assert whole.oldest_at == at("09:30")
    found = await verify_sitrep(ReportingCore(), log, {issuer.kid: issuer.public_key}, "nation", 1)
    assert found.holds
    assert [(each.operation_id, each.number, each.wrong) for each in found.cited] == [("ntt", 1, None)]
    anchor = str(tmp_path / "anchor.json")
    assert "consistent" in await audit(own_kafka, issuer, tmp_path, "--anchor-to", anchor)
    assert stat.filemode(Path(anchor).stat().st_mode) == "-rw-------"
    told = await audit(own_kafka, issuer, tmp_path, "--anchor", anchor, "--anchor", "sitrep")
    assert "unaltered: " in told
    assert f"pamwal.field.decisions.v1-{days['rote'].partition}: unaltered up to" in told


def all_there(families: Families) -> bool:
    """All that was decided is folded."""
    found = families.look("nation", "real", "full").rolled_up
    return found is not None and (found.operations, found.strength.present, found.posts.heard) == (4, 1, 2)


async def audit(own_kafka: LocalKafka, issuer: Issuer, folder: Path, *arguments: str) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PAMWAL_")}
    given = {"PAMWAL_BOOTSTRAP_SERVERS": own_kafka.bootstrap_servers, "PAMWAL_ISSUER": str(folder / "issuer")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pamwal.quiet", "pamwal.cli.main", "audit", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**plain, **given},
    )  # fmt: skip
    told = (await process.communicate())[0].decode()
    assert process.returncode == 0, told
    return told
