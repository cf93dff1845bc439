"""One stored request, one decision: what every partition promises before any core is asked."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Request, Verdict
from pamwal.contracts.errors import Halted
from pamwal.wire.answers import Answer, FirstAnswers
from pamwal.wire.book import Book
from pamwal.wire.decided import parked
from pamwal.wire.judge import Judge
from pamwal.wire.log import Outgoing, Record
from tests.wire.counting import (
    EVOLVE_RAISES,
    LATER,
    NAMED_WRONG,
    NOT_YOURS,
    NOW,
    RAISES,
    REFUSED,
    WARNED,
    Count,
    CountingCore,
    a_record,
    a_request,
    stored,
)


def a_book(partitions: int = 12) -> Book:
    return Book("cluster", CountingCore.requests_topic, CountingCore.decisions_topic, 0, partitions)


def a_judge(partitions: int = 12) -> Judge[Count]:
    return Judge(CountingCore(), a_book(partitions), lambda _key, _partitions: 0)


def data_of(out: Outgoing) -> DecisionData[Fact]:
    return codec.decode_decision(out.value).data


def test_an_accepted_request_is_answered_with_its_facts_and_everything_about_it() -> None:
    record = a_record(0, a_request("a"))
    out = a_judge().judge(record, NOW)
    decision = codec.decode_decision(out.value)
    assert (decision.id, decision.operationid, decision.time) == (f"{record.topic}/0/0", "op", NOW)
    data = decision.data
    assert (data.outcome, data.knownat, data.decider_version) == ("accepted", NOW, "counting/1")
    assert data.request is not None
    assert data.request.sha256 == hashlib.sha256(record.value).hexdigest()
    assert (data.request.id, data.request.postid, data.request.channel) == ("a", "posko", "app")
    assert [fact.id for fact in data.facts] == ["a/0"]
    assert out.key == b"op"


def test_the_first_decision_of_a_partition_names_the_partition_count_and_no_other() -> None:
    judge = a_judge()
    stated = [data_of(judge.judge(a_record(n, a_request(f"r{n}")), NOW)).partitions for n in range(3)]
    assert stated == [12, None, None]
    assert data_of(a_judge().judge(a_record(0, b"broken"), NOW)).partitions == 12
    assert data_of(a_judge().absent(0, NOW)).partitions == 12


def test_the_chain_is_sha256_of_previous_key_and_value_from_the_clusters_name_on() -> None:
    judge = a_judge()
    previous = hashlib.sha256(b"cluster/pamwal.field.decisions.v1/0").digest()
    for number in range(3):
        out = judge.judge(a_record(number, a_request(f"r{number}")), NOW)
        previous = hashlib.sha256(previous + out.key + out.value).digest()
        assert dict(out.headers)["chain"] == previous.hex().encode()
        assert dict(out.headers)["content-type"] == b"application/cloudevents+json"


def test_the_same_request_again_is_a_repeat_that_carries_the_first_answer() -> None:
    judge = a_judge()
    judge.judge(a_record(0, a_request("a")), NOW)
    again = data_of(judge.judge(a_record(1, a_request("a")), NOW))
    assert again.outcome == "repeat"
    assert again.of is not None
    assert (again.of.offset, again.of.outcome, again.of.facts) == (0, "accepted", ["a/0"])
    assert again.facts == []
    assert judge.operations["op"].heard == 1


def test_tokens_of_the_other_mode_take_no_id_and_repeat_nothing() -> None:
    """What an exercise's token said by mistake can be said again with the right one, and counts then."""
    said = {mode: replace(a_request("a"), claims=f"role=ops_head operation=op mode={mode}") for mode in MODES}
    judge = a_judge()
    order: list[Mode] = ["exercise", "real", "exercise", "real"]
    told = [data_of(judge.judge(a_record(n, said[mode]), NOW)) for n, mode in enumerate(order)]
    assert [each.outcome for each in told] == ["accepted", "accepted", "repeat", "repeat"]
    assert [each.of.offset if each.of else None for each in told] == [None, None, 0, 1]
    assert [each.request.mode if each.request else None for each in told] == order
    body = replace(said["real"], time=LATER)
    assert data_of(judge.judge(a_record(4, body), NOW)).reason is not None, "in its own mode an id is taken"


def test_a_refusal_repeated_is_that_refusal_again() -> None:
    judge = a_judge()
    first = data_of(judge.judge(a_record(0, a_request("a", queue=REFUSED)), NOW))
    again = data_of(judge.judge(a_record(1, a_request("a", queue=REFUSED)), NOW))
    assert first.outcome == "refused"
    assert again.of is not None
    assert (again.of.outcome, again.of.reason) == ("refused", first.reason)


@pytest.mark.parametrize(
    "other",
    [
        a_request("a", queue=5),
        a_request("a", time=LATER),
        replace(a_request("a"), subject="x"),
    ],
)
def test_the_same_id_with_another_body_is_refused_and_changes_nothing(other: Request[Any]) -> None:
    judge = a_judge()
    judge.judge(a_record(0, a_request("a")), NOW)
    reused = data_of(judge.judge(a_record(1, other), NOW))
    assert reused.outcome == "refused"
    assert reused.reason is not None
    assert (reused.reason.code, reused.reason.possible) == ("key_reused", "send this with a new id")
    assert data_of(judge.judge(a_record(2, a_request("a")), NOW)).outcome == "repeat"
    still = data_of(judge.judge(a_record(3, other), NOW))
    assert still.reason is not None
    assert still.reason.code == "key_reused"


def test_an_id_belongs_to_its_operation_and_post() -> None:
    judge = a_judge()
    for number, (operation, post) in enumerate([("op", "p1"), ("op", "p2"), ("op2", "p1")]):
        record = a_record(number, a_request("a", operation=operation, post=post))
        assert data_of(judge.judge(record, NOW)).outcome == "accepted"


ALAK = "role=command_post operation=op mode=exercise post=alak"
POSKO = ALAK.replace("alak", "posko")


def test_a_stranger_to_a_post_takes_none_of_its_ids_and_learns_none_of_its_answers() -> None:
    judge, own = a_judge(), replace(a_request("a"), claims=POSKO)
    said = [
        data_of(judge.judge(a_record(number, request), NOW))
        for number, request in enumerate([replace(own, claims=ALAK), own, replace(own, claims=ALAK), own])
    ]
    assert [each.outcome for each in said] == ["refused", "accepted", "refused", "repeat"]
    assert [each.reason.code for each in said if each.reason] == ["not_yours", "not_yours"]
    assert [each.digest is None for each in said] == [True, False, True, True]


def test_what_the_core_calls_not_yours_takes_no_id_either() -> None:
    judge = a_judge()
    refused = judge.judge(a_record(0, a_request("a", queue=NOT_YOURS)), NOW)
    assert data_of(refused).digest is None
    assert data_of(judge.judge(a_record(1, a_request("a")), NOW)).outcome == "accepted"


def test_what_the_edge_adds_is_no_part_of_the_body() -> None:
    judge = a_judge()
    judge.judge(a_record(0, a_request("a")), NOW)
    resent = replace(
        a_request("a"), recordedat=LATER, sentat=LATER, actor="else", claims="role=admin", channel="paper"
    )
    assert data_of(judge.judge(a_record(1, resent), NOW)).outcome == "repeat"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "undecodable"),
        (b"{", "undecodable"),
        (b"\xff\xfe", "undecodable"),
        (b"[1]", "undecodable"),
        (b'{"type": "pamwal.field.dance.v1"}', "unknown_type"),
        (b'{"type": "pamwal.field.heartbeat.v1", "id": 7}', "malformed"),
        (b"[" * 100_000, "undecodable"),
    ],
)
def test_what_nobody_can_read_is_parked_with_its_evidence(value: bytes, code: str) -> None:
    judge = a_judge()
    record = replace(a_record(0, value), headers=(("postid", b"posko"), ("channel", b"radio")))
    out = judge.judge(record, NOW)
    decision = codec.decode_decision(out.value)
    data = decision.data
    assert (data.outcome, decision.operationid) == ("parked", "op")
    assert data.reason is not None
    assert data.parked is not None
    assert data.request is not None
    assert data.reason.code == code
    assert (data.parked.sha256, data.parked.size) == (hashlib.sha256(value).hexdigest(), len(value))
    assert data.parked.head == value[:4096].decode(errors="replace")
    assert (data.request.id, data.request.postid, data.request.channel) == (None, "posko", "radio")
    assert judge.book.next_offset == 1


@pytest.mark.parametrize("key", [b"", b"\xff", b"spaces are none", b"x" * 65])
def test_a_record_without_a_usable_key_is_unattributed(key: bytes) -> None:
    out = a_judge().judge(a_record(0, b"{", key=key), NOW)
    assert codec.decode_decision(out.value).operationid == "unattributed"


def test_a_request_under_another_key_is_parked() -> None:
    data = data_of(a_judge().judge(a_record(0, a_request("a"), key=b"other"), NOW))
    assert data.reason is not None
    assert (data.outcome, data.reason.code) == ("parked", "wrong_key")
    assert data_of(a_judge().judge(replace(a_record(0, a_request("a")), key=None), NOW)).outcome == "parked"


def test_a_request_in_another_partition_than_its_operations_is_parked() -> None:
    judge = Judge(CountingCore(), a_book(), lambda _key, _partitions: 5)
    data = data_of(judge.judge(a_record(0, a_request("a")), NOW))
    assert data.reason is not None
    assert (data.outcome, data.reason.code) == ("parked", "wrong_partition")
    assert judge.operations == {}


def test_a_request_of_another_context_is_parked() -> None:
    value = codec.encode(a_request("a")).replace(b"field.heartbeat", b"scheduling.cancel_rally")
    value = re.sub(rb'"data":{[^}]*}', b'"data":{"rally_id":"r","cause":"rain"}', value)
    data = data_of(a_judge().judge(a_record(0, value), NOW))
    assert data.reason is not None
    assert (data.outcome, data.reason.code) == ("parked", "unknown_type")
    assert "does not belong" in data.reason.message


def test_knownat_never_goes_back() -> None:
    judge = a_judge()
    times = [LATER, NOW, "2024-10-03T01:15:09.000Z", LATER]
    known = [
        data_of(judge.judge(a_record(n, a_request(f"r{n}")), now)).knownat for n, now in enumerate(times)
    ]
    assert known == [LATER, LATER, "2024-10-03T01:15:09.000Z", "2024-10-03T01:15:09.000Z"]


def test_warnings_travel_in_the_decision() -> None:
    data = data_of(a_judge().judge(a_record(0, a_request("a", queue=WARNED)), NOW))
    assert [warning.code for warning in data.warnings] == ["queue"]


@pytest.mark.parametrize("queue", [RAISES, EVOLVE_RAISES, NAMED_WRONG])
def test_what_the_core_does_wrong_comes_through_and_enters_no_book(queue: int) -> None:
    judge = a_judge()
    judge.judge(a_record(0, a_request("a")), NOW)
    before = (judge.book.next_offset, judge.book.chain, len(judge.book.answers))
    with pytest.raises((RuntimeError, ValueError)):
        judge.judge(a_record(1, a_request("b", queue=queue)), NOW)
    assert before == (judge.book.next_offset, judge.book.chain, len(judge.book.answers))


def test_an_answer_over_its_topics_limit_is_refused_as_too_large() -> None:
    class Shouting(CountingCore):
        def decide(self, state: Count, request: Request[Any], knownat: str) -> Verdict[Any]:
            verdict = super().decide(state, request, knownat)
            fact = replace(verdict.facts[0], postid="x" * 9_000_000)
            return Verdict(facts=[fact])

    judge = Judge(Shouting(), a_book(), lambda _key, _partitions: 0)
    data = data_of(judge.judge(a_record(0, a_request("a")), NOW))
    assert data.reason is not None
    assert (data.outcome, data.reason.code, data.facts) == ("refused", "too_large", [])
    assert data.reason.possible == "send fewer rows at once"
    assert judge.operations == {}
    assert data_of(judge.judge(a_record(1, a_request("a")), NOW)).outcome == "repeat"


def test_what_an_operator_parked_is_answered_so_again() -> None:
    judge = a_judge()
    record = a_record(0, a_request("a", queue=RAISES))
    request = codec.decode_request(record.value)
    decision = parked(judge.book, "v", record, "parked", "by hand", NOW, request, by_operator=True)
    judge.book.enter(decision, b"op", codec.encode(decision))
    again = data_of(judge.judge(a_record(1, a_request("a", queue=RAISES)), NOW))
    assert again.of is not None
    assert again.of.reason is not None
    assert (again.outcome, again.of.outcome, again.of.reason.message) == ("repeat", "parked", "by hand")


# --- folding


def story() -> st.SearchStrategy[list[tuple[str, str, str, int]]]:
    """Requests of few operations, posts and ids, so that repeats and reused keys happen."""
    return st.lists(
        st.tuples(
            st.sampled_from(["op", "op2", "op3"]),
            st.sampled_from(["p1", "p2"]),
            st.sampled_from(["a", "b", "c", "d"]),
            st.sampled_from([0, 1, REFUSED, WARNED]),
        ),
        max_size=30,
    )


@given(
    story(), st.sets(st.integers(0, 29)), st.lists(st.sampled_from([NOW, LATER]), min_size=30, max_size=30)
)
def test_folding_the_decisions_gives_the_state_after_judging(
    requests: list[tuple[str, str, str, int]], broken: set[int], times: list[str]
) -> None:
    live = a_judge()
    decisions: list[Outgoing] = []
    for number, (operation, post, name, queue) in enumerate(requests):
        request = a_request(name, operation=operation, post=post, queue=queue)
        record = a_record(number, b"{", key=b"op") if number in broken else a_record(number, request)
        decisions.append(live.judge(record, times[number]))
    folded = a_judge()
    for record in stored(decisions):
        folded.fold(record)
    assert folded.operations == live.operations
    for field in ("next_offset", "knownat", "chain", "last", "answers"):
        assert getattr(folded.book, field) == getattr(live.book, field), field
    request = a_request("next", queue=1)
    record = a_record(len(requests), request)
    assert folded.judge(record, LATER) == live.judge(record, LATER), "both go on alike"


def three_decisions() -> list[Record]:
    judge = a_judge()
    return stored([judge.judge(a_record(n, a_request(f"r{n}")), NOW) for n in range(3)])


def fold(judge: Judge[Count], records: list[Record]) -> None:
    for record in records:
        judge.fold(record)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda r: [r[0], r[2]], "decisions_broken"),
        (lambda r: [r[0], r[0]], "decisions_broken"),
        (lambda r: [r[1], r[0]], "decisions_broken"),
        (lambda r: [replace(r[0], value=r[0].value.replace(b"posko", b"paska"))], "decisions_broken"),
        (lambda r: [replace(r[0], key=b"other")], "decisions_broken"),
        (lambda r: [replace(r[0], headers=())], "decisions_broken"),
        (lambda r: [replace(r[0], value=b"{")], "decisions_broken"),
    ],
)
def test_decisions_that_do_not_follow_each_other_halt_the_fold(spoil: Any, reason: str) -> None:
    with pytest.raises(Halted) as halted:
        fold(a_judge(), spoil(three_decisions()))
    assert halted.value.reason == reason
    assert "pamwal.field.decisions.v1-0-" in str(halted.value)


def test_another_partition_count_halts_the_fold() -> None:
    with pytest.raises(Halted) as halted:
        a_judge(partitions=13).fold(three_decisions()[0])
    assert halted.value.reason == "partition_count"


# --- first answers


NAMES: Final = st.tuples(
    st.sampled_from("ab"), st.sampled_from("pq"), st.integers(0, 400), st.sampled_from(MODES)
)


@given(st.lists(NAMES, max_size=600))
def test_first_answers_are_those_of_a_dict(names: list[tuple[str, str, int, Mode]]) -> None:
    compact, plain = FirstAnswers(), dict[tuple[str, str, str, Mode], Answer]()
    for offset, (operation, post, number, mode) in enumerate(names):
        answer = Answer(offset, bytes([number % 256]) * 16, "accepted", number, None)
        compact.keep(operation, post, str(number), mode, answer)
        plain.setdefault((operation, post, str(number), mode), answer)
    assert len(compact) == len(plain)
    assert all(compact.find(*name) == answer for name, answer in plain.items())
    assert compact.find("a", "p", "never", "real") is None


def test_a_first_answer_from_before_modes_were_said_answers_tokens_of_both() -> None:
    answers, answer = FirstAnswers(), Answer(0, bytes(16), "accepted", 1, None)
    answers.keep("op", "posko", "a", None, answer)
    answers.keep("op", "posko", "a", "exercise", replace(answer, offset=7))
    assert {answers.find("op", "posko", "a", mode) for mode in (*MODES, None)} == {answer}


def test_a_name_that_stands_across_a_row_is_not_taken_for_a_row() -> None:
    answers, other = FirstAnswers(), hashlib.sha256(b"op\0posko\0b\0real").digest()[:16]
    for number in range(
        150
    ):  # each row says the other name in its midst, so that its bucket does for certain
        answers.keep("op", "posko", f"a{number}", "real", Answer(number, other, "accepted", 1, None))
    assert answers.find("op", "posko", "b", "real") is None

    answers.keep("op", "posko", "b", "real", Answer(150, bytes(16), "refused", 0, None))
    assert answers.find("op", "posko", "b", "real") == Answer(150, bytes(16), "refused", 0, None)


@given(st.integers(0, 500))
def test_first_answers_are_the_same_from_what_a_snapshot_kept(count: int) -> None:
    answers, again = FirstAnswers(), FirstAnswers()
    for number in range(count):
        answers.keep("op", "posko", str(number), "real", Answer(number, bytes(16), "accepted", 1, None))
    again.restore(answers.kept())
    for each in (answers, again):
        each.keep("op", "posko", "more", "real", Answer(count, bytes(16), "accepted", 1, None))
    assert again == answers
    assert len(again) == count + 1
    assert all(again.find("op", "posko", str(number), "real") for number in range(count))


def test_a_hundred_thousand_first_answers_take_few_bytes() -> None:
    answers = FirstAnswers()
    for number in range(100_000):
        answers.keep("op", "posko", str(number), "real", Answer(number, bytes(16), "accepted", 1, None))
    assert answers.size_bytes / 100_000 < 65
    assert answers.find("op", "posko", "99999", "real") == Answer(99_999, bytes(16), "accepted", 1, None)


def test_reading_ahead_changes_no_answer() -> None:
    said = [a_request("a"), a_request("b"), a_request("a"), b"broken", a_request(REFUSED), a_request("c")]
    records = [a_record(number, value) for number, value in enumerate(said)]
    one_by_one, ahead = a_judge(), a_judge()
    ahead.read_ahead(records[:4])
    for record in records:
        assert ahead.judge(record, NOW) == one_by_one.judge(record, NOW)


def test_what_was_read_ahead_is_not_taken_for_another_record_of_the_same_offset() -> None:
    judge = a_judge()
    judge.read_ahead([a_record(0, a_request("stale"))])
    decided = data_of(judge.judge(a_record(0, a_request("real")), NOW))
    assert decided.request is not None
    assert decided.request.id == "real"


def test_what_cannot_be_read_ahead_stops_no_other_record(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = codec.decode_request

    def a_mistake_of_ours(value: bytes) -> Request[Any]:
        request = decode(value)
        if request.id == "b":
            raise RuntimeError("a mistake of ours")
        return request

    monkeypatch.setattr(codec, "decode_request", a_mistake_of_ours)
    judge, records = a_judge(), [a_record(number, a_request("ab"[number])) for number in range(2)]
    judge.read_ahead(records)
    assert data_of(judge.judge(records[0], NOW)).outcome == "accepted"
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        judge.judge(records[1], NOW)
