"""Decisions for tests of the picture, told in the order they are written, on 3 October in Kupang.

Times are wall clocks there, `"09:30"`, from `"24:00"` on those of the next day; each telling returns the
decision, so that a test may reorder them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from pamwal.contracts import field, scheduling
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Channel, Decision, DecisionData, First, Outcome, Reason, RequestRef
from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import Venue
from pamwal.contracts.reporting import Sight, Situation, Strength
from pamwal.contracts.scheduling import DeploymentRole, NoticeReceipt, Policy, Post, Purpose, TaskForce
from pamwal.places import kupang
from services.reporting.picture import OperationPicture, Picture
from services.reporting.views.situation import situation_of

OPERATION = "turangga"
DAY = "2024-10-03"
WITA = timezone(timedelta(hours=8))
POSTS = [
    Post(post_id="alak", name="Posko Alak", kecamatan=["53.71.01"]),
    Post(post_id="maulafa", name="Posko Maulafa", kecamatan=["53.71.02"]),
]
TASK_FORCES = [TaskForce(satgas_id="preventif", name="Satgas Preventif")]
BATU_PLAT, OEPURA, SIKUMANA = "53.71.01.1009", "53.71.02.1001", "53.71.02.1008"
SCHEDULING, FIELD = "pamwal.scheduling.decisions.v1", "pamwal.field.decisions.v1"


def at(clock: str) -> str:
    """The Instant of a wall clock in Kupang: `at("09:30")`, `at("09:30:15")`."""
    return from_ms(at_ms(clock))


def at_ms(clock: str) -> int:
    """The same in milliseconds since 1970."""
    hours, rest = clock.split(":", 1)
    moment = datetime.fromisoformat(f"{DAY}T{int(hours) % 24:02d}:{rest}").replace(tzinfo=WITA)
    return round((moment + timedelta(days=int(hours) // 24)).timestamp() * 1000)


def name_of(code: str) -> str:
    """The name of a kelurahan or kecamatan of Kupang."""
    gazetteer = kupang()
    return gazetteer.kecamatan[code] if len(code) == 8 else gazetteer.place(code).kelurahan


def place_of(name: str) -> str:
    """The place of a rally's id; a `site/…` is one already."""
    return name if name.startswith("site/") else f"rally/{name}"


class Teller:
    """Tells what posts asked and what was decided, and keeps every decision in `told`."""

    def __init__(self, operation_id: str = OPERATION) -> None:
        self.operation_id = operation_id
        self.told: list[Decision[Fact]] = []
        self.clock = "06:00"
        """When what comes next is decided."""
        self._offsets = {SCHEDULING: 0, FIELD: 0}
        self._sequences: dict[str, int] = {}

    def decide(
        self,
        facts: list[Any],
        *,
        topic: str = FIELD,
        post: str = "alak",
        channel: Channel = "app",
        outcome: Outcome = "accepted",
        request_id: str | None = None,
        knownat: str | None = None,
        sequence: int | None = None,
        refused_as: str | None = None,
        warned_of: list[str] | None = None,
    ) -> Decision[Fact]:
        """One decision with the given facts; `refused_as` is its reason's code, or the first answer's."""
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        source = f"/posts/{post}/devices/{channel}"
        number = sequence or self._sequences.get(source, 0) + 1
        self._sequences[source] = number
        why = Reason(code=refused_as, message="test") if refused_as else None
        decision: Decision[Fact] = Decision(
            specversion="1.0",
            id=f"{topic.replace('decisions', 'requests')}/0/{offset}",
            source="/deciders/test",
            type="pamwal.decision.v1",
            time=knownat or at(self.clock),
            operationid=self.operation_id,
            data=DecisionData(
                request=RequestRef(
                    offset=offset,
                    sha256="0" * 64,
                    id=request_id or f"r{topic.split('.')[1][0]}{offset}",
                    type="pamwal.test.v1",
                    source=source,
                    sourceseq=number,
                    postid=post,
                    channel=channel,
                ),
                knownat=knownat or at(self.clock),
                decider_version="test",
                outcome=outcome,
                facts=facts,
                warnings=[Reason(code=code, message="test") for code in warned_of or []],
                reason=why if outcome != "repeat" else None,
                of=First(offset=0, outcome="refused", reason=why) if outcome == "repeat" else None,
            ),
        )
        self.told.append(decision)
        return decision

    def open(
        self, policy: Policy | None = None, posts: list[Post] | None = None, **more: Any
    ) -> Decision[Fact]:
        """The operation is opened."""
        fact = scheduling.OperationOpened(
            id="open/0",
            version=1,
            name="OMP Turangga",
            mode="exercise",
            zone="Asia/Makassar",
            region="53.71",
            starts_on="2024-09-25",
            ends_on="2024-11-23",
            posts=POSTS if posts is None else posts,
            task_forces=more.get("task_forces", TASK_FORCES),
            pairs=["walikota/1", "walikota/2"],
            policy=policy or Policy(),
            parent=more.get("parent"),
        )
        return self.decide([fact], topic=SCHEDULING)

    def register(
        self, *officer_ids: str, satgas: str = "preventif", home_post: str = "alak", version: int = 1
    ) -> Decision[Fact]:
        """Officers join the roster, or their entries change."""
        request_id = f"reg{self._offsets[SCHEDULING]}"
        facts = [
            scheduling.OfficerRegistered(
                id=f"{request_id}/{n}",
                version=version,
                officer_id=each,
                rank="BRIPTU",
                unit="Samapta",
                satgas=satgas,
                home_post=home_post,
            )
            for n, each in enumerate(officer_ids)
        ]
        return self.decide(facts, topic=SCHEDULING)

    def plan(
        self,
        rally_id: str,
        starts: str,
        ends: str,
        *,
        kelurahan: str = BATU_PLAT,
        venue_id: str | None = None,
        required: dict[DeploymentRole, int] | None = None,
        kind: scheduling.RallyKind = "limited_meeting",
        receipt: bool = True,
        version: int = 1,
        expected: int | None = None,
        pairs: tuple[str, ...] = ("walikota/1",),
    ) -> Decision[Fact]:
        """A rally is planned."""
        noticed = NoticeReceipt(number="STTP/1", received_at=at("05:00")) if receipt else None
        fact = scheduling.RallyPlanned(
            id=f"plan-{rally_id}-{version}/0",
            version=version,
            rally_id=rally_id,
            kind=kind,
            pairs=list(pairs),
            venue=Venue(venue_id=venue_id or f"v-{rally_id}", name=f"Balai {rally_id}", kelurahan=kelurahan),
            starts_at=at(starts),
            ends_at=at(ends),
            required=required or {"guard": 2},
            receipt=noticed,
            expected_attendance=expected,
        )
        return self.decide([fact], topic=SCHEDULING)

    def order(
        self,
        officer_id: str,
        rally_id: str,
        starts: str,
        ends: str,
        *,
        role: DeploymentRole = "guard",
        deployment_id: str | None = None,
        version: int = 1,
        purpose: Purpose = "regular",
    ) -> Decision[Fact]:
        """One officer is ordered to a rally or a `site/…`; the id is `<officer>-<place>` if not given."""
        deployment_id = deployment_id or f"{officer_id}-{rally_id.removeprefix('site/')}"
        fact = scheduling.DeploymentOrdered(
            id=f"order-{deployment_id}-{version}/0",
            version=version,
            deployment_id=deployment_id,
            officer_id=officer_id,
            place=place_of(rally_id),
            role=role,
            starts_at=at(starts),
            ends_at=at(ends),
            sprin="Sprin/1",
            postid="alak",
            purpose=purpose,
        )
        return self.decide([fact], topic=SCHEDULING)

    def reserve(
        self, officer_id: str, rally_id: str, starts: str, ends: str, *, role: DeploymentRole = "guard"
    ) -> Decision[Fact]:
        """One officer is kept for a rally or a `site/…`, under the id an order would have."""
        return self.tell(
            scheduling.DeploymentReserved,
            deployment_id=f"{officer_id}-{rally_id.removeprefix('site/')}",
            officer_id=officer_id,
            place=place_of(rally_id),
            role=role,
            starts_at=at(starts),
            ends_at=at(ends),
            postid="alak",
        )

    def tell(self, make: type[Any], version: int = 1, **fields: Any) -> Decision[Fact]:
        """One fact of scheduling as it is."""
        fact = make(id=f"t{self._offsets[SCHEDULING]}/0", version=version, **fields)
        return self.decide([fact], topic=SCHEDULING)

    def step(self, make: type[Any], deployment_id: str, version: int, **fields: Any) -> Decision[Fact]:
        """A deployment takes one step."""
        return self.tell(make, version, deployment_id=deployment_id, **fields)

    def stand_down(self, deployment_id: str, ends: str, version: int = 2) -> Decision[Fact]:
        """Duty ends by name."""
        return self.step(scheduling.DeploymentStoodDown, deployment_id, version, ends_at=at(ends))

    def guard(
        self,
        site_id: str,
        starts: str = "00:00",
        ends: str = "23:59",
        *,
        kelurahan: str = OEPURA,
        required: dict[DeploymentRole, int] | None = None,
        version: int = 1,
    ) -> Decision[Fact]:
        """A site is registered."""
        return self.tell(
            scheduling.SiteRegistered, version, site_id=site_id, kind="logistics", name=f"Gudang {site_id}",
            kelurahan=kelurahan, starts_at=at(starts), ends_at=at(ends), required=required or {"guard": 1},
        )  # fmt: skip

    def excuse(
        self, officer_id: str, starts: str, ends: str, *, absence_id: str = "a1", version: int = 1
    ) -> Decision[Fact]:
        """An officer is absent with leave."""
        return self.tell(
            scheduling.AbsenceRecorded, version, absence_id=absence_id, officer_id=officer_id, kind="sakit",
            starts_at=at(starts), ends_at=at(ends),
        )  # fmt: skip

    def move(
        self, rally_id: str, starts: str, ends: str, *, deployments: list[str], version: int = 2
    ) -> Decision[Fact]:
        """A rally moves to other hours, and its deployments with it."""
        venue = Venue(venue_id=f"v-{rally_id}", name=f"Balai {rally_id}", kelurahan=BATU_PLAT)
        hours = {"starts_at": at(starts), "ends_at": at(ends)}
        facts: list[Any] = [
            scheduling.RallyMoved(
                id=f"move-{rally_id}/0", version=version, rally_id=rally_id, venue=venue, **hours
            )
        ]
        facts += [
            scheduling.DeploymentMoved(
                id=f"move-{rally_id}/{number}", version=version, deployment_id=each, **hours
            )
            for number, each in enumerate(deployments, start=1)
        ]
        return self.decide(facts, topic=SCHEDULING)

    def cancel_order(self, officer_id: str, rally_id: str, *, version: int = 2) -> Decision[Fact]:
        """A deployment is cancelled."""
        fact = scheduling.DeploymentCancelled(
            id=f"cancel-{officer_id}-{rally_id}/0",
            version=version,
            deployment_id=f"{officer_id}-{rally_id}",
            cause="test",
        )
        return self.decide([fact], topic=SCHEDULING)

    def see(
        self,
        what: Literal["in", "out"],
        officer_id: str,
        rally_id: str,
        occurred: str,
        *,
        recorded: str | None = None,
        sent: str | None = None,
        precision: field.Precision = "exact",
        post: str = "alak",
        channel: Channel = "app",
        request_id: str | None = None,
    ) -> Decision[Fact]:
        """An officer is seen coming or going; heard at once unless `recorded` says later."""
        request_id = request_id or f"s{self._offsets[FIELD]}"
        make = field.CheckedIn if what == "in" else field.CheckedOut
        fact = make(
            id=f"{request_id}/0",
            occurred_at=at(occurred),
            recorded_at=at(recorded or occurred),
            sent_at=at(sent) if sent else None,
            officer_id=officer_id,
            place=place_of(rally_id),
            method="manual",
            precision=precision,
        )
        return self.decide(
            [fact], post=post, channel=channel, request_id=request_id, knownat=at(recorded or occurred)
        )

    def come(self, officer_id: str, rally_id: str, occurred: str, **more: Any) -> Decision[Fact]:
        """A check-in."""
        return self.see("in", officer_id, rally_id, occurred, **more)

    def go(self, officer_id: str, rally_id: str, occurred: str, **more: Any) -> Decision[Fact]:
        """A check-out."""
        return self.see("out", officer_id, rally_id, occurred, **more)

    def observe(
        self,
        make: type[Any],
        occurred: str,
        *,
        recorded: str | None = None,
        sent: str | None = None,
        post: str = "alak",
        request_id: str | None = None,
        **fields: Any,
    ) -> Decision[Fact]:
        """One fact of the field as it is; heard at once unless `recorded` says later."""
        request_id = request_id or f"o{self._offsets[FIELD]}"
        heard = at(recorded or occurred)
        fact = make(
            id=f"{request_id}/0", occurred_at=at(occurred), recorded_at=heard,
            sent_at=at(sent) if sent else None, **fields,
        )  # fmt: skip
        return self.decide([fact], post=post, request_id=request_id, knownat=heard)

    def relieve(self, gone: str, come: str, rally_id: str, clock: str) -> Decision[Fact]:
        """One officer hands over to another."""
        request_id = f"h{self._offsets[FIELD]}"
        where: Any = {
            "occurred_at": at(clock), "recorded_at": at(clock), "place": place_of(rally_id),
            "method": "manual",
        }  # fmt: skip
        facts = [
            field.CheckedOut(id=f"{request_id}/0", officer_id=gone, relieved_by=come, **where),
            field.CheckedIn(id=f"{request_id}/1", officer_id=come, relieves=gone, **where),
        ]
        return self.decide(facts, request_id=request_id, knownat=at(clock))

    def call(
        self,
        clock: str,
        present: list[str] | None = None,
        missing: dict[str, field.NotPresentCause] | None = None,
        *,
        post: str = "alak",
        request_id: str | None = None,
    ) -> Decision[Fact]:
        """A roll call: who is there, and who is not with the cause."""
        absent = [field.NotPresent(officer_id=each, cause=why) for each, why in (missing or {}).items()]
        return self.observe(
            field.RollCalled, clock, post=post, request_id=request_id, postid=post, author="padal",
            unit="Sektor Alak", present=present or [], not_present=absent,
        )  # fmt: skip

    def void(
        self,
        fact_id: str,
        *,
        clock: str = "12:00",
        of_post: str | None = None,
        of_officer: str | None = None,
    ) -> Decision[Fact]:
        """An observation is taken back: that of one post, or of any; of one officer, if he says it."""
        fact = field.Voided(
            id=f"void-{fact_id.replace('/', '-')}-{of_post or 'any'}-{of_officer or 'any'}/0",
            occurred_at=at(clock),
            recorded_at=at(clock),
            observation=fact_id,
            cause="test",
            author="someone",
            postid=of_post,
            officer_id=of_officer,
        )
        return self.decide([fact], knownat=at(clock))

    def beat(
        self,
        post: str,
        clock: str,
        *,
        recorded: str | None = None,
        highest: dict[str, int] | None = None,
        queue: int = 0,
    ) -> Decision[Fact]:
        """A post's heartbeat; heard at once unless `recorded` says later."""
        heard = at(recorded or clock)
        request_id = f"b{self._offsets[FIELD]}"
        fact = field.HeartbeatHeard(
            id=f"{request_id}/0",
            occurred_at=at(clock),
            recorded_at=heard,
            postid=post,
            highest=highest or {},
            queue_length=queue,
        )
        return self.decide([fact], post=post, channel="api", request_id=request_id, knownat=heard)

    def picture(self) -> OperationPicture:
        """The operation's picture of all that was told."""
        return picture_of(self.told).operations[self.operation_id]

    def situation(self, clock: str, sight: Sight = "full", day: str | None = None) -> Situation:
        """The situation at a wall clock."""
        return situation_of(self.picture(), at(clock), sight=sight, name_of=name_of, day=day)

    def total(self, clock: str) -> Strength:
        """The total strength at a wall clock."""
        return self.situation(clock).total


def picture_of(decisions: list[Decision[Fact]]) -> Picture:
    """The fold of some decisions, in the given order."""
    picture = Picture("exercise")
    for decision in decisions:
        picture.fold(decision)
    return picture


def facts_of(strength: Strength) -> dict[str, int]:
    """The counts of a strength that are not 0, without what is required."""
    counts: dict[str, int] = {
        name: getattr(strength, name) for name in strength.__struct_fields__ if name != "required"
    }
    counts.pop("required_total")
    return {name: count for name, count in counts.items() if count}
