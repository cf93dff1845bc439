"""What becomes of an order, a site, an officer and the operation, and how each counts (domain sections 3, 5).

Rally a is 09:00-11:00 in Alak; gudang is a site in Maulafa, guarded all day.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts import scheduling
from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.reporting import Sight, SiteRow, Strength
from pamwal.contracts.scheduling import Policy, Post
from services.reporting.claims import check_claims
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, OPERATION, Teller, at, facts_of, name_of


@pytest.fixture
def teller() -> Teller:
    """An operation with a rally, a site and three officers; nobody is ordered."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("a", "09:00", "11:00")
    teller.guard("gudang", required={"guard": 2})
    return teller


def site(teller: Teller, clock: str) -> SiteRow:
    """The only site."""
    (row,) = teller.situation(clock).sites
    return row


def here(teller: Teller, clock: str) -> Strength:
    """The only venue's strength."""
    (row,) = teller.situation(clock).venues
    return row.strength


# --- reserved


def test_reserved_is_a_number_of_its_own_and_neither_ordered_nor_awaited(teller: Teller) -> None:
    teller.reserve("x", "a", "09:00", "11:00")
    teller.beat("alak", "09:30")
    for clock in ("08:00", "09:31", "12:00"):
        assert facts_of(teller.total(clock)) == {"reserved": 1}
        assert facts_of(here(teller, clock)) == {"reserved": 1}
    (row,) = (row for row in teller.situation("09:31").kecamatan if row.code == "53.71.01")
    assert facts_of(row.strength) == {"reserved": 1}


def test_who_is_only_reserved_and_comes_is_present_without_an_order(teller: Teller) -> None:
    teller.reserve("x", "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    assert facts_of(teller.total("09:30")) == {"present": 1, "unplanned": 1, "reserved": 1}


def test_a_reserved_one_that_is_ordered_counts_as_ordered(teller: Teller) -> None:
    teller.reserve("x", "a", "09:00", "11:00")
    teller.order("x", "a", "09:00", "11:00", version=2)
    assert facts_of(teller.total("08:00")) == {"ordered": 1, "awaited": 1}


def test_an_officer_kept_for_two_places_counts_once_in_total_and_once_at_each(teller: Teller) -> None:
    teller.reserve("x", "a", "09:00", "11:00")
    teller.reserve("x", "site/gudang", "13:00", "15:00")
    situation = teller.situation("08:00")
    assert (situation.total.reserved, situation.satgas[0].strength.reserved) == (1, 1)
    assert (situation.venues[0].strength.reserved, situation.sites[0].strength.reserved) == (1, 1)


@pytest.mark.parametrize(("sight", "placed"), [("counts", 0), ("guarded", 0), ("full", 1)])
def test_reserved_intel_is_placed_only_for_the_chief(teller: Teller, sight: Sight, placed: int) -> None:
    teller.reserve("x", "a", "09:00", "11:00", role="intel")
    situation = teller.situation("08:00", sight)
    assert (situation.total.reserved, situation.venues[0].strength.reserved) == (1, placed)


def test_a_claim_counts_what_is_ordered_and_not_what_is_reserved(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.reserve("y", "a", "09:00", "11:00")
    asked = ClaimsToCheck(stated=Stated(officers=2))
    checked = check_claims(teller.picture(), asked, at("08:00"), sight="full", name_of=name_of, vector={})
    assert [each.counted for each in checked.claims] == [1]


# --- what ends an order, and what lets it stand again


ENDINGS = [
    (scheduling.DeploymentCancelled, {"cause": "test"}),
    (scheduling.DeploymentRejected, {"by": "x", "cause": "sick"}),
    (scheduling.DeploymentSwapped, {"successor": "d9", "cause": "test"}),
]


@pytest.mark.parametrize(("make", "fields"), ENDINGS)
def test_what_is_cancelled_rejected_or_swapped_counts_again_once_reinstated(
    teller: Teller, make: type[Any], fields: dict[str, str]
) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.step(make, "x-a", 2, **fields)
    assert facts_of(teller.total("08:00")) == {}
    teller.step(scheduling.DeploymentReinstated, "x-a", 3, cause="after all")
    assert facts_of(teller.total("08:00")) == {"ordered": 1, "awaited": 1}


def test_a_reserved_one_that_is_reinstated_is_reserved_again(teller: Teller) -> None:
    teller.reserve("x", "a", "09:00", "11:00")
    teller.step(scheduling.DeploymentCancelled, "x-a", 2, cause="test")
    assert facts_of(teller.total("08:00")) == {}
    teller.step(scheduling.DeploymentReinstated, "x-a", 3, cause="after all")
    assert facts_of(teller.total("08:00")) == {"reserved": 1}


def test_an_order_without_a_sprin_that_is_reinstated_is_ordered_again(teller: Teller) -> None:
    teller.tell(
        scheduling.DeploymentOrdered, deployment_id="d", officer_id="x", place="rally/a", role="guard",
        starts_at=at("09:00"), ends_at=at("11:00"), sprin="", postid="alak",
    )  # fmt: skip
    teller.step(scheduling.DeploymentCancelled, "d", 2, cause="test")
    teller.step(scheduling.DeploymentReinstated, "d", 3, cause="after all")
    assert facts_of(teller.total("08:00")) == {"ordered": 1, "awaited": 1}


# --- stood down


def test_stood_down_he_is_present_until_its_end_and_relieved_from_then_on(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.stand_down("x-a", "10:00")
    assert facts_of(teller.total("09:59")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    relieved = {"ordered": 1, "relieved": 1, "on_time": 1}
    assert facts_of(teller.total("10:00")) == relieved
    assert facts_of(here(teller, "12:00")) == relieved


def test_who_left_before_he_was_stood_down_has_left(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.go("x", "a", "09:40")
    teller.stand_down("x-a", "10:00")
    assert facts_of(teller.total("10:30")) == {"ordered": 1, "left": 1, "on_time": 1}


def test_stood_down_within_the_grace_nobody_is_a_no_show(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.stand_down("x-a", "09:10")
    teller.beat("alak", "09:30")
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "relieved": 1}


def test_standing_down_later_does_not_undo_a_no_show(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.stand_down("x-a", "10:00")
    teller.beat("alak", "10:05")
    assert facts_of(teller.total("10:06")) == {"ordered": 1, "absent": 1}


def test_who_comes_after_he_was_stood_down_is_there_without_an_order(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.stand_down("x-a", "10:00")
    teller.come("x", "a", "10:20")
    total = facts_of(teller.total("10:30"))
    assert (total["relieved"], total["unplanned"], total["present"]) == (1, 1, 1)


def test_stood_down_from_one_order_he_serves_the_next_at_the_place(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "10:00", deployment_id="first")
    teller.order("x", "a", "10:00", "11:00", deployment_id="second")
    teller.come("x", "a", "08:55")
    teller.stand_down("first", "10:00")
    assert facts_of(teller.total("10:05")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


# --- purposes


def test_reinforcement_and_on_call_are_ordered_and_shown_apart(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.order("y", "a", "09:00", "11:00", purpose="reinforcement")
    teller.order("z", "a", "09:00", "11:00", purpose="on_call")
    counts = {"ordered": 3, "awaited": 3, "reinforcement": 1, "on_call": 1}
    assert facts_of(teller.total("08:00")) == counts
    assert facts_of(here(teller, "08:00")) == counts


# --- absences and loans


def test_an_absence_that_overlaps_the_order_excuses_and_is_never_a_no_show(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.excuse("x", "10:30", "18:00")
    assert facts_of(teller.total("08:00")) == {"ordered": 1, "excused": 1}
    teller.beat("alak", "09:30")
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "excused": 1}
    assert facts_of(teller.total("23:00")) == {"ordered": 1, "excused": 1}


def test_an_absence_that_only_touches_the_order_excuses_nobody(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.excuse("x", "11:00", "18:00")
    teller.excuse("x", "06:00", "09:00", absence_id="a2")
    teller.beat("alak", "09:30")
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "absent": 1}


def test_who_comes_all_the_same_is_present(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.excuse("x", "06:00", "18:00")
    teller.come("x", "a", "08:55")
    assert facts_of(teller.total("09:30")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_an_absence_holds_by_its_newest_version_and_not_once_it_is_withdrawn(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.beat("alak", "09:30")
    teller.tell(scheduling.AbsenceWithdrawn, 3, absence_id="a1", officer_id="x", cause="well again")
    teller.excuse("x", "06:00", "18:00", version=2)
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "absent": 1}
    teller.excuse("x", "06:00", "18:00", version=4)
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "excused": 1}


def test_who_is_lent_to_another_operation_is_excused_until_he_is_recalled(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.beat("alak", "09:30")
    teller.tell(
        scheduling.OfficerLent, loan_id="a1", officer_id="x", to_operation="other", starts_at=at("06:00"),
        ends_at=at("18:00"),
    )  # fmt: skip
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "excused": 1}
    teller.tell(scheduling.OfficerRecalled, 2, loan_id="a1", officer_id="x", cause="needed")
    assert facts_of(teller.total("09:31")) == {"ordered": 1, "absent": 1}


# --- sites


def test_a_site_has_a_row_of_its_own_and_counts_in_its_kelurahan_and_kecamatan(teller: Teller) -> None:
    teller.order("x", "site/gudang", "09:00", "11:00")
    teller.come("x", "site/gudang", "08:55")
    situation = teller.situation("09:30")
    row = site(teller, "09:30")
    assert (row.site_id, row.kind, row.name, row.kelurahan, row.kecamatan) == (
        "gudang", "logistics", "Gudang gudang", OEPURA, "53.71.02",
    )  # fmt: skip
    counts = {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    assert (facts_of(row.strength), row.strength.required) == (counts, {"guard": 2})
    for areas in (situation.kelurahan, situation.kecamatan):
        area = next(each for each in areas if each.code in {OEPURA, "53.71.02"})
        assert (area.venues, area.sites, facts_of(area.strength)) == (0, 1, counts)
        assert area.strength.required_total == 2
    assert [each.venue_id for each in situation.venues] == ["v-a"]
    assert situation.total.required_total == 4


def test_the_posts_of_a_sites_kecamatan_would_report_an_absence_there(teller: Teller) -> None:
    teller.order("x", "site/gudang", "09:00", "11:00")
    teller.beat("alak", "09:30")
    assert facts_of(site(teller, "09:31").strength) == {"ordered": 1, "unknown": 1}
    teller.beat("maulafa", "09:30")
    assert facts_of(site(teller, "09:31").strength) == {"ordered": 1, "absent": 1}


def test_a_site_is_shown_on_the_days_of_its_hours_only(teller: Teller) -> None:
    assert teller.situation("08:00", day="2024-10-04").sites == []
    assert teller.situation("08:00", day="2024-10-04").total.required_total == 0


def test_a_withdrawn_site_needs_nobody_and_shows_only_whom_it_had(teller: Teller) -> None:
    teller.tell(scheduling.SiteWithdrawn, 2, site_id="gudang", cause="moved")
    assert teller.situation("08:00").sites == []
    teller.order("x", "site/gudang", "06:00", "07:00")
    row = site(teller, "08:00")
    assert (row.strength.ordered, row.strength.required_total) == (1, 0)


def test_a_site_stands_by_its_newest_entry_whatever_comes_last(teller: Teller) -> None:
    teller.guard("gudang", kelurahan=BATU_PLAT, required={"guard": 5}, version=3)
    teller.tell(scheduling.SiteWithdrawn, 2, site_id="gudang", cause="moved")
    row = site(teller, "08:00")
    assert (row.kelurahan, row.strength.required_total) == (BATU_PLAT, 5)


def test_a_site_nobody_registered_is_a_place_only_the_field_named(teller: Teller) -> None:
    teller.come("x", "site/nowhere", "09:00")
    situation = teller.situation("09:10")
    (row,) = (row for row in situation.venues if row.kelurahan is None)
    assert (row.venue_id, row.strength.unplanned) == ("site/nowhere", 1)


# --- rallies, officers, operation and days


def test_a_closed_rally_has_ended_and_a_reinstated_one_goes_by_its_hours(teller: Teller) -> None:
    teller.tell(scheduling.RallyClosed, 2, rally_id="a")
    assert teller.situation("09:30").rallies.ended == 1
    teller.tell(scheduling.RallyReinstated, 3, rally_id="a", cause="goes on")
    assert teller.situation("09:30").rallies.active == 1


def test_a_cancelled_rally_that_is_reinstated_needs_its_officers_again(teller: Teller) -> None:
    teller.tell(scheduling.RallyCancelled, 2, rally_id="a", cause="rain")
    assert teller.situation("08:00").total.required_total == 2
    teller.tell(scheduling.RallyReinstated, 3, rally_id="a", cause="sun")
    assert teller.situation("08:00").total.required_total == 4


def test_a_withdrawn_officer_is_known_for_what_he_was_deployed_to_only(teller: Teller) -> None:
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.come("y", "a", "08:55")
    for officer_id in ("x", "y"):
        teller.tell(scheduling.OfficerWithdrawn, 2, officer_id=officer_id, cause="moved away")
    situation = teller.situation("09:30")
    assert (situation.total.present, situation.total.unregistered) == (1, 1)
    assert {row.satgas_id: row.strength.present for row in situation.satgas} == {"preventif": 1, "": 0}
    teller.register("y", version=3)
    assert teller.situation("09:30").total.unregistered == 0


def test_officers_whom_a_reverted_import_withdraws_together_are_known_no_more(teller: Teller) -> None:
    for officer_id in ("y", "z"):
        teller.come(officer_id, "a", "08:55")
    gone = teller.tell(
        scheduling.ImportReverted, 1, import_id="i", cause="wrong file", officers={"y": 2, "z": 2}
    )
    assert teller.situation("09:30").total.unregistered == 2
    teller.register("z", version=3)
    assert teller.situation("09:30").total.unregistered == 1
    teller.told.append(gone)
    assert teller.situation("09:30").total.unregistered == 1


def amended(teller: Teller, version: int, **changes: Any) -> None:
    """The operation is amended; what is not given stays."""
    fields: dict[str, Any] = {
        "name": "OMP Turangga", "starts_on": "2024-09-25", "ends_on": "2024-11-23", "task_forces": [],
        "posts": [Post(post_id="alak", name="Posko Alak")], "pairs": [], "policy": Policy(),
    }  # fmt: skip
    teller.tell(scheduling.OperationAmended, version, **(fields | changes))


def test_an_amendment_changes_posts_and_policy_and_keeps_mode_and_zone(teller: Teller) -> None:
    amended(teller, 3, name="OMP Baru", policy=Policy(grace_min=0, silent_post_min=30))
    amended(teller, 2, name="OMP Lama")
    situation = teller.situation("09:00")
    assert (situation.name, situation.mode, situation.zone) == ("OMP Baru", "exercise", "Asia/Makassar")
    assert (situation.posts.total, situation.posts.silent_post_min) == (1, 30)
    charter = teller.picture().charter
    assert charter is not None
    assert (charter.version, charter.region, charter.pairs) == (3, "53.71", [])


def test_an_amendment_that_comes_before_the_opening_waits_for_it() -> None:
    teller = Teller()
    amended(teller, 2, name="OMP Baru")
    assert teller.situation("09:00").name == OPERATION
    teller.open()
    assert teller.situation("09:00").name == "OMP Baru"


def test_the_operation_is_closed_until_it_is_reopened_whatever_is_amended(teller: Teller) -> None:
    teller.tell(scheduling.OperationClosed, 2, cause="over")
    amended(teller, 3)
    assert teller.situation("09:00").closed
    teller.tell(scheduling.OperationReopened, 4, cause="second round")
    assert not teller.situation("09:00").closed


def test_a_closed_day_is_marked_and_no_other(teller: Teller) -> None:
    teller.tell(scheduling.DayReopened, 2, day="2024-10-04", cause="again")
    for day in ("2024-10-03", "2024-10-04"):
        teller.tell(scheduling.DayClosed, day=day)
    assert teller.situation("09:00").day_closed
    assert not teller.situation("09:00", day="2024-10-04").day_closed


def test_drafts_and_reverted_imports_show_nowhere(teller: Teller) -> None:
    before = teller.situation("09:00")
    order = scheduling.Order(
        deployment_id="d", officer_id="x", place="rally/a", role="guard", starts_at=at("09:00"),
        ends_at=at("11:00"),
    )  # fmt: skip
    teller.tell(scheduling.DeploymentsProposed, proposal_id="p", orders=[order])
    teller.tell(scheduling.ProposalDiscarded, 2, proposal_id="p")
    teller.tell(scheduling.ImportReverted, import_id="i", cause="wrong file")
    after = teller.situation("09:00")
    assert replace(after, posts=before.posts) == before, "but for how much its post has said"
