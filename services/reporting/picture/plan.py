"""The plan of one operation as the picture knows it: each rally and deployment by its highest version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeVar

from msgspec import Struct

from pamwal.contracts.instants import to_ms
from pamwal.contracts.places import Venue, kecamatan_of
from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentRole,
    DeploymentSwapped,
    NoticeReceipt,
    OfficerRegistered,
    OperationOpened,
    Policy,
    Post,
    RallyCancelled,
    RallyKind,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
)

RallyFact = RallyPlanned | RallyNoticed | RallyMoved | RallyCancelled
DeploymentFact = (
    DeploymentOrdered | DeploymentAcknowledged | DeploymentMoved | DeploymentCancelled | DeploymentSwapped
)
DeploymentStatus = Literal["ordered", "acknowledged", "cancelled", "swapped"]
MINUTE_MS: Final = 60_000
RALLY: Final = "rally/"
F = TypeVar("F")


class Rally(Struct, kw_only=True):
    """A rally as planned now; hours in milliseconds since 1970."""

    rally_id: str
    version: int
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    receipt: NoticeReceipt | None
    cancelled: bool = False
    starts_ms: int = 0
    ends_ms: int = 0

    @property
    def unnoticed(self) -> bool:
        """No notice receipt is known; a debate is the election commission's own and needs none."""
        return self.receipt is None and self.kind != "debate"


class Deployment(Struct, kw_only=True):
    """A deployment as it stands now; hours in milliseconds since 1970, half-open."""

    deployment_id: str
    version: int
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    sprin: str
    postid: str
    status: DeploymentStatus = "ordered"
    starts_ms: int = 0
    ends_ms: int = 0
    reporters: tuple[str, ...] = ()
    """The posts that would report this officer."""

    @property
    def live(self) -> bool:
        """It binds its officer."""
        return self.status in ("ordered", "acknowledged")


class Plan:
    """What stands planned. Made afresh from the facts when one arrived; never changed after."""

    def __init__(
        self,
        opened: OperationOpened | None,
        officers: Mapping[str, OfficerRegistered],
        rallies: Mapping[str, Mapping[int, RallyFact]],
        deployments: Mapping[str, Mapping[int, DeploymentFact]],
    ) -> None:
        self.opened = opened
        self.policy = opened.policy if opened else Policy()
        self.posts: list[Post] = opened.posts if opened else []
        self.rallies = {rally.rally_id: rally for rally in map(rally_of, rallies.values()) if rally}
        self.deployments: dict[str, Deployment] = {}
        self.of_officer: dict[str, list[Deployment]] = {}
        """Officer → live deployments, by start and id."""
        self._within: dict[tuple[int, int], dict[str, list[Deployment]]] = {}
        answering = _answering(self.posts)
        for facts in deployments.values():
            deployment = deployment_of(facts)
            if deployment is None:
                continue
            self.deployments[deployment.deployment_id] = deployment
            if deployment.live:
                deployment.reporters = self._reporters(deployment, officers, answering)
                self.of_officer.setdefault(deployment.officer_id, []).append(deployment)
        for each in self.of_officer.values():
            each.sort(key=lambda deployment: (deployment.starts_ms, deployment.deployment_id))

    def rally_at(self, place: str) -> Rally | None:
        """The rally a place names, if one of that id is planned."""
        return self.rallies.get(place[len(RALLY) :]) if place.startswith(RALLY) else None

    def rallies_within(self, first_ms: int, before_ms: int) -> list[Rally]:
        """Rallies whose hours overlap [first_ms, before_ms), cancelled ones too, by start and id."""
        found = [each for each in self.rallies.values() if _overlap(each, first_ms, before_ms)]
        return sorted(found, key=lambda rally: (rally.starts_ms, rally.rally_id))

    def deployments_within(self, first_ms: int, before_ms: int) -> Mapping[str, list[Deployment]]:
        """Officer → live deployments whose hours overlap [first_ms, before_ms), by start and id."""
        found = self._within.get((first_ms, before_ms))
        if found is None:
            found = self._within[first_ms, before_ms] = {
                officer_id: own
                for officer_id, all_own in self.of_officer.items()
                if (own := [each for each in all_own if _overlap(each, first_ms, before_ms)])
            }
        return found

    def _reporters(
        self,
        deployment: Deployment,
        officers: Mapping[str, OfficerRegistered],
        answering: Mapping[str, tuple[str, ...]],
    ) -> tuple[str, ...]:
        """The posts of the place's kecamatan; where none answers for it, the officer's home post."""
        rally = self.rally_at(deployment.place)
        if rally is not None:
            posts = answering.get(kecamatan_of(rally.venue.kelurahan))
            if posts:
                return posts
        officer = officers.get(deployment.officer_id)
        return (officer.home_post,) if officer else ()


def rally_of(facts: Mapping[int, RallyFact]) -> Rally | None:
    """The rally its facts tell of, in order of their versions; None while its plan has not arrived."""
    rally: Rally | None = None
    for fact in _in_order(facts):
        if isinstance(fact, RallyPlanned):
            rally = _planned(fact)
        elif rally is None:
            continue
        elif isinstance(fact, RallyNoticed):
            rally.receipt = fact.receipt
        elif isinstance(fact, RallyMoved):
            rally.venue, rally.starts_at, rally.ends_at = fact.venue, fact.starts_at, fact.ends_at
        else:
            rally.cancelled = True
    if rally is not None:
        rally.version = max(facts)
        rally.starts_ms, rally.ends_ms = to_ms(rally.starts_at), to_ms(rally.ends_at)
    return rally


def deployment_of(facts: Mapping[int, DeploymentFact]) -> Deployment | None:
    """The deployment its facts tell of, in order of their versions; None while its order has not arrived."""
    deployment: Deployment | None = None
    for fact in _in_order(facts):
        if isinstance(fact, DeploymentOrdered):
            deployment = _ordered(fact)
        elif deployment is None:
            continue
        elif isinstance(fact, DeploymentMoved):
            deployment.starts_at, deployment.ends_at = fact.starts_at, fact.ends_at
        elif isinstance(fact, DeploymentAcknowledged):
            deployment.status = "acknowledged"
        elif isinstance(fact, DeploymentSwapped):
            deployment.status = "swapped"
        else:
            deployment.status = "cancelled"
    if deployment is not None:
        deployment.version = max(facts)
        deployment.starts_ms, deployment.ends_ms = to_ms(deployment.starts_at), to_ms(deployment.ends_at)
    return deployment


def _overlap(one: Rally | Deployment, first_ms: int, before_ms: int) -> bool:
    return one.starts_ms < before_ms and one.ends_ms > first_ms


def _in_order(facts: Mapping[int, F]) -> Iterable[F]:
    return facts.values() if len(facts) == 1 else [facts[version] for version in sorted(facts)]


def _planned(fact: RallyPlanned) -> Rally:
    """The fact carries the plan whole: it replaces the one before, its receipt too."""
    return Rally(
        rally_id=fact.rally_id,
        version=fact.version,
        kind=fact.kind,
        pairs=fact.pairs,
        venue=fact.venue,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        required=fact.required,
        receipt=fact.receipt,
    )


def _ordered(fact: DeploymentOrdered) -> Deployment:
    return Deployment(
        deployment_id=fact.deployment_id,
        version=fact.version,
        officer_id=fact.officer_id,
        place=fact.place,
        role=fact.role,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        sprin=fact.sprin,
        postid=fact.postid,
    )


def _answering(posts: list[Post]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for post in posts:
        for code in post.kecamatan:
            found[code] = (*found.get(code, ()), post.post_id)
    return found
