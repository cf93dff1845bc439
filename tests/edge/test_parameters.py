"""What a person reads about a parameter that does not fit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from pamwal.edge.problems import validation_reply


def never(text: str) -> str:
    raise ValueError("at most 40 letters and digits")


@pytest.mark.parametrize(
    ("of", "given", "told"),
    [
        (date, "26-11-2026", "day: '26-11-2026' is no day such as 2024-10-03"),
        (date, "2026-11-31", "day: '2026-11-31' is no day such as 2024-10-03"),
        (int, "many", "day: 'many' is no whole number"),
        (bool, "ya", "day: 'ya' is neither true nor false"),
        (
            Annotated[str, Field(pattern="^[a-z]{1,40}$")],
            "A",
            "day: 'A' is not of the form it must have; /docs says which",
        ),
        (Annotated[str, AfterValidator(never)], "A", "day: 'A': at most 40 letters and digits"),
        (Literal["csv", "xlsx"], "ods", "day: 'ods': input should be 'csv' or 'xlsx'"),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_in_words(of: Any, given: str, told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(of).validate_python(given)
    errors = [{**error, "loc": ("query", "day")} for error in raised.value.errors()]
    body = msgspec.json.decode(validation_reply(errors).body)
    assert (body["detail"], body["path"]) == (told, "query.day")


def test_one_that_is_missing_is_named() -> None:
    reply = validation_reply([{"type": "missing", "loc": ("query", "filename"), "msg": "Field required"}])
    assert msgspec.json.decode(reply.body)["detail"] == "filename is missing"
