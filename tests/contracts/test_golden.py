"""Each contract has a golden message that is decoded and encoded again to the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from pamwal.contracts.codec import (
    REQUEST_TYPES,
    Fact,
    decode_decision,
    decode_request,
    decode_submission,
    encode,
    request_digest,
)
from pamwal.contracts.envelope import Outcome
from pamwal.contracts.key_records import KeyHistory, KeysRecorded
from pamwal.contracts.persons import PersonalRecord
from pamwal.contracts.situations import SituationTold
from tests.contracts.golden import as_stored, golden

SECRET_OF_EXAMPLES = bytes(range(32))


def named(path: Path) -> str:
    return path.stem


def decisions() -> list[Any]:
    return [decode_decision(as_stored(path)) for path in golden("decisions")]


@pytest.mark.parametrize("path", golden("requests"), ids=named)
def test_a_request_is_written_again_as_the_same_bytes(path: Path) -> None:
    stored = as_stored(path)
    assert encode(decode_request(stored)) == stored
    assert decode_submission(stored).data == decode_request(stored).data


@pytest.mark.parametrize("path", golden("decisions"), ids=named)
def test_a_decision_is_written_again_as_the_same_bytes(path: Path) -> None:
    stored = as_stored(path)
    assert encode(decode_decision(stored)) == stored


@pytest.mark.parametrize("path", golden("personal"), ids=named)
def test_a_personal_record_is_written_again_as_the_same_bytes(path: Path) -> None:
    stored = as_stored(path)
    assert encode(msgspec.json.decode(stored, type=PersonalRecord)) == stored


@pytest.mark.parametrize("path", golden("situations"), ids=named)
def test_a_summary_is_written_again_as_the_same_bytes(path: Path) -> None:
    stored = as_stored(path)
    assert encode(msgspec.json.decode(stored, type=SituationTold)) == stored


@pytest.mark.parametrize("path", golden("keys"), ids=named)
def test_a_record_of_keys_is_written_again_as_the_same_bytes(path: Path) -> None:
    stored = as_stored(path)
    assert encode(msgspec.json.decode(stored, type=KeysRecorded)) == stored


def test_the_seal_of_a_record_of_keys_stays_good() -> None:
    found = {path.stem: msgspec.json.decode(as_stored(path), type=KeysRecorded) for path in golden("keys")}
    history = KeyHistory(found.values(), SECRET_OF_EXAMPLES)
    assert history.keys == [found["first"], found["rotated_signed"]], "one without a signature is read only"
    assert history.seals_from == found["sealed"].seals_from


def test_each_request_type_has_an_example_of_its_name() -> None:
    by_name = {path.stem: decode_request(as_stored(path)).type for path in golden("requests")}
    assert {name: by_name.get(name) for name in REQUEST_TYPES} == {name: name for name in REQUEST_TYPES}


def test_each_fact_and_each_outcome_has_an_example() -> None:
    known = decisions()
    facts = {type(fact) for decision in known for fact in decision.data.facts}
    assert facts == set(get_args(Fact))
    assert {decision.data.outcome for decision in known} == set(get_args(Outcome))
    assert any(decision.data.cause is not None for decision in known)


@pytest.mark.parametrize("path", golden("requests"), ids=named)
def test_a_decision_proves_which_request_it_answers(path: Path) -> None:
    """A digest that changes would make every stored decision a lie: idempotency and audit compare it."""
    stored = as_stored(path)
    request = decode_request(stored)
    answer = decode_decision(as_stored(path.parent.parent / "decisions" / path.name)).data
    assert answer.request is not None
    assert (answer.request.id, answer.request.type) == (request.id, request.type)
    assert answer.request.sha256 == hashlib.sha256(stored).hexdigest()
    assert answer.digest in (None, request_digest(request))
    assert (answer.digest is None) == (answer.outcome == "repeat")


def test_a_retry_that_has_digests_of_nrps_is_the_same_request_as_before_there_were_any() -> None:
    path = next(each for each in golden("requests") if each.stem == "nrp_taken")
    after = decode_request(as_stored(path))
    before = msgspec.json.decode(as_stored(path))
    for entry in before["data"]["officers"]:
        del entry["person_ref"]["nrp"]
    assert request_digest(decode_request(msgspec.json.encode(before))) == request_digest(after)


def test_unknown_fields_of_a_newer_sender_are_tolerated() -> None:
    stored = as_stored(golden("requests")[0])
    newer = msgspec.json.decode(stored)
    newer["weather"] = {"rain": True}
    newer["data"]["weather"] = ["rain"]
    assert encode(decode_request(msgspec.json.encode(newer))) == stored
