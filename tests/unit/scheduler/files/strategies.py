"""Values of the contracts as Hypothesis makes them, for what files carry."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import PlanRally
from pamwal.contracts.scheduling.terms import Attachment, NoticeReceipt, OfficerEntry, Order, Override
from services.scheduler.files import OrderLine

ZONES = st.sampled_from(["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"])
ROLES = ["escort", "guard", "patrol", "traffic", "intel", "field_commander", "reserve"]
KINDS = ["limited_meeting", "face_to_face", "dialogue", "mass_rally", "debate"]
RULES = ["cannot_arrive", "insufficient_rest", "over_duty", "officer_unavailable", "order_required"]
MISREAD = re.compile("\ufffd|[ÃÂ][\x80-\xbf]|â€")
"""What is refused because somebody read it in a wrong encoding before."""

_HARD = st.sampled_from(
    [
        *("=1+1", "+62812", "-1", "@SUM(A1)", "'=1", "''x", "'Aisyah", " spaced ", "\ttab", "#N/A"),
        *("a\nb", "a\r\nb", "a\rb", "\\n", "\\N,;", 'a"b', "a,b;c\td", "\u2028", "\x0b\x1f", "x\x00"),
        *("_x0041_", "_x005F_", "_x0041\n", "1E10", "007", "TRUE"),
    ]
)


def texts(*, most: int = 60, least: int = 1, blank: bool = False) -> st.SearchStrategy[str]:
    """Any text, and more often than chance one that a spreadsheet or a calendar would change."""
    found = (st.text(min_size=least, max_size=most) | _HARD).filter(
        lambda text: least <= len(text) <= most and not MISREAD.search(text)
    )
    return found if blank else found.filter(lambda text: re.search(r"\S", text) is not None)


def identifiers(most: int = 64) -> st.SearchStrategy[str]:
    return st.from_regex(rf"[A-Za-z0-9][A-Za-z0-9._:-]{{0,{most - 1}}}", fullmatch=True) | st.sampled_from(
        ["1E10", "007", "TRUE", "2024-10-03", "1-2"]
    )


def instants() -> st.SearchStrategy[str]:
    first, last = to_ms("2000-01-01T00:00:00.000Z"), to_ms("2099-12-31T23:59:59.999Z")
    whole_minutes = st.integers(first // 60_000, last // 60_000).map(lambda minute: minute * 60_000)
    return (whole_minutes | st.integers(first, last)).map(from_ms)


PERSONS = st.builds(
    PersonalWords,
    name=texts().filter(lambda text: any(map(str.isalnum, text))),
    nrp=st.none() | texts(most=32).filter(lambda text: "E+" not in text.upper()),
    phone=st.none() | texts(least=3, most=32, blank=True).filter(lambda text: "E+" not in text.upper()),
    text=st.none() | texts(blank=True),
)
REFERENCES = st.builds(PersonalRef, ref=identifiers(), digest=identifiers())
OFFICERS = st.builds(
    lambda known, **fields: OfficerEntry(**{**fields, **known}),
    known=PERSONS.map(lambda person: {"person": person})
    | REFERENCES.map(lambda reference: {"person_ref": reference})
    | st.builds(lambda person, reference: {"person": person, "person_ref": reference}, PERSONS, REFERENCES),
    officer_id=identifiers(32),
    rank=texts(),
    unit=texts(),
    satgas=identifiers(),
    home_post=identifiers(),
    skills=st.lists(st.from_regex(r"[a-z][a-z0-9_]{1,31}", fullmatch=True), max_size=4),
    attachment=st.none()
    | st.builds(
        Attachment,
        operation_id=identifiers(),
        loan_id=identifiers(),
        starts_at=instants(),
        ends_at=instants(),
    ),
)
POINTS = st.builds(
    Point, latitude=st.floats(-90, 90, allow_nan=False), longitude=st.floats(-180, 180, allow_nan=False)
)
VENUES = st.builds(
    Venue,
    venue_id=identifiers(),
    name=texts(),
    kelurahan=st.from_regex(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}", fullmatch=True),
    point=st.none() | POINTS,
    radius_m=st.integers(1, 10_000),
)
RALLIES = st.builds(
    PlanRally,
    rally_id=identifiers(),
    kind=st.sampled_from(KINDS),
    pairs=st.lists(st.from_regex(r"[a-z]{3,32}/[0-9]{1,3}", fullmatch=True), min_size=1, max_size=4),
    venue=VENUES,
    starts_at=instants(),
    ends_at=instants(),
    required=st.dictionaries(st.sampled_from(ROLES), st.integers(0, 100_000)),
    pattern=st.none() | identifiers(),
    expected_attendance=st.none() | st.integers(0, 100_000),
    receipt=st.none() | st.builds(NoticeReceipt, number=texts(), received_at=instants()),
    stage=st.sampled_from(["planned", "notified"]),
    series_id=st.none() | identifiers(),
    expected_version=st.none() | st.integers(1, 10**15 - 1),
)
ORDERS = st.builds(
    OrderLine,
    order=st.builds(
        Order,
        deployment_id=identifiers(),
        officer_id=identifiers(32),
        place=st.builds("{}/{}".format, st.sampled_from(["rally", "site"]), identifiers()),
        role=st.sampled_from(ROLES),
        starts_at=instants(),
        ends_at=instants(),
        purpose=st.sampled_from(["regular", "reinforcement", "on_call"]),
        override=st.none()
        | st.builds(Override, rules=st.lists(st.sampled_from(RULES), min_size=1, max_size=5), cause=texts()),
    ),
    sprin=st.none() | texts(),
)
