"""Moments as a query writes them."""

from __future__ import annotations

import msgspec

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.instants import Instant, normalise


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
