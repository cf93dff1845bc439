"""Moments and days as a query writes them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query
from pydantic import BeforeValidator

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.instants import DAY_PATTERN, Instant, normalise
from pamwal.contracts.zones import Zone

FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2099, 12, 30)
"""Of the years that Instants have, also at midnight in another zone."""
_DAY: Final = re.compile(DAY_PATTERN)


def _day_of(asked: object) -> object:
    """The date meant. Without this, a bare number would be taken for seconds since 1970. ValueError."""
    if not isinstance(asked, str):
        return asked
    if not _DAY.fullmatch(asked) or not FIRST_DAY <= (day := date.fromisoformat(asked)) <= LAST_DAY:
        raise ValueError(f"say a day such as 2024-10-03, from {FIRST_DAY} to {LAST_DAY}")
    return day


_DAY_RULES: Final = BeforeValidator(_day_of)
_DAY_QUERY: Final = Query(description="a day in the operation's zone")
DayAsked = Annotated[date, _DAY_RULES, _DAY_QUERY]
"""Parameter of a GET route: a local day."""
OptionalDay = Annotated[date | None, _DAY_RULES, _DAY_QUERY]
"""The parameter of a route that does without."""
ZoneAsked = Annotated[Zone | None, Query(description="in which the day is; default: the operation's own")]


IS_MOMENT: Final[dict[str, Any]] = {"format": "date-time"}
"""Schema of a parameter that `instant` reads."""


def instant(name: str, asked: str) -> str:
    """An Instant as a query writes it. HttpProblem 422 if it is no moment of 2000 to 2099."""
    try:  # a query's plus sign arrives as a space
        return msgspec.convert(normalise(asked.replace(" ", "+")), Instant)
    except (msgspec.ValidationError, OverflowError) as error:
        told = f"{name}: {asked[:80]!r} is not within the years 2000 to 2099 in UTC"
        raise HttpProblem(422, "malformed", told) from error
    except ValueError as error:
        raise HttpProblem(422, "malformed", f"{name}: {error}") from error


def past_instant(name: str, asked: str, now: str) -> str:
    """The same of what was known then: HttpProblem 422 also if it lies ahead of the Instant `now`."""
    found = instant(name, asked)
    if found > now:
        raise HttpProblem(
            422,
            "malformed",
            f"{name}: {found} lies ahead, it is {now}; leave it out for all that is known now",
        )
    return found
