"""What a post's own reports leave open when it closes its part of a day, by what is known then."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from pamwal.contracts.envelope import Reason
from pamwal.contracts.field import ClosePost, OpenItems
from pamwal.contracts.field.closing import INCIDENTS_LISTED_MAX, OPEN_LISTED_MAX
from pamwal.contracts.field.incident_account import duplicates
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import DAY_MS, midnight
from services.checkin.deciding.attendance import LIST_WINDOW_MS
from services.checkin.deciding.incident_life import Incident
from services.checkin.deciding.state import CheckinState

TOLD_MAX: Final = 10
"""Of each kind that the answer to a closing names; its fact names more."""
OVER: Final = frozenset({"closed", "unfounded"})


def open_items(state: CheckinState, post: str, said: ClosePost, now_ms: int) -> OpenItems:
    """Officers, incidents, handovers and polls that are open, each by id; what is not named is counted."""
    first_ms = to_ms(midnight(said.day, said.zone))
    own = state.own.get(post)
    found = {
        "officers": _standing(state, post, first_ms - LIST_WINDOW_MS, first_ms + DAY_MS),
        "incidents": _incidents(state, post),
        "watches": sorted(name for name, watch in own.watches.items() if watch.waits) if own else [],
        "polls": sorted(name for name, poll in state.polls.items() if poll.runs(post, now_ms)),
    }
    named_max = dict.fromkeys(found, OPEN_LISTED_MAX) | {"incidents": INCIDENTS_LISTED_MAX}
    return OpenItems(
        **{kind: names[: named_max[kind]] for kind, names in found.items()},
        total=sum(map(len, found.values())),
        unnamed={
            kind: len(names) - named_max[kind]
            for kind, names in found.items()
            if len(names) > named_max[kind]
        },
    )


def still_open(found: OpenItems) -> Reason:
    """What is open, for who closes: of each kind how many, and the first by id."""
    kinds = {
        "officers not checked out": ("officers", found.officers),
        "incidents": ("incidents", found.incidents),
        "handovers of the watch": ("watches", found.watches),
        "polls": ("polls", found.polls),
    }
    parts = []
    for words, (kind, names) in kinds.items():
        count = len(names) + found.unnamed.get(kind, 0)
        more = f" and {count - TOLD_MAX} more" if count > TOLD_MAX else ""
        parts += [f"{words}: {', '.join(names[:TOLD_MAX])}{more}"] if count else []
    return Reason(code="still_open", message=f"still open, {found.total} in all; {'; '.join(parts)}")


def _standing(state: CheckinState, post: str, first_ms: int, before_ms: int) -> list[str]:
    """Officers whom the post checked in within [first, before) and nobody saw going, by id."""
    own = state.own.get(post)
    named = own.officers if own is not None else {}
    return sorted(
        written for key, written in named.items() if _is_in_by(state, post, key, first_ms, before_ms)
    )


def _is_in_by(state: CheckinState, post: str, officer: str, first_ms: int, before_ms: int) -> bool:
    """True if the officer's last stay in that time is not over and one of its check-ins is the post's."""
    seen, names = state.attendance.officers[officer], state.attendance.post_names
    left: set[int] = set()
    place: int | None = None
    for index in range(bisect_left(seen.at_ms, before_ms) - 1, -1, -1):
        if seen.at_ms[index] < first_ms:
            return False
        said_by, number = names[seen.said_by[index]], seen.what[index] >> 1
        if state.is_void(seen.fact_ids[index], said_by, officer):
            continue
        if seen.what[index] & 1:
            if place == number:
                return False
            left.add(number)
            continue
        if number in left or place not in {None, number}:
            return False
        place = number
        if post == said_by:
            return True
    return False


def _incidents(state: CheckinState, post: str) -> list[str]:
    """Incidents that count, are not over, and that the post reported or is to see to, by id.

    One that is said to be the same as another is left to that one, which then is the post's as well.
    """
    standing = {name for name, incident in state.incidents.items() if _told_by(state, incident)}
    edges = {name: edge for name, edge in state.merges.items() if edge.into}
    counts_as = duplicates(edges, standing.__contains__)
    return sorted(
        {
            name
            for each in standing
            if (name := counts_as.get(each, each)) in standing
            and state.incidents[name].state not in OVER
            and _concerns(state, post, each)
        }
    )


def _told_by(state: CheckinState, incident: Incident) -> set[str]:
    """The posts whose reports of it stand; none if it was not reported or all was taken back."""
    if not incident.history:
        return set()
    return {post for fact_id, post in incident.reports if not state.is_void(fact_id, post)}


def _concerns(state: CheckinState, post: str, incident_id: str) -> bool:
    incident = state.incidents[incident_id]
    return post in _told_by(state, incident) or not {post, f"post/{post}"}.isdisjoint(
        _assignees(state, incident)
    )


def _assignees(state: CheckinState, incident: Incident) -> tuple[str, ...]:
    """The latest word on who is to see to it: of a step that is taken, or of an amendment that stands."""
    taken = {line.step_id for line in incident.history}
    steps = [step for step in incident.steps if step.assignee is not None and step.id in taken]
    amended = [each for each in incident.assigned if not state.is_void(each.fact_id, each.post)]
    if amended and (not steps or amended[-1][:2] > (steps[-1].at_ms, steps[-1].id)):
        return amended[-1].assignees
    return (steps[-1].assignee or "",) if steps else ()
