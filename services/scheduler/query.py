"""What the GET routes take behind the question mark, and how they refuse what makes no sense."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import Query

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.moments import IS_MOMENT, instant
from services.scheduler.deciding.state import Schedule
from services.scheduler.views.places import Place, Window, place_of

ROOT: Final = "/scheduler/v1/operations/{operation_id}"
PAGE_MAX: Final = 1000
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
After = Annotated[str, Query(max_length=64, description="the last id of the page before")]
AfterPlace = Annotated[str, Query(max_length=100, description="`next_after` of the page before")]
AfterHours = Annotated[
    str,
    Query(
        max_length=100, pattern=r"^([0-9]+(\.[0-9]+)?,.+)?$", description="`next_after` of the page before"
    ),
]
Name = Annotated[str, Query(max_length=80)]
Words = Annotated[str, Query(max_length=200)]
Moment = Annotated[
    str, Query(max_length=40, description="RFC 3339 with an offset", json_schema_extra=IS_MOMENT)
]
PlaceAsked = Annotated[str, Query(max_length=80, description="rally/{rally_id} or site/{site_id}")]


def interval(starts_at: str, ends_at: str, names: tuple[str, str] = ("starts_at", "ends_at")) -> Window:
    """The half-open interval meant. HttpProblem 422 if one side is no moment, or it is empty."""
    window = Window(instant(names[0], starts_at), instant(names[1], ends_at))
    if window.starts_at >= window.ends_at:
        raise HttpProblem(422, "malformed", f"{names[1]} {window.ends_at} is not after {window.starts_at}")
    return window


def known_place(schedule: Schedule, ref: str) -> Place:
    """The rally or site meant. HttpProblem 404 if none is known by it."""
    found = place_of(schedule, ref)
    if found is None:
        raise HttpProblem(404, "unknown_place", f"no rally or site {ref[:80]!r}; say rally/ID or site/ID")
    return found


def text_of(day: date | None) -> str | None:
    """`2024-10-03`."""
    return day.isoformat() if day else None
