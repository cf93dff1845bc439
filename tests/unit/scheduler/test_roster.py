"""Officers in bulk: new, amended, unchanged, refused; every row has its answer."""

from __future__ import annotations

from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import RegisterOfficers
from tests.unit.scheduler.asked import entry, opened, post_of


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
