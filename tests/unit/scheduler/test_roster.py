"""Officers in bulk: new, amended, unchanged, refused; every row has its answer."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import (
    Attachment,
    BulkMode,
    OfficerEntry,
    RegisterOfficers,
    RevertImport,
)
from tests.unit.scheduler.asked import (
    Plan,
    at,
    claims,
    codes,
    entry,
    kinds,
    opened,
    opening,
    order,
    orders,
    planned,
    post_of,
    roster,
    withdraw,
)


def test_officers_are_registered_in_one_decision() -> None:
    verdict = opened().must(RegisterOfficers(officers=[entry("k-1"), entry("k-2")]))

    assert [(fact.id, fact.officer_id, fact.version) for fact in verdict.facts] == [
        ("q2/0", "k-1", 1),
        ("q2/1", "k-2", 1),
    ]


def test_the_same_entry_again_changes_nothing_and_says_so() -> None:
    given = opened()
    given.must(RegisterOfficers(officers=[entry("k-1")]))

    verdict = given.must(RegisterOfficers(officers=[entry("k-1")]))

    assert verdict.facts == []
    assert [(each.code, each.row, each.subject) for each in verdict.warnings] == [("unchanged", 0, "k-1")]


def test_an_amended_entry_has_the_next_version_and_keeps_the_name_it_does_not_mention() -> None:
    given = opened()
    ref = PersonalRef(ref="r1", digest="d1")
    given.must(RegisterOfficers(officers=[entry("k-1", person_ref=ref)]))

    fact = given.must(RegisterOfficers(officers=[entry("k-1", rank="AIPDA")])).facts[0]

    assert (fact.version, fact.rank, fact.person_ref) == (2, "AIPDA", ref)


def test_equal_words_under_another_reference_are_no_change_and_other_words_are() -> None:
    given = opened()
    given.must(RegisterOfficers(officers=[entry("k-1", person_ref=PersonalRef(ref="r1", digest="d1"))]))
    again, other = PersonalRef(ref="r2", digest="d1"), PersonalRef(ref="r3", digest="d2")

    assert given.must(RegisterOfficers(officers=[entry("k-1", person_ref=again)])).facts == []
    assert given.must(RegisterOfficers(officers=[entry("k-1", person_ref=other)])).facts[0].version == 2


def test_atomic_refuses_all_and_names_every_bad_row() -> None:
    given = opened()
    bad = [entry("k-1"), entry("k-2", satgas="moon"), entry("k-3", home_post="mars"), entry("k-1")]

    reason = given.refused(RegisterOfficers(officers=bad))

    assert [(row.row, row.code) for row in reason.rows] == [
        (1, "unknown_satgas"),
        (2, "unknown_post"),
        (3, "malformed"),
    ]
    assert reason.code == "unknown_satgas"
    assert given.state.officers == {}


def test_best_effort_takes_the_good_rows() -> None:
    given = opened()
    mixed = [entry("k-1"), entry("k-2", satgas="moon")]

    verdict = given.must(RegisterOfficers(officers=mixed, mode="best_effort"))

    assert [fact.officer_id for fact in verdict.facts] == ["k-1"]
    assert [(each.row, each.code) for each in verdict.warnings] == [(1, "unknown_satgas")]
    assert "one of gakkum, preventif" in (verdict.warnings[0].possible or "")


def test_a_post_keeps_its_own_officers_only() -> None:
    given = opened()
    given.must(RegisterOfficers(officers=[entry("k-1", home_post="alak")]))

    theirs = RegisterOfficers(officers=[entry("k-2", home_post="alak")])
    taken = RegisterOfficers(officers=[entry("k-1", home_post="oebobo")])

    assert given.refused(theirs, by=post_of("oebobo")).code == "not_yours"
    assert given.refused(taken, by=post_of("oebobo")).code == "not_yours"
    assert given.must(theirs, by=post_of("alak"), post="alak").facts


def test_ids_that_differ_in_case_only_are_one_officer() -> None:
    given = opened()
    given.must(RegisterOfficers(officers=[entry("KPG-1")]))

    again = given.must(RegisterOfficers(officers=[entry("kpg-1", rank="AIPTU")]))
    twice = given.refused(RegisterOfficers(officers=[entry("KPG-2"), entry("kpg-2")]))

    assert [(each.officer_id, each.version) for each in again.facts] == [("KPG-1", 2)]
    assert list(given.state.officers) == ["KPG-1"]
    assert (twice.code, twice.rows[0].row) == ("malformed", 1)


# --- skills and attachments


def attached(starts: str = "15:00", ends: str = "22:00", day: int = 3) -> Attachment:
    """Lent by another operation on 3 October."""
    return Attachment(
        operation_id="omp-kabupaten", loan_id="l1", starts_at=at(starts, day), ends_at=at(ends, day)
    )


def test_skills_are_a_set() -> None:
    given = opened()

    fact = given.must(
        RegisterOfficers(officers=[entry("k-1", skills=["traffic", "intel", "traffic"])])
    ).facts[0]

    assert fact.skills == ["intel", "traffic"]
    again = RegisterOfficers(officers=[entry("k-1", skills=["traffic", "intel"])])
    assert codes(given.must(again)) == [("unchanged", "k-1")]
    assert given.must(RegisterOfficers(officers=[entry("k-1")])).facts[0].skills == []


def test_an_attachment_has_a_length_and_lies_within_the_operation() -> None:
    given = opened()
    none, beyond = attached("15:00", "15:00"), attached("15:00", "16:00", day=1)
    beyond = Attachment(
        operation_id="o", loan_id="l", starts_at=beyond.starts_at, ends_at="2024-11-23T16:00:00.001Z"
    )

    assert given.refused(RegisterOfficers(officers=[entry("k-1", attachment=none)])).code == "malformed"
    assert (
        given.refused(RegisterOfficers(officers=[entry("k-1", attachment=beyond)])).code == "outside_period"
    )
    fact = given.must(RegisterOfficers(officers=[entry("k-1", attachment=attached())])).facts[0]
    assert fact.attachment == attached()


def test_a_shorter_attachment_names_the_deployments_it_leaves_behind() -> None:
    given = planned()
    given.must(RegisterOfficers(officers=[entry("k-1", attachment=attached())]))
    given.must(orders(order("d1", starts="16:00", ends="17:00"), order("d2", starts="17:00", ends="18:00")))

    verdict = given.must(RegisterOfficers(officers=[entry("k-1", attachment=attached("15:00", "17:30"))]))

    assert codes(verdict) == [("deployed_meanwhile", "d2")]
    assert given.state.deployments["d2"].live


def test_facts_of_an_import_say_so() -> None:
    verdict = opened().must(roster("k-1", import_id="i1"))

    assert verdict.facts[0].import_id == "i1"


# --- withdrawing


def test_a_withdrawn_officer_is_ordered_no_more_and_comes_back_when_registered_again() -> None:
    given = planned()

    fact = given.must(withdraw("k-1")).facts[0]

    assert (type(fact).__name__, fact.version) == ("OfficerWithdrawn", 2)
    assert codes(given.must(withdraw("k-1"))) == [("unchanged", "k-1")]
    assert given.refused(orders(order("d1"))).code == "unknown_officer"
    assert given.must(roster("k-1")).facts[0].version == 3
    assert given.must(orders(order("d1"))).facts


def test_live_deployments_refuse_it_and_the_first_is_named() -> None:
    given = planned()
    given.must(orders(order("d2", starts="18:00", ends="20:00"), order("d1")))

    reason = given.refused(withdraw("k-1"))

    assert (reason.code, reason.subject) == ("illegal_transition", "k-1")
    assert "2 live deployments, the first: d1" in reason.message
    assert "cancel_deployments" in (reason.possible or "")


def test_or_they_are_cancelled_with_it_in_the_same_decision() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", starts="18:00", ends="20:00")))

    verdict = given.must(withdraw("k-1", cancel_deployments=True, import_id="i1"))

    assert kinds(verdict) == ["DeploymentCancelled", "DeploymentCancelled", "OfficerWithdrawn"]
    assert verdict.facts[-1].import_id == "i1"
    assert not any(each.live for each in given.state.deployments.values())


def test_a_post_withdraws_its_own_officers_and_cancels_its_own_orders_only() -> None:
    given = planned()
    given.must(RegisterOfficers(officers=[entry("k-9", home_post="alak")]))
    given.must(orders(order("d1")), by=post_of("alak"), post="alak")

    taking = withdraw("k-1", cancel_deployments=True)

    assert given.refused(withdraw("k-9"), by=post_of("oebobo")).code == "not_yours"
    assert given.refused(taking, by=post_of("oebobo")).code == "not_yours"
    assert given.must(withdraw("k-2"), by=post_of("oebobo")).facts
    assert given.must(taking).facts


def test_a_withdrawn_officer_may_come_back_at_another_post() -> None:
    given = planned()
    given.must(withdraw("k-1"))

    back = RegisterOfficers(officers=[entry("k-1", home_post="alak")])

    assert given.must(back, by=post_of("alak"), post="alak").facts[0].version == 3


def test_best_effort_withdraws_who_can_go() -> None:
    given = planned()
    given.must(orders(order("d1")))

    verdict = given.must(withdraw("k-1", "k-2", "nobody", mode="best_effort"))

    assert [fact.officer_id for fact in verdict.facts] == ["k-2"]
    assert [(each.row, each.code) for each in verdict.warnings] == [
        (0, "illegal_transition"),
        (2, "unknown_officer"),
    ]


def test_a_withdrawn_officer_is_not_the_nearest() -> None:
    given = planned()
    given.must(withdraw("k-1"))
    reason = given.refused(orders(order("d1", "k-11")))
    assert "k-1 meant" not in (reason.possible or "")


def test_an_old_version_is_stale() -> None:
    given = planned()
    asked = withdraw("k-1")
    asked.rows[0] = asked.rows[0].__class__(officer_id="k-1", expected_version=7)

    assert given.refused(asked).code == "stale"


def test_nobody_joins_a_real_roster_without_a_name() -> None:
    given = Plan()
    real_admin, real_head = claims("admin", mode="real"), claims(mode="real")
    given.must(opening(mode="real"), by=real_admin)

    assert given.refused(roster("k-1"), by=real_head).code == "malformed"

    ref = PersonalRef(ref="r1", digest="d1")
    given.must(RegisterOfficers(officers=[entry("k-1", person_ref=ref)]), by=real_head)
    given.must(RegisterOfficers(officers=[entry("k-1", rank="AKP")]), by=real_head)
    assert given.state.officers["k-1"].person_ref == ref


def test_words_about_an_officer_without_the_name_are_none() -> None:
    with pytest.raises(ValueError, match="officer k-1 lack the name"):
        entry("k-1", person=PersonalWords(nrp="8504"))


# --- one person, one id


def with_nrp(officer_id: str, nrp: str | None, words: str | None = None, **more: Any) -> OfficerEntry:
    """An entry as an edge lets it in: digests of the person's words, and of the NRP among them."""
    ref = PersonalRef(ref=f"r-{officer_id}", digest=words or f"{officer_id} {nrp}", nrp=nrp)
    return entry(officer_id, person_ref=ref, **more)


def register(*entries: OfficerEntry, mode: BulkMode = "atomic", import_id: str | None = None) -> Any:
    """A roster of these."""
    return RegisterOfficers(officers=list(entries), mode=mode, import_id=import_id)


def test_an_nrp_belongs_to_one_officer_of_the_roster() -> None:
    given = opened()
    given.must(register(with_nrp("k-1", "X")))

    reason = given.refused(register(with_nrp("k-2", "X")))

    assert (reason.code, reason.subject) == ("nrp_taken", "k-2")
    assert "officer k-1" in reason.message
    assert "withdraw officer k-1" in (reason.possible or "")
    assert given.must(register(with_nrp("k-2", "Y"), entry("k-3"), entry("k-4"))).facts


def test_of_two_rows_with_one_nrp_the_first_has_it() -> None:
    both = [with_nrp("k-1", "X"), with_nrp("k-2", "X")]

    reason = opened().refused(register(*both))
    taken = opened().must(register(*both, mode="best_effort"))

    assert [(row.row, row.code) for row in reason.rows] == [(1, "nrp_taken")]
    assert [fact.officer_id for fact in taken.facts] == ["k-1"]
    assert [(each.row, each.code) for each in taken.warnings] == [(1, "nrp_taken")]


@pytest.mark.parametrize("mode", ["atomic", "best_effort"])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_corrected_nrp_is_free_for_its_owner_in_any_order_of_rows(mode: BulkMode, turn: int) -> None:
    given = opened()
    given.must(register(with_nrp("k-1", "X"), with_nrp("k-2", "Y")))

    swapped = [with_nrp("k-1", "Y"), with_nrp("k-2", "X")][::turn]
    verdict = given.must(register(*swapped, mode=mode))

    assert sorted(fact.officer_id for fact in verdict.facts) == ["k-1", "k-2"]
    assert given.state.nrps == {"X": "k-2", "Y": "k-1"}


def test_an_nrp_is_not_free_where_the_row_that_would_free_it_is_refused() -> None:
    """k-1 would give X to k-2, whose Y is for k-3; k-1's own row is bad, so all three stay as they are."""
    given = opened()
    given.must(register(with_nrp("k-1", "X"), with_nrp("k-2", "Y"), entry("k-4")))
    rows = [with_nrp("k-3", "Y"), with_nrp("k-2", "X"), with_nrp("k-1", "Z", satgas="moon"), entry("k-5")]

    verdict = given.must(register(*rows, mode="best_effort"))

    assert [fact.officer_id for fact in verdict.facts] == ["k-5"]
    assert [(each.row, each.code) for each in verdict.warnings] == [
        (0, "nrp_taken"),
        (1, "nrp_taken"),
        (2, "unknown_satgas"),
    ]


def test_a_withdrawn_officer_frees_the_nrp_and_has_to_find_it_free_on_return() -> None:
    given = opened()
    given.must(register(with_nrp("k-1", "X")))
    given.must(withdraw("k-1"))
    given.must(register(with_nrp("k-2", "X")))

    assert given.refused(register(entry("k-1"))).code == "nrp_taken"
    given.must(withdraw("k-2"))
    assert given.must(register(entry("k-1"))).facts[0].person_ref.nrp == "X"


def test_a_roster_from_before_nrps_were_compared_learns_them_when_it_comes_again() -> None:
    given = opened()
    old = [entry(each, person_ref=PersonalRef(ref="r", digest=each)) for each in ("k-1", "k-2")]
    given.must(register(*old))

    again = register(with_nrp("k-1", "X", words="k-1"), with_nrp("k-2", "X", words="k-2"), mode="best_effort")
    verdict = given.must(again)

    assert [(fact.officer_id, fact.version) for fact in verdict.facts] == [("k-1", 2)]
    assert [(each.row, each.code) for each in verdict.warnings] == [(1, "nrp_taken")]


def test_a_reverted_import_gives_nrps_back_unless_somebody_else_has_them_now() -> None:
    given = opened()
    given.must(register(with_nrp("k-1", "X"), with_nrp("k-2", "Y"), with_nrp("k-3", "Z")))
    swapped = [with_nrp("k-1", "Y"), with_nrp("k-2", "X"), with_nrp("k-3", "W"), with_nrp("n-1", "Z")]
    given.must(register(*swapped, import_id="i1"))
    given.must(register(with_nrp("n-1", "Z", rank="AIPDA")))

    verdict = given.must(RevertImport(import_id="i1", cause="the wrong file"))

    assert given.state.nrps == {"X": "k-1", "Y": "k-2", "W": "k-3", "Z": "n-1"}
    assert {each.subject: each.code for each in verdict.warnings} == {
        "k-3": "changed_since",
        "n-1": "changed_since",
    }
    assert any("NRP of officer n-1" in each.message for each in verdict.warnings)
