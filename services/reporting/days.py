"""The local days that a read is asked about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Query

from pamwal.contracts.errors import HttpProblem, WrongShape
from services.reporting.picture import OperationPicture

DAYS_MAX: Final = 366
FromAsked = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=10,
        description="first local day; default: the operation's first",
        json_schema_extra={"format": "date"},
    ),
]
ToAsked = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=10,
        description="last local day; default: that of `at`, or the operation's last",
        json_schema_extra={"format": "date"},
    ),
]


def days_asked(
    picture: OperationPicture, first: str | None, last: str | None, today: str, *, whole: bool
) -> list[str]:
    """The local days asked for; left out: those of the operation until today, or today if not `whole`.

    WrongShape if they are in the wrong order, HttpProblem 422 if they are too many.
    """
    charter = picture.charter if whole or first else None
    begins = first or (charter.starts_on if charter else last or today)
    ends = last or (min(today, charter.ends_on) if charter else today)
    if ends < begins and last is None:
        ends = begins
    if ends < begins:
        raise WrongShape(f"to: {ends} is before {begins}; give the later day as `to`")
    count = (date.fromisoformat(ends) - date.fromisoformat(begins)).days + 1
    if count > DAYS_MAX:
        raise HttpProblem(
            422, "too_large", f"{count} days are more than {DAYS_MAX}; ask for fewer with from and to"
        )
    return [(date.fromisoformat(begins) + timedelta(days=each)).isoformat() for each in range(count)]
