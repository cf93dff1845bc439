"""An import that is reverted was never there: the same officers, rallies and sites stand, versions aside."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import (
    Attachment,
    OfficerRow,
    PlanRallies,
    RegisterOfficers,
    RegisterSites,
    RevertImport,
    WithdrawOfficers,
)
from services.scheduler.deciding.state import Schedule
from tests.unit.scheduler.asked import (
    LASIANA,
    OEBOBO,
    Plan,
    at,
    cancel_rally,
    entry,
    order,
    orders,
    plan,
    planned,
    receipt,
    site,
    sites,
    venue,
)

OFFICERS, RALLIES, SITES = ["k-1", "k-2", "n-1", "n-2"], ["oebobo-1", "new-1", "new-2"], ["kpu", "tps-1"]
REVERT = RevertImport(import_id="i1", cause="the wrong file")
hours = st.sampled_from([("10:00", "12:00"), ("16:00", "20:00"), ("18:00", "22:00")])
refs = st.none() | st.sampled_from("ab").map(lambda digest: PersonalRef(ref="r", digest=digest))
refs_with_nrp = st.none() | st.sampled_from("ab").map(
    lambda digest: PersonalRef(ref="r", digest=digest, nrp=f"nrp-{digest}")
)
attachments = st.none() | st.just(
    Attachment(operation_id="o", loan_id="l", starts_at=at("15:00"), ends_at=at("22:00"))
)


@st.composite
def entries(draw: st.DrawFn, officer_id: str, persons: st.SearchStrategy[Any]) -> Any:
    """One officer's row."""
    return entry(
        officer_id,
        rank=draw(st.sampled_from(["BRIPKA", "AIPDA"])),
        satgas=draw(st.sampled_from(["preventif", "gakkum"])),
        home_post=draw(st.sampled_from(["oebobo", "alak"])),
        skills=draw(st.lists(st.sampled_from(["intel", "traffic"]), max_size=2)),
        person_ref=draw(persons),
        attachment=draw(attachments),
    )


@st.composite
def rally_plans(draw: st.DrawFn, rally_id: str) -> Any:
    """One rally's row."""
    starts, ends = draw(hours)
    return plan(
        rally_id,
        starts,
        ends,
        kind=draw(st.sampled_from(["limited_meeting", "debate"])),
        required=draw(st.sampled_from([{}, {"guard": 4}, {"guard": 9, "traffic": 1}])),
        venue=venue(draw(st.sampled_from([OEBOBO, LASIANA]))),
        receipt=draw(st.none() | st.just(receipt())),
    )


@st.composite
def site_entries(draw: st.DrawFn, site_id: str) -> Any:
    """One site's row."""
    starts, ends = draw(hours)
    return site(
        site_id,
        starts_at=draw(st.none() | st.just(at(starts))),
        ends_at=draw(st.none() | st.just(at(ends))),
        required=draw(st.sampled_from([{}, {"guard": 2}])),
    )


def rows(names: list[str], row: Any) -> st.SearchStrategy[list[Any]]:
    """Rows of some of these names, each once."""
    chosen = st.lists(st.sampled_from(names), min_size=1, unique=True)
    return chosen.flatmap(lambda found: st.tuples(*(row(each) for each in found)).map(list))


@st.composite
def files(draw: st.DrawFn, import_id: str | None, persons: Any = refs_with_nrp) -> list[Any]:
    """One to four requests of one import, or by hand."""
    more: dict[str, Any] = {"mode": "best_effort", "import_id": import_id}
    one = st.one_of(
        rows(OFFICERS, lambda each: entries(each, persons)).map(
            lambda found: RegisterOfficers(officers=found, **more)
        ),
        rows(RALLIES, rally_plans).map(lambda found: PlanRallies(rallies=found, **more)),
        rows(SITES, site_entries).map(lambda found: RegisterSites(sites=found, **more)),
        st.lists(st.sampled_from(OFFICERS), min_size=1, max_size=2).map(
            lambda found: WithdrawOfficers(
                rows=[OfficerRow(officer_id=each) for each in found],
                cause="moved",
                cancel_deployments=True,
                **more,
            )
        ),
    )
    return draw(st.lists(one, min_size=1, max_size=4))


def standing(state: Schedule) -> bytes:
    """Officers, rallies and sites that stand, without their versions, as bytes."""
    tables = (
        [each for each in state.officers.values() if not each.withdrawn],
        [each for each in state.rallies.values() if each.status != "cancelled"],
        [each for each in state.sites.values() if not each.withdrawn],
    )
    plain = [
        sorted(
            msgspec.json.encode(msgspec.structs.replace(each, version=0), order="sorted") for each in table
        )
        for table in tables
    ]
    return b"\n".join(line for table in plain for line in table)


def told(given_plan: Plan, asked: list[Any]) -> None:
    """Asks all; refusals are part of life."""
    for each in asked:
        given_plan.ask(each)


@settings(max_examples=150, deadline=None)
@given(files(None), files("i1"))
def test_an_import_reverted_leaves_what_stood_before(by_hand: list[Any], imported: list[Any]) -> None:
    plan_ = planned()
    told(plan_, [sites(site()), *by_hand, cancel_rally("lasiana-1")])
    before = standing(plan_.state)
    told(plan_, imported)

    verdict = plan_.must(REVERT) if "i1" in plan_.state.imports else None

    assert standing(plan_.state) == before
    assert verdict is None or not [each for each in verdict.warnings if each.code == "changed_since"]


@settings(max_examples=80, deadline=None)
@given(files("i1", refs))  # a withdrawn officer keeps his NRP: told again, he may find it taken
def test_an_import_reverted_and_told_again_is_as_if_it_had_never_been_reverted(imported: list[Any]) -> None:
    once, again = planned(), planned()
    told(once, imported)
    told(again, imported)
    again.ask(REVERT)
    told(again, imported)

    assert standing(again.state) == standing(once.state)


@settings(max_examples=80, deadline=None)
@given(files("i1"), files(None), st.lists(st.sampled_from(OFFICERS), max_size=3, unique=True))
def test_what_was_changed_or_ordered_since_is_named(
    imported: list[Any], by_hand: list[Any], ordered: list[str]
) -> None:
    plan_ = planned()
    told(plan_, [*imported, *by_hand, *(orders(order(f"d-{each}", each)) for each in ordered)])
    if "i1" not in plan_.state.imports:
        return
    before = plan_.state
    made = before.imports["i1"]
    changed = {
        *(each for each, (version, _) in made.officers.items() if before.officers[each].version != version),
        *(each for each, (version, _) in made.rallies.items() if before.rallies[each].version != version),
        *(each for each, (version, _) in made.sites.items() if before.sites[each].version != version),
    }
    live = {
        each.deployment_id
        for each in before.deployments.values()
        if each.live
        and (
            (each.officer_id in made.officers and each.officer_id not in changed)
            or (each.place.partition("/")[2] in {*made.rallies, *made.sites} - changed)
        )
    }

    verdict = plan_.must(REVERT)

    assert {each.subject for each in verdict.warnings if each.code == "changed_since"} == changed
    assert {each.subject for each in verdict.warnings if each.code == "ordered_since"} == live
    for each in plan_.state.deployments.values():
        assert not (each.live and plan_.state.officers[each.officer_id].withdrawn)
