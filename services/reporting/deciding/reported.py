"""What the plan and the field left undone: notices, incidents, polls, and numbers of a source. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pamwal.contracts.field import Severity
from pamwal.contracts.incidents_shown import IncidentRow
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.ledger import Gap
from pamwal.contracts.posts_shown import PollRow
from pamwal.contracts.zones import DAY_MS
from services.reporting.deciding.asked import numbers_of
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.heard import reset_to
from services.reporting.picture.places import RALLY, Rally
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.views.incidents import CLOSED, incidents_of
from services.reporting.views.polls import polls_of
from services.reporting.views.stands import Window

NOTICED_BEFORE_MS: Final = DAY_MS
"""So long before a rally its notice receipt (STTP) must be known. Ours."""
VERIFIED_WITHIN_MIN: Final[dict[Severity, int]] = {"extreme": 10, "severe": 15, "moderate": 30, "minor": 60}
"""So long after a report was heard somebody must have verified it. Ours."""
CONTAINED_WITHIN_MIN: Final[dict[Severity, int]] = {
    "extreme": 60, "severe": 120, "moderate": 240, "minor": 480,
}  # fmt: skip
"""So long after a report was heard the incident must be contained. Ours."""
_CONTAINED: Final = CLOSED | {"contained"}
INCIDENT: Final = "incident/"
POLL: Final = "poll/"


# -- notices -----------------------------------------------------------------------------------------------


def find_unnoticed(look: Look) -> Iterator[Found]:
    """Rallies that begin within a day, or began, and of which no receipt is known."""
    for rally in _rallies(look):
        due_ms = rally.starts_ms - NOTICED_BEFORE_MS
        if rally.unnoticed and not rally.cancelled and look.from_then(due_ms):
            yield Found(
                kind="unnoticed_rally",
                subject=f"{RALLY}{rally.rally_id}",
                episode=from_ms(due_ms),
                since_ms=due_ms,
                evidence=[_last_word(look, rally.rally_id)],
                place=f"{RALLY}{rally.rally_id}",
            )


def end_unnoticed(look: Look, stand: AlertStand) -> Ended:
    """Why the rally is not called unnoticed any more."""
    rally = look.plan.rally_at(stand.raised.subject)
    if rally is None or rally.cancelled:
        evidence = [] if rally is None else [_last_word(look, rally.rally_id)]
        return Ended(reason="released", evidence=evidence)
    if not rally.unnoticed:
        return Ended(reason="noticed", evidence=[_last_word(look, rally.rally_id)])
    changed = from_ms(rally.starts_ms - NOTICED_BEFORE_MS) != stand.raised.episode
    return Ended(reason="changed" if changed else "expired")


def _rallies(look: Look) -> list[Rally]:
    return look.plan.rallies_within(look.day.first_ms - DAY_MS, look.day.before_ms + 2 * DAY_MS)


def _last_word(look: Look, rally_id: str) -> str:
    told = look.picture.planned.rallies[rally_id]
    return told[max(told)].id


# -- incidents ---------------------------------------------------------------------------------------------


def find_overdue(look: Look) -> Iterator[Found]:
    """Open incidents that should be verified or contained by now."""
    for row in incidents_of(look.picture, "full", look.as_of).rows:
        due_ms = _due_ms(look, row)
        if due_ms is not None and look.from_then(due_ms + 1):
            yield Found(
                kind="overdue_incident",
                subject=f"{INCIDENT}{row.incident_id}",
                episode=from_ms(due_ms),
                since_ms=due_ms,
                evidence=[_first_report(look, row.incident_id)[0]],
                place=row.place,
            )


def end_overdue(look: Look, stand: AlertStand) -> Ended:
    """Why the incident is not called overdue any more."""
    incident_id = stand.raised.subject.removeprefix(INCIDENT)
    row = next(
        (each for each in incidents_of(look.picture, "full").rows if each.incident_id == incident_id), None
    )
    if row is None:
        return Ended(reason="released")
    account = look.picture.incidents[incident_id].stand(look.picture.voided, look.picture.voids_told)
    steps = [] if account is None else account.history
    if row.state == "reported" or not steps:
        return Ended(reason="changed")
    return Ended(reason="stepped", evidence=[steps[0].fact.id])


def _due_ms(look: Look, row: IncidentRow) -> int | None:
    """From when an edge had the first report: before that nobody could see to it. None: nothing is due."""
    if row.state in _CONTAINED:
        return None
    within = VERIFIED_WITHIN_MIN if row.state == "reported" else CONTAINED_WITHIN_MIN
    return to_ms(_first_report(look, row.incident_id)[1]) + within[row.severity] * MINUTE_MS


def _first_report(look: Look, incident_id: str) -> tuple[str, str]:
    """Id of the report that counts, and when the first of all reports was heard."""
    account = look.picture.incidents[incident_id].stand(look.picture.voided, look.picture.voids_told)
    reports = [] if account is None else account.reports
    return reports[0].fact.id, min(told.fact.recorded_at for told in reports)


# -- polls -------------------------------------------------------------------------------------------------


def find_missed(look: Look) -> Iterator[Found]:
    """Accountability polls that are over and in which somebody did not answer."""
    for row in _polls(look):
        due_ms = to_ms(row.due_at)
        if not look.from_then(due_ms) or not row.missed:
            continue
        began = look.picture.affairs.polls[row.poll_id].beginning()
        yield Found(
            kind="missed_par",
            subject=f"{POLL}{row.poll_id}",
            episode=row.due_at,
            since_ms=due_ms,
            evidence=[] if began is None else [began[1].id],
            place=row.place,
            posts=[row.post_id],
            counts={"asked": row.asked, "missed": row.missed},
        )


def end_missed(look: Look, stand: AlertStand) -> Ended:
    """Why nobody of the poll is missed any more."""
    row = next((each for each in _polls(look) if f"{POLL}{each.poll_id}" == stand.raised.subject), None)
    if row is None:
        return Ended(reason="expired" if look.is_past(to_ms(stand.raised.since)) else "released")
    return Ended(reason="changed" if row.missed else "accounted")


def _polls(look: Look) -> list[PollRow]:
    day = look.day
    return polls_of(
        look.picture,
        Window(first_ms=day.first_ms - DAY_MS, before_ms=day.before_ms, now_ms=day.now_ms),
        "full",
    ).rows


# -- numbers -----------------------------------------------------------------------------------------------


def find_gaps(look: Look) -> Iterator[Found]:
    """Sources whose post says that nothing waits there any more, while numbers they gave out never came."""
    for post, heard in look.picture.posts.items():
        beat = heard.heartbeat
        for source in beat.highest if beat is not None else ():
            gaps = _missing(look, post, source)
            if beat is None or not gaps:
                continue
            found = Found(
                kind="sequence_gap",
                subject=source.removeprefix("/"),
                episode=str(gaps[0].first),
                since_ms=to_ms(beat.recorded_at),
                evidence=[beat.id],
                posts=[post],
                counts={
                    "missing": sum(gap.last - gap.first + 1 for gap in gaps),
                    "first": gaps[0].first,
                    "last": gaps[-1].last,
                },
            )
            if not beat.queue_length or found.alert_id in look.alerts.standing:
                yield found


def end_gap(look: Look, stand: AlertStand) -> Ended:
    """Why the numbers are not called missing any more: the first of them came, or the source was reset."""
    gaps = _missing(look, stand.raised.posts[0], f"/{stand.raised.subject}")
    first = int(stand.raised.episode)
    still = any(gap.first <= first <= gap.last for gap in gaps)
    if still:
        return Ended(reason="changed")
    reset = look.picture.resets.get(f"/{stand.raised.subject}")
    if reset is not None and reset.up_to >= first:
        return Ended(reason="reset", evidence=[reset.id])
    return Ended(reason="arrived")


def _missing(look: Look, post: str, source: str) -> list[Gap]:
    """What neither the field and scheduling nor reporting had, in ascending order."""
    heard = look.picture.posts.get(post)
    known = None if heard is None else heard.sources.get(source)
    if known is None:
        return []
    gaps = known.lost(reset_to(look.picture.resets, source))
    answered = numbers_of(look.asked, post, source)
    if answered is None or not gaps:
        return gaps
    both = ((one, other) for one in gaps for other in answered.gaps(gaps[-1].last))
    found = (Gap(first=max(a.first, b.first), last=min(a.last, b.last)) for a, b in both)
    return [gap for gap in found if gap.first <= gap.last]
