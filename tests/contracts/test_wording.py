"""What a person is told about a value that does not fit: what would do, and never a pattern."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import inspect

from pamwal.contracts import scheduling
from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.drafts import ProposalAsk
from pamwal.contracts.envelope import Request, Submission
from pamwal.contracts.wording import in_words, unknown_fields
from pamwal.edge.auth import TokenClaims

IDENTIFIER = "1 to 64 letters, digits, dot, underscore, colon, hyphen; starts with a letter or digit"
PAIR = "an election in small letters and the pair's number, such as walikota/3"
ROLES = "escort, field_commander, guard, intel, patrol, reserve, traffic"
ORDER = {
    "deployment_id": "d-1",
    "officer_id": "KPG-0001",
    "place": "rally/oebobo-1",
    "role": "guard",
    "starts_at": "2024-10-03T01:00:00.000Z",
    "ends_at": "2024-10-03T03:00:00.000Z",
}
ASKED: tuple[Any, ...] = (*REQUEST_TYPES.values(), Submission[Any], Request[Any], TokenClaims, ProposalAsk)


def patterns(node: Any) -> set[str]:
    """Every pattern in a type's description, whatever it is made of."""
    if isinstance(node, inspect.StrType):
        return {node.pattern} if node.pattern else set()
    parts = (
        [getattr(node, name) for name in node.__struct_fields__] if isinstance(node, msgspec.Struct) else node
    )
    if isinstance(parts, list | tuple):
        return set().union(*(patterns(each) for each in parts))
    return set()


@pytest.mark.parametrize("of", ASKED, ids=str)
def test_each_pattern_of_a_contract_is_said_in_words(of: Any) -> None:
    found = patterns(inspect.type_info(of))
    for pattern in found:
        told = in_words(f"Expected `str` matching regex {pattern!r} - at `$.data.x`", of)
        assert "regex" not in told
        assert told.startswith("Expected ")
        assert told.endswith(" - at `$.data.x`")
        assert len(told) > len("Expected  - at `$.data.x`"), f"{pattern} has no description"
    assert found or of not in (scheduling.OpenOperation, TokenClaims)


@pytest.mark.parametrize(
    ("data", "of", "told"),
    [
        (
            {"rally_id": "alak 1", "cause": "hujan"},
            scheduling.CancelRally,
            f"Expected {IDENTIFIER} - at `$.rally_id`",
        ),
        (
            {"pairs": ["Walikota 1"]},
            scheduling.AmendOperation,
            f"Expected {PAIR} - at `$.pairs[0]`",
        ),
        (
            {"policy": {"minimum_rest_h": 800}},
            scheduling.AmendOperation,
            "Expected a number <= 48.0 - at `$.policy.minimum_rest_h`",
        ),
        (
            {"name": 3},
            scheduling.AmendOperation,
            "Expected text or nothing, got a whole number - at `$.name`",
        ),
        (
            {"rally_id": "r", "cause": " "},
            scheduling.CancelRally,
            "Expected text that is not blank - at `$.cause`",
        ),
        (
            {"orders": [ORDER], "mode": "all"},
            scheduling.OrderDeployments,
            "Invalid enum value 'all'; one of atomic, best_effort - at `$.mode`",
        ),
        (
            {"patterns": {"a": {"guards": 2}}},
            scheduling.AmendOperation,
            f"Invalid enum value 'guards'; one of {ROLES} - at `key` in `$.patterns[...]`",
        ),
    ],
)
def test_a_person_reads_what_would_do(data: dict[str, Any], of: type, told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(data, of)
    assert in_words(str(raised.value), of) == told


def test_a_choice_within_rows_is_named_too() -> None:
    rows = [{"absence_id": "a", "officer_id": "K", "kind": "libur", "starts_at": "", "ends_at": ""}]
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"absences": rows}, scheduling.RecordAbsences)
    told = in_words(str(raised.value), scheduling.RecordAbsences)
    assert (
        told == "Invalid enum value 'libur'; one of cuti, dinas_luar, izin, sakit - at `$.absences[0].kind`"
    )


def test_fields_that_a_contract_does_not_have_are_found_wherever_they_stand() -> None:
    data = {
        "sprin": "Sprin/1",
        "override": {"rules": [], "cause": "x"},
        "orders": [{"deployment_id": "d", "overide": 1}],
    }
    assert list(unknown_fields(data, scheduling.OrderDeployments)) == ["override", "orders[0].overide"]
    opening = {"policy": {"rest_h": 8}, "patterns": {"besar": {"guard": 1}}, "parent": None}
    assert list(unknown_fields(opening, scheduling.OpenOperation)) == ["policy.rest_h"]
