"""Who is assigned to a place on a day, as the data of FEMA's form ICS 204. Moments are Instants."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.scheduling import Day, DeploymentRole


class Ics204Resource(Struct, frozen=True, kw_only=True):
    """One officer assigned."""

    resource: str
    """The name, else the officer's id."""
    identifier: str
    """NRP, else the officer's id."""
    home_unit: str
    role: DeploymentRole
    reports_at: str
    until: str
    state: str
    """As the counts of a strength are named: at_place, awaited, absent …"""
    contact: str
    """His telephone, for who may read it."""


class Ics204(Struct, frozen=True, kw_only=True):
    """The data of an assignment list (ICS 204), as the plan and the field stand at `at`."""

    form: str
    incident_name: str
    operational_period_from: str
    operational_period_to: str
    day: Day
    zone: str
    branch: str
    """The kecamatan."""
    division: str
    """The kelurahan."""
    work_location: str
    """The venue's or site's name."""
    place: str
    work_assignments: str
    """What is secured: kind, candidate pairs, hours on the local clock."""
    special_instructions: list[str]
    supervisors: list[Ics204Resource]
    """Field commanders."""
    resources: list[Ics204Resource]
    required: dict[DeploymentRole, int]
    ordered: int
    """Of those that may be told of here."""
    posts: list[str]
    """Names of the posts that report this place."""
    complete: bool
    """False: duties that the reader may not see are left out."""
    exercise: bool
    at: str
    vector: dict[str, int]
    kind: str = ""
    """Of the rally or site, of `work_assignments` the first word."""
    pairs: list[str] = []
    starts_at: str | None = None
    ends_at: str | None = None
