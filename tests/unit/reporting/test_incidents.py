"""Incidents on the picture: duplicates count once, harm is summed, and how long it took is told."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from pamwal.client.tables import happenings_table
from pamwal.contracts import field
from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.field import Casualties
from pamwal.contracts.incidents_shown import IncidentRow, Incidents, Timing
from pamwal.contracts.reporting import BoardState
from services.reporting.claims import check_claims
from services.reporting.page import board_page
from services.reporting.picture.ledger import Ledger
from services.reporting.views.ledger import ledger_line
from tests.unit.reporting.telling import BATU_PLAT, DAY, OEPURA, Teller, at, name_of


@pytest.fixture
def teller() -> Teller:
    """Three incidents: i1 at 09:00, i2 at 09:10, i3 at 09:20."""
    teller = Teller()
    teller.open()
    for number, severity in enumerate(("minor", "moderate", "severe"), start=1):
        clock = f"09:{10 * (number - 1):02d}"
        say(
            teller, field.IncidentReported, f"i{number}", clock, name=f"r{number}", version=1,
            kind="traffic_jam", severity=severity, kelurahan=BATU_PLAT,
        )  # fmt: skip
    return teller


def say(teller: Teller, make: Any, incident_id: str, clock: str, *, name: str, **fields: Any) -> None:
    """One fact of an incident, in a decision of its own."""
    fact = make(
        id=f"{name}/0", occurred_at=at(clock), recorded_at=at(clock), incident_id=incident_id, author="post",
        **fields,
    )  # fmt: skip
    teller.decide([fact], request_id=name)


def shown(teller: Teller) -> Incidents:
    """What the operations chief sees at 12:00."""
    return teller.situation("12:00").incidents


def row(teller: Teller, incident_id: str) -> IncidentRow:
    """One row of it."""
    [found] = [each for each in shown(teller).rows if each.incident_id == incident_id]
    return found


def merge(teller: Teller, one: str, into: str, clock: str = "10:00") -> None:
    """Two incidents are the same."""
    say(teller, field.IncidentMerged, one, clock, name=f"m{one}", duplicate_of=into)


def test_a_duplicate_counts_once_and_again_when_taken_apart(teller: Teller) -> None:
    harmed = {"casualties": Casualties(injured=2)}
    for number in (1, 2):
        say(teller, field.IncidentAmended, f"i{number}", "09:40", name=f"a{number}", **harmed)
    assert (shown(teller).open, shown(teller).casualties) == (3, Casualties(injured=4))
    merge(teller, "i1", "i2")
    incidents = shown(teller)
    assert (incidents.open, incidents.duplicates, len(incidents.rows)) == (2, 1, 2)
    assert incidents.by_state == {"reported": 2}
    assert incidents.by_severity == {"moderate": 1, "severe": 1}
    assert incidents.casualties == Casualties(injured=2)
    assert (row(teller, "i2").duplicates, row(teller, "i2").reports) == (["i1"], 2)
    say(teller, field.IncidentUnmerged, "i1", "10:30", name="u")
    assert (shown(teller).open, shown(teller).casualties) == (3, Casualties(injured=4))


def test_an_incident_happened_by_the_corrected_clock_and_both_are_shown(teller: Teller) -> None:
    """Reported at 09:05 by a phone a day ahead, and before it by a witness whose clock is right."""
    ahead = at("33:05")
    fact = field.IncidentReported(
        id="late/0", occurred_at=ahead, sent_at=ahead, recorded_at=at("09:05"), incident_id="i0", version=1,
        kind="fire", severity="minor", kelurahan=BATU_PLAT, author="post",
    )  # fmt: skip
    teller.decide([fact], request_id="late")
    assert (row(teller, "i0").occurred_at, row(teller, "i0").said_at) == (at("09:05"), ahead)
    assert [each.said_at for each in shown(teller).rows] == [None, None, ahead, None]
    witnessed = {"kind": "theft", "severity": "minor", "kelurahan": BATU_PLAT}
    say(teller, field.IncidentWitnessed, "i0", "09:04", name="w", **witnessed)
    found = row(teller, "i0")
    assert (found.occurred_at, found.said_at, found.kind) == (at("09:04"), None, "theft")


def test_the_claim_check_counts_no_duplicate(teller: Teller) -> None:
    merge(teller, "i1", "i2")
    asked = ClaimsToCheck(day=DAY, stated=Stated(incidents=3))
    found = check_claims(teller.picture(), asked, at("12:00"), sight="full", name_of=name_of, vector={})
    [checked] = [each for each in found.claims if each.claim == "incidents"]
    assert checked.counted == 2


def test_what_is_amended_shows_as_amended(teller: Teller) -> None:
    place = field.Location(kelurahan=OEPURA)
    say(
        teller, field.IncidentAmended, "i1", "09:30", name="a", severity="extreme", kind="fire",
        location=place, pairs=["walikota/1"], assignees=["post/alak", "officer/x"],
    )  # fmt: skip
    found = row(teller, "i1")
    assert (found.severity, found.kind, found.kelurahan) == ("extreme", "fire", OEPURA)
    assert (found.pairs, found.assignee) == (["walikota/1"], "post/alak")
    assert shown(teller).rows[0] == found
    teller.void("a/0")
    assert (row(teller, "i1").severity, row(teller, "i1").assignees) == ("minor", [])


def test_what_was_handed_up_is_counted_while_it_is_open(teller: Teller) -> None:
    say(teller, field.IncidentEscalated, "i1", "09:30", name="e", to="agency/polda-ntt")
    assert (shown(teller).escalated, row(teller, "i1").escalated_to) == (1, "agency/polda-ntt")
    for version, state in ((2, "unfounded"), (3, "closed")):
        step(teller, version, state, f"09:3{version}")
    assert shown(teller).escalated == 0


def step(teller: Teller, version: int, state: str, clock: str, incident_id: str = "i1") -> None:
    """One step of an incident's life."""
    name = f"{incident_id}s{version}"
    say(teller, field.IncidentAdvanced, incident_id, clock, name=name, version=version, state=state)


def test_harm_in_what_was_unfounded_is_not_summed(teller: Teller) -> None:
    say(teller, field.IncidentAmended, "i1", "09:30", name="a", casualties=Casualties(dead=1))
    assert shown(teller).casualties == Casualties(dead=1)
    step(teller, 2, "unfounded", "09:31")
    step(teller, 3, "closed", "09:32")
    assert shown(teller).casualties == Casualties()
    step(teller, 4, "reopened", "09:33")
    assert shown(teller).casualties == Casualties(dead=1)


def test_how_long_it_took_to_verify_and_to_contain(teller: Teller) -> None:
    assert (shown(teller).to_verify, shown(teller).to_contain) == (Timing(), Timing())
    for version, (state, clock) in enumerate(
        [("verified", "09:05"), ("assigned", "09:06"), ("on_scene", "09:10"), ("contained", "09:30")], start=2
    ):
        step(teller, version, state, clock)
    step(teller, 2, "verified", "09:31", "i2")
    assert (row(teller, "i1").to_verify_s, row(teller, "i1").to_contain_s) == (300, 1800)
    assert shown(teller).to_verify == Timing(measured=2, median_s=300, longest_s=1260)
    assert shown(teller).to_contain == Timing(measured=1, median_s=1800, longest_s=1800)


def test_files_are_counted_each_once(teller: Teller) -> None:
    for number, digit in enumerate("aab"):
        file = field.StoredFile(sha256=digit * 64, size=1, media_type="image/png")
        say(teller, field.IncidentAttached, "i1", "09:30", name=f"f{number}", attachment=file)
    assert row(teller, "i1").attachments == 2


def test_a_viewer_sees_counts_only(teller: Teller) -> None:
    say(teller, field.IncidentEscalated, "i1", "09:30", name="e", to="agency/polda-ntt")
    merge(teller, "i2", "i3")
    seen, full = teller.situation("12:00", sight="counts").incidents, shown(teller)
    assert (seen.rows, seen.open, seen.escalated, seen.duplicates) == ([], 2, 1, 1)
    assert (seen.casualties, seen.to_verify) == (full.casualties, full.to_verify)


def test_page_and_terminal_show_it(teller: Teller) -> None:
    say(teller, field.IncidentEscalated, "i3", "09:30", name="e", to="agency/polda-ntt")
    harm, hands = Casualties(dead=1, injured=2), ["post/alak"]
    say(teller, field.IncidentAmended, "i3", "09:40", name="a", casualties=harm, assignees=hands)
    step(teller, 2, "verified", "09:28", "i3")
    merge(teller, "i2", "i3")
    situation = teller.situation("12:00")
    page = board_page(
        BoardState(situation=situation, ledger=ledger_line(Ledger(), teller.picture(), "exercise"))
    )
    for words in (
        "2 terbuka", "1 dieskalasi", "1 duplikat", "Korban: 1 meninggal, 2 luka", "Verifikasi 8 menit",
        "dieskalasi ke polda-ntt", "kemacetan",
    ):  # fmt: skip
        assert words in page, words
    console = Console(width=200)
    with console.capture() as printed:
        console.print(happenings_table(situation))
    harmed, above = "1 dead; 2 injured", "escalated to agency/polda-ntt"
    also = f"{harmed}; {above}; with post/alak; also told as i2"
    assert f"traffic_jam, severe: verified; {also}" in printed.get()


def test_an_intel_officer_who_is_assigned_is_named_to_the_head_of_operations_only(teller: Teller) -> None:
    teller.register("x", "y")
    teller.plan("a", "09:00", "11:00")
    teller.order("x", "a", "09:00", "11:00", role="intel")
    teller.order("y", "a", "09:00", "11:00")
    hands = ["officer/x", "officer/y"]
    say(teller, field.IncidentAmended, "i1", "09:40", name="a", assignees=hands)
    assert row(teller, "i1").assignees == hands
    seen = {each.incident_id: each for each in teller.situation("12:00", sight="guarded").incidents.rows}
    assert (seen["i1"].assignees, seen["i1"].assignee) == (["officer/y"], "officer/y")
