"""What a person reads about a parameter that does not fit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from pamwal.contracts.errors import ContractError, HttpProblem, Undecodable, WrongShape
from pamwal.edge.decode import decoded, read_any
from pamwal.edge.moments import instant
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


def test_one_of_several_values_is_told_by_the_parameters_name() -> None:
    errors = [
        {"type": "literal_error", "loc": ("query", "kind", 0), "input": "zz", "msg": "Input should be 'a'"}
    ]
    assert msgspec.json.decode(validation_reply(errors).body)["detail"] == "kind: 'zz': input should be 'a'"


@pytest.mark.parametrize("asked", ["9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"])
def test_a_moment_of_another_century_is_told_in_words(asked: str) -> None:
    with pytest.raises(HttpProblem, match=f"at: '{asked}' is not within the years 2000 to 2099 in UTC"):
        instant("at", asked)


class Asked(msgspec.Struct):
    pin: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$", description="6 digits")]


@pytest.mark.parametrize(
    ("body", "error", "told"),
    [
        (b'{"pin":"x"}', WrongShape, "Asked: Expected 6 digits - at `$.pin`"),
        (b'{"pin":1}', WrongShape, "Asked: Expected text, got a whole number - at `$.pin`"),
        (
            b'{"a":' * 3000,
            Undecodable,
            "the body is not JSON that can be read: it is nested too deeply; send it with fewer lists",
        ),
        (b"\xff", Undecodable, "the body is not JSON that can be read: "),
        (b'{"pin":"\xff"}', Undecodable, "the body is not JSON that can be read: "),
    ],
)
def test_a_body_that_does_not_fit_is_told_in_words(
    body: bytes, error: type[ContractError], told: str
) -> None:
    with pytest.raises(error) as raised:
        decoded(body, Asked)
    assert str(raised.value).startswith(told)


def test_a_row_that_is_nested_too_deeply_says_what_to_do() -> None:
    with pytest.raises(Undecodable, match="nested too deeply; send it with fewer lists and objects"):
        read_any({}, b'{"a":' * 3000)
