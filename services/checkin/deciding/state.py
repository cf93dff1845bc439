"""What an operation's field has said so far, as far as deciding needs it."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.envelope import Reason
from pamwal.contracts.field.incident_account import Edge
from pamwal.contracts.numbers import Numbers
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.attendance import Attendance, new_attendance
from services.checkin.deciding.incident_life import Incident
from services.checkin.deciding.own_affairs import OwnAffairs, Poll


class Device(Struct):
    """One device of a post."""

    version: int = 0
    code_sha256: str = ""
    expires_at: str = ""
    officer_id: str | None = None
    enrolled_at: str | None = None
    """When an edge received its code."""
    lost_since: str | None = None
    invited_by: str | None = None
    """The device of the same post that invited it last; None: nobody knows of one."""


class CheckinState(Struct):
    """All of one operation."""

    attendance: Attendance
    rallies: Attendance
    """When each rally was said to begin and to end."""
    incidents: dict[str, Incident]
    said_by: dict[str, str]
    """What a void names (fact id), all but an incident's steps → the post that said it first."""
    shared: dict[str, set[str]]
    """The same for the few ids that further posts used as well: an id is a post's own."""
    steps: set[str]
    """Fact ids of what is corrected by saying more: incidents' steps and merges, closings, watches, polls."""
    merges: dict[str, Edge]
    """Incident → the latest word on what it is a duplicate of; of nothing, if that is empty."""
    voided: dict[str, set[tuple[str, str]]]
    """Fact id, also of what has not come yet → whose observation does not count: of which post, "" for all,
    and of which officer's presence (`officer_key`), "" for whatever it is of."""
    numbers: dict[str, dict[str, Numbers]]
    """Post → source → the numbers of its requests, of `SOURCES_MAX` sources at the most."""
    devices: dict[str, Device]
    """By `{post}/{device}`."""
    own: dict[str, OwnAffairs]
    """Post → what it said of itself."""
    polls: dict[str, Poll]

    def own_of(self, post: str) -> OwnAffairs:
        """What a post said of itself, to be added to."""
        found = self.own.get(post)
        if found is None:
            found = self.own[post] = OwnAffairs()
        return found

    def posts_of(self, fact_id: str) -> set[str]:
        """The posts that made an observation under this id."""
        first = self.said_by.get(fact_id)
        return set() if first is None else {first, *self.shared.get(fact_id, ())}

    def is_void(self, fact_id: str, post: str, officer_id: str = "") -> bool:
        """True if that post's observation was taken back; `officer_id`: whose presence it is, if any's."""
        taken = self.voided.get(fact_id)
        if taken is None:
            return False
        own = officer_key(officer_id)
        return any(by in {"", post} and of in {"", own} for by, of in taken)

    def said(self, fact_id: str, post: str) -> None:
        """That post made an observation under this id."""
        if self.said_by.setdefault(fact_id, post) != post:
            self.shared.setdefault(fact_id, set()).add(post)


def new_state() -> CheckinState:
    """Nobody has said anything."""
    return CheckinState(
        attendance=new_attendance(),
        rallies=new_attendance(),
        incidents={},
        said_by={},
        shared={},
        steps=set(),
        voided={},
        numbers={},
        own={},
        polls={},
        merges={},
        devices={},
    )


def taken_back(state: CheckinState, fact_id: str, post: str, officer_id: str = "") -> list[Reason]:
    """`voided` if that post's observation was taken back before it came; of whose presence, if of one's."""
    if not state.is_void(fact_id, post, officer_id):
        return []
    return [Reason(code="voided", message="this was taken back before it came", subject=fact_id)]
