"""Which rallies, incidents, posts and alerts a number of the situation counts, and their facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, get_args

from pamwal.contracts.explained import FactBehind, SubjectBehind
from pamwal.contracts.field import IncidentState, Severity
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field.incident_account import Told
from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting import RallyState, Sight
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.heard import PostHeard
from services.reporting.views.alerts import operation_alerts
from services.reporting.views.incidents import CLOSED, incidents_of
from services.reporting.views.posts import posts_of
from services.reporting.views.rallies import rallies_of
from services.reporting.views.stands import Window
from services.reporting.views.window import window_of, zone_of

Counts = Callable[[Any], bool]
"""Whether a row of the situation is one of those that a number counts."""


def _is(state: str) -> Counts:
    return lambda row: bool(row.state == state)


def _open_and(severity: str) -> Counts:
    return lambda row: row.state not in CLOSED and row.severity == severity


def _of(kind: str) -> Counts:
    return lambda row: bool(row.kind == kind)


_RALLIES: Final[dict[str, Counts]] = {
    **{f"rallies_{state}": _is(state) for state in get_args(RallyState)},
    "rallies_unnoticed": lambda row: row.unnoticed,
}
_INCIDENTS: Final[dict[str, Counts]] = {
    "incidents_open": lambda row: row.state not in CLOSED,
    "incidents_escalated": lambda row: row.state not in CLOSED and row.escalated_to is not None,
    **{f"incidents_{state}": _is(state) for state in get_args(IncidentState)},
    **{f"incidents_{severity}": _open_and(severity) for severity in get_args(Severity)},
}
_POSTS: Final[dict[str, Counts]] = {
    "posts_heard": lambda row: row.listed and not row.silent,
    "posts_silent": lambda row: row.listed and row.silent,
    "posts_closed": lambda row: row.listed and row.closed_at is not None,
}
_ALERTS: Final[dict[str, Counts]] = {
    "alerts_standing": lambda _row: True,
    "alerts_unconfirmed": lambda row: row.unconfirmed,
    **{f"alerts_{kind}": _of(kind) for kind in get_args(AlertKind)},
}
REQUIRED: Final = "required_total"
NUMBERS: Final = frozenset({*_RALLIES, *_INCIDENTS, *_POSTS, *_ALERTS, "alerts_new", REQUIRED})
"""Numbers of a situation's total that count rallies, incidents, posts or alerts, or what places need."""


def subjects_behind(
    picture: OperationPicture, now: str, *, number: str, sight: Sight, day: str | None = None
) -> list[SubjectBehind]:
    """What one of NUMBERS counts at the Instant `now`, on the local `day` (default: that of `now`).

    What concerns `intel` is counted for full sight only. ValueError if `day` is none.
    """
    window = window_of(picture, now, day)
    if number in _RALLIES:
        return list(_rallies(picture, window, _RALLIES[number]))
    if number in _INCIDENTS:
        return list(_incidents(picture, _INCIDENTS[number]))
    if number in _POSTS:
        local = day or local_day(now, zone_of(picture))
        return list(_posts(picture, window, local, _POSTS[number]))
    if number == REQUIRED:
        return _required(picture, window, sight)
    return _alerts(picture, now, number, sight)


def _rallies(picture: OperationPicture, window: Window, counts: Counts) -> Iterator[SubjectBehind]:
    found = picture.plan.rallies_within(window.first_ms, window.before_ms)
    for row in rallies_of(picture, found, window.now_ms).rows:
        if counts(row):
            facts = _of_rally(picture, row.rally_id, window.now_ms)
            yield SubjectBehind(subject=f"rally/{row.rally_id}", state=row.state, facts=facts)


def _of_rally(picture: OperationPicture, rally_id: str, now_ms: int) -> list[FactBehind]:
    """The plan's by version, then those of the field that stand, by when they happened."""
    subject = f"rally/{rally_id}"
    seen = [
        (happened_ms(fact)[0], fact.id, post, fact)
        for (post, _), fact in picture.rallies_seen.get(rally_id, {}).items()
        if not picture.voided(post, fact.id) and happened_ms(fact)[0] <= now_ms
    ]
    return [
        *planned_by(picture.planned.rallies.get(rally_id, {}), subject),
        *(told_by(fact, subject, post) for _, _, post, fact in sorted(seen, key=lambda each: each[:3])),
    ]


def _incidents(picture: OperationPicture, counts: Counts) -> Iterator[SubjectBehind]:
    for row in incidents_of(picture, "full").rows:
        if not counts(row):
            continue
        subject = f"incident/{row.incident_id}"
        told = [each for one in (row.incident_id, *row.duplicates) for each in _told(picture, one)]
        told.sort(key=lambda each: each.said)
        facts = [told_by(each.fact, subject, each.post, each.channel) for each in told]
        yield SubjectBehind(subject=subject, state=row.state, facts=facts)


def _told(picture: OperationPicture, incident_id: str) -> list[Told[Any]]:
    """The reports that stand, and the steps and details that were told."""
    account = picture.incidents[incident_id]
    stand = account.stand(picture.voided, picture.voids_told)
    reports = [] if stand is None else stand.reports
    details = (each for each in account.details.values() if not picture.voided(each.post, each.fact.id))
    return [*reports, *account.steps.values(), *details]


def _posts(picture: OperationPicture, window: Window, day: str, counts: Counts) -> Iterator[SubjectBehind]:
    for row in posts_of(picture, window, day).rows:
        if not counts(row):
            continue
        subject = f"post/{row.post_id}"
        facts: list[FactBehind] = []
        heard = picture.posts.get(row.post_id)
        if heard is not None:
            facts += _newest_heard(heard, subject, row.post_id)
        closed = picture.affairs.closed(row.post_id, day, window.now_ms)
        if closed is not None:
            facts.append(told_by(closed[1], subject, row.post_id))
        yield SubjectBehind(subject=subject, state="silent" if row.silent else "heard", facts=facts)


def _newest_heard(heard: PostHeard, subject: str, post: str) -> Iterator[FactBehind]:
    """Its newest heartbeat, and the report that an edge had last."""
    if heard.heartbeat is not None:
        yield told_by(heard.heartbeat, subject, post)
    newest = heard.told.newest(heard.told_then)
    if newest is not None:
        fact, request = newest
        yield told_by(fact, subject, post, request.channel, request.source)


def _alerts(picture: OperationPicture, now: str, number: str, sight: Sight) -> list[SubjectBehind]:
    told = operation_alerts(picture, now, sight=sight, vector={}, limit=len(picture.alerts.known) + 1)
    ids = picture.alerts.standing.keys()
    return [
        SubjectBehind(
            subject=f"alert/{row.alert_id}",
            state=row.state,
            facts=[_alerting(fact, row.subject) for fact in picture.alerts.facts_of(row.alert_id)],
            evidence=row.evidence,
        )
        for row in told.alerts
        if (_ALERTS[number](row) if number != "alerts_new" else row.state == "new" and row.under not in ids)
    ]


def _required(picture: OperationPicture, window: Window, sight: Sight) -> list[SubjectBehind]:
    """The places that need somebody, and how many of each role that the reader sees."""
    within = window.first_ms, window.before_ms
    needs: list[tuple[str, Mapping[DeploymentRole, int], list[FactBehind]]] = []
    for rally in picture.plan.rallies_within(*within):
        if not rally.cancelled:
            subject = f"rally/{rally.rally_id}"
            needs.append(
                (subject, rally.required, list(planned_by(picture.planned.rallies[rally.rally_id], subject)))
            )
    for site in picture.plan.sites_within(*within):
        fact = picture.planned.sites[site.site_id]
        needs.append((f"site/{site.site_id}", site.required, [_plan_fact(fact, f"site/{site.site_id}")]))
    subjects = []
    for subject, required, facts in needs:
        told = {role: n for role, n in required.items() if sight == "full" or role != "intel"}
        if told:
            state = ", ".join(f"{count} {role}" for role, count in sorted(told.items()))
            subjects.append(
                SubjectBehind(subject=subject, state=state, facts=facts, count=sum(told.values()))
            )
    return subjects


def told_by(
    fact: Any, about: str, post: str | None, channel: str | None = None, source: str | None = None
) -> FactBehind:
    """A fact of the field, as it is shown."""
    return FactBehind(
        fact_id=fact.id,
        kind=str(fact.__struct_config__.tag),
        about=about,
        at=from_ms(happened_ms(fact)[0]),
        recorded_at=fact.recorded_at,
        post_id=post or None,
        channel=channel or None,
        source=source,
    )


def planned_by(told: Mapping[int, Any], about: str) -> Iterator[FactBehind]:
    """What the plan decided of something, in the order in which it was."""
    return (_plan_fact(told[version], about) for version in sorted(told))


def _plan_fact(fact: Any, about: str) -> FactBehind:
    return FactBehind(fact_id=fact.id, kind=str(fact.__struct_config__.tag), about=about)


def _alerting(fact: Any, subject: str) -> FactBehind:
    return FactBehind(
        fact_id=fact.id, kind=str(fact.__struct_config__.tag), about=subject, at=fact.at, recorded_at=fact.at
    )
