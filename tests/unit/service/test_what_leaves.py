"""What leaves the house: no route, in no format, names who is on intel to anybody but the head of operations.

The table has every GET of the three services; one that is in none of it fails here, and so does one that
nobody asks any more.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
import pytest_asyncio

from pamwal.contracts.claims import ROLES, Role
from tests.unit.reporting.telling import OPERATION, at
from tests.unit.service.leaving import HIDDEN, SERVICES, SHOWN, Told, Town, a_town

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY: Final = "2024-10-03"
HOURS: Final = f"starts_at={at('09:00')}&ends_at={at('11:00')}"
SAYS: Final[dict[str, dict[str, str]]] = {
    "scheduler": {
        "/deployments": "/deployments",
        "/duties": f"/duties?officer={HIDDEN}&day={DAY}",
        "/unacknowledged": "/unacknowledged",
        "/deployments/{deployment_id}/history": f"/deployments/d-{HIDDEN}/history",
        "/sheets/annex.pdf": f"/sheets/annex.pdf?day={DAY}&intel=true",
        "/exports/orders.{form}": "/exports/orders.csv /exports/orders.xlsx /exports/orders.ics",
    },
    "checkin": {
        "/incidents": "/incidents",
        "/incidents/{incident_id}": "/incidents/i-1",
        "/officers/{officer_id}/observations": f"/officers/{HIDDEN}/observations?day={DAY}",
        "/places/{place}/attendance": f"/places/rally/a/attendance?day={DAY}",
        "/places/{place}/attendance.csv": f"/places/rally/a/attendance.csv?day={DAY}",
        "/places/{place}/ics-211": f"/places/rally/a/ics-211?day={DAY}",
        "/places/{place}/ics-211.pdf": f"/places/rally/a/ics-211.pdf?day={DAY}",
        "/posts/{post}/log": f"/posts/maulafa/log?day={DAY}",
        "/posts/{post}/log.csv": f"/posts/maulafa/log.csv?day={DAY}",
        "/posts/{post}/ics-214": f"/posts/maulafa/ics-214?day={DAY}",
        "/posts/{post}/ics-214.pdf": f"/posts/maulafa/ics-214.pdf?day={DAY}",
    },
    "reporting": {
        "/alerts": "/alerts?standing=false",
        "/children/alerts": "/children/alerts?standing=false",
        "/alerts/{alert_id}/cap.xml": "/alerts/GAP/cap.xml",
        "/stream": "/stream",
        "/situation": "/situation",
        "/officers/{officer_id}/presences": f"/officers/{HIDDEN}/presences",
        "/polls": "/polls",
        "/changes": f"/changes?since={at('09:00')}",
        "/ledger": "/ledger",
        "/explain": "/explain?of=ordered",
        "/hours": "/hours",
        "/hours.csv": "/hours.csv",
        "/hours.xlsx": "/hours.xlsx",
        "/situation.csv": "/situation.csv?section=incidents",
        "/situation.xlsx": "/situation.xlsx",
        "/situation.geojson": "/situation.geojson",
        "/places/{place}/ics-204": f"/places/rally/a/ics-204?day={DAY}",
        "/places/{place}/ics-204.pdf": f"/places/rally/a/ics-204.pdf?day={DAY}",
        "/timeline": "/timeline",
        "/children/timeline": "/children/timeline",
        "/children/timeline.csv": "/children/timeline.csv",
        "/children/timeline.xlsx": "/children/timeline.xlsx",
        "/timeline.csv": "/timeline.csv",
        "/timeline.xlsx": "/timeline.xlsx",
        "/facts.parquet": "/facts.parquet",
    },
}
"""Service → route → how it is asked, in each form, of those that name him to the head of operations."""
COUNTS: Final[dict[str, dict[str, str]]] = {
    "scheduler": {
        "": "",
        "/sites": "/sites",
        "/rallies": "/rallies",
        "/proposals": "/proposals",
        "/proposals/{proposal_id}": "/proposals/p",
        "/calendar": f"/calendar?day={DAY}",
        "/gaps": f"/gaps?day={DAY}",
        "/sheets/duty.pdf": f"/sheets/duty.pdf?day={DAY}",
        "/sheets/check-in.pdf": f"/sheets/check-in.pdf?day={DAY}",
        "/exports/plan.{form}": "/exports/plan.csv /exports/plan.xlsx /exports/plan.ics",
    },
    "checkin": {
        "/attachments/{sha256}": f"/attachments/{'0' * 64}",
        "/codes": "/codes?place=rally/a",
        "/codes.svg": "/codes.svg?place=rally/a",
        "/sheets/place-codes.pdf": "/sheets/place-codes.pdf?place=rally/a",
    },
    "reporting": {
        "/sitreps": "/sitreps",
        "/children/sitreps": "/children/sitreps",
        "/children/ledger": "/children/ledger",
        "/children/situation.csv": "/children/situation.csv",
        "/children/situation.xlsx": "/children/situation.xlsx",
        "/digest": "/digest",
        "/parity": "/parity?election=walikota",
        "/parity.csv": "/parity.csv?election=walikota",
        "/sitreps/{number}": "/sitreps/1",
        "/sitreps/{number}/text": "/sitreps/1/text",
        "/sitreps/{number}/sitrep.pdf": "/sitreps/1/sitrep.pdf",
        "/sitreps/{number}/edxl.xml": "/sitreps/1/edxl.xml",
        "/sitreps/{number}/map.svg": "/sitreps/1/map.svg",
    },
}
"""The same of those that name no officer to anybody."""
ROSTER: Final[dict[str, dict[str, str]]] = {
    "scheduler": {
        "/officers": "/officers",
        "/hours": "/hours",
        "/free": f"/free?{HOURS}",
        "/exports/roster.{form}": "/exports/roster.csv /exports/roster.xlsx",
    },
    "checkin": {
        "/devices": "/devices",
        "/officers/{officer_id}/erasure": f"/officers/{HIDDEN}/erasure",
    },
    "reporting": {},
}
"""They name officers and their devices, whatever anybody is ordered to, and say nothing of that."""
OF_NO_OPERATION: Final = {
    "/healthz", "/readyz", "/readyz/writes",
    # an answer is told to who asked alone: tests/edge/test_reads.py
    *(f"/{name}/v1/requests/{{receipt}}" for name in SERVICES),
    "/scheduler/v1/templates/{kind}.{form}", "/scheduler/v1/places",
    "/checkin/v1/incident-kinds", "/checkin/v1/enrol", "/reporting/v1/keys",
    "/checkin/v1/here/{operation_id}/{kind}/{place_id}/{code}",
}  # fmt: skip
PAGES: Final = ("/", "/timeline", "/sitreps")
"""Of reporting, for people; no part of its OpenAPI document."""
OTHERS: Final[list[Role]] = [role for role in ROLES if role != "ops_head"]  # type: ignore[misc]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    told = Told()
    await told.day()
    async with a_town(Path(tmp_path_factory.mktemp("town")), told) as town:
        yield town


async def path_of(town: Town, service: str, asked: str) -> str:
    """The path of a question of the tables."""
    path = f"/{service}/v1/operations/{OPERATION}{asked}"
    if "GAP" in asked:
        _, text = await answer(town, service, "/alerts?kind=sequence_gap", "ops_head")
        [gap] = msgspec.json.decode(text)["alerts"]
        path = path.replace("GAP", gap["alert_id"])
    return path


async def answer(town: Town, service: str, asked: str, role: Role) -> tuple[int, str]:
    """What one role is answered."""
    path = await path_of(town, service, asked)
    return await (town.stream(path, role) if asked == "/stream" else town.ask(service, path, role))


def without_question(text: str) -> str:
    """An answer about the officer, or his deployment, without what was asked for; it must not say where."""
    for echo in (f'"officer_id":"{HIDDEN}"', f"no deployment 'd-{HIDDEN}'"):
        text = text.replace(echo, "", 1)
    assert "rally/a" not in text, text
    return text


REGISTERED: Final = re.compile(
    rf"(officer_registered\W+(?:\w+\W+)?(?:{SHOWN}; )?|'officer_registered'[^{{}}]*'officer_id': '|"
    rf"personel didaftarkan .*\s.*){HIDDEN}"
)
"""The fact that the roster has him, as it has everybody: in JSON and tables, in Parquet, on the page."""


def without_roster(text: str) -> str:
    """An answer without the fact that he was registered, which the log tells; a gap would name him."""
    return REGISTERED.sub(r"\1", text)


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """(service, how it is asked) of a table."""
    found = ((service, asked.split(" ")) for service, own in table.items() for asked in own.values())
    return [(service, each) for service, forms in found for each in forms]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_is_in_the_table_once(town: Town, service: str) -> None:
    below = f"/{service}/v1/operations/{{operation_id}}"
    listed = [f"{below}{route}" for table in (SAYS, COUNTS, ROSTER) for route in table[service]]
    own = {path for path in await town.paths(service) if path not in OF_NO_OPERATION}
    assert sorted(listed) == sorted(own), "put a new GET route into the table it belongs to"


@pytest.mark.parametrize(("service", "asked"), rows(SAYS))
async def test_who_is_on_intel_is_named_to_the_head_of_operations_alone(
    town: Town, service: str, asked: str
) -> None:
    status, text = await answer(town, service, asked, "ops_head")
    assert (status, HIDDEN in text) == (200, True), text[:2_000]
    for role in OTHERS:
        status, text = await answer(town, service, asked, role)
        assert status in {200, 403, 404}, text[:500]
        told = without_roster(without_question(text) if HIDDEN in asked else text)
        assert HIDDEN not in told, f"{role}: {told[max(0, told.find(HIDDEN) - 300) :][:600]}"


@pytest.mark.parametrize(("service", "asked"), rows(COUNTS))
async def test_what_only_counts_names_nobody_to_anybody(town: Town, service: str, asked: str) -> None:
    for role in ROLES:
        status, text = await answer(town, service, asked, role)  # type: ignore[arg-type]
        assert status in {200, 403, 404}, text[:500]
        assert HIDDEN not in text, f"{role}: {text[max(0, text.find(HIDDEN) - 300) :][:600]}"


@pytest.mark.parametrize(("service", "asked"), rows(SAYS) + rows(COUNTS) + rows(ROSTER))
async def test_a_viewer_is_told_counts_only(town: Town, service: str, asked: str) -> None:
    status, text = await answer(town, service, asked, "viewer")
    assert status in {200, 403, 404}, text[:500]
    assert status != 200 or SHOWN not in text, text[:2_000]


@pytest.mark.parametrize(("service", "asked"), rows(ROSTER))
async def test_what_names_the_roster_says_nothing_of_intel(town: Town, service: str, asked: str) -> None:
    for role in OTHERS:
        status, text = await answer(town, service, asked, role)
        assert status in {200, 403}, text[:500]
        assert "intel" not in text, text[:2_000]


NO_FILES: Final = {"application/json", "application/problem+json", "text/plain", "image/svg+xml"}
"""Media types of answers that have no file name; a QR code is one, a SitRep's map has a name."""
IMPORTABLE: Final = ("/exports/roster.csv", "/exports/plan.csv", "/exports/orders.csv")
"""Tables that the import reads again as they are."""


@pytest.mark.parametrize(
    ("service", "asked"), [row for row in rows(SAYS) + rows(COUNTS) + rows(ROSTER) if row[1] != "/stream"]
)
async def test_a_file_of_an_exercise_has_latihan_in_its_name_and_a_table_in_each_row(
    town: Town, service: str, asked: str
) -> None:
    path = await path_of(town, service, asked)
    answered = await town.clients[service].get(path, headers=town.token("ops_head"))
    media = answered.headers["content-type"].partition(";")[0]
    named = answered.headers.get("content-disposition")
    assert media in NO_FILES if named is None else 'filename="LATIHAN-' in named, (media, named)
    if media == "text/csv" and asked not in IMPORTABLE:
        lines = list(csv.reader(io.StringIO(answered.content.decode("utf-8-sig"))))
        assert {line[0] for line in lines} == {"LATIHAN"}


BEFORE: Final = (
    "/explain?of=unplanned",
    "/polls",
    "/situation",
    f"/officers/{HIDDEN}/presences",
    "/timeline",
)
"""Reads by what was known before anybody was ordered anywhere: all that were seen were not planned."""


@pytest.mark.parametrize("asked", BEFORE)
async def test_who_looks_back_to_before_the_order_is_told_as_little(town: Town, asked: str) -> None:
    _, text = await answer(town, "reporting", "/situation", "ops_head")
    vector = msgspec.json.decode(text)["vector"] | {"pamwal.scheduling.decisions.v1-0": 3}
    known = ",".join(f"{at}-{offset}" for at, offset in vector.items())
    path = f"{asked}{'&' if '?' in asked else '?'}known={known}"
    status, text = await answer(town, "reporting", path, "ops_head")
    assert (status, HIDDEN in text) == (200, True), text[:2_000]
    for role in OTHERS:
        status, text = await answer(town, "reporting", path, role)
        assert status in {200, 403}, text[:500]
        told = without_roster(without_question(text) if HIDDEN in asked else text)
        assert HIDDEN not in told, f"{role}: {told[max(0, told.find(HIDDEN) - 300) :][:600]}"


@pytest.mark.parametrize("page", PAGES)
async def test_no_page_names_who_is_on_intel(town: Town, page: str) -> None:
    for role in OTHERS:
        status, text = await town.ask("reporting", f"{page}?operation={OPERATION}", role)
        assert status in {200, 403}, text[:500]
        told = without_roster(text)
        assert HIDDEN not in told, f"{role}: {told[max(0, told.find(HIDDEN) - 300) :][:600]}"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Town, Town]]:
    """Two towns that differ only in where an officer on intel is, and how many of them are needed."""
    folder = tmp_path_factory.mktemp("twins")
    here, there = Told(), Told()
    await here.hide("rally/a", strength=1)
    await there.hide("rally/b", strength=3)
    async with a_town(folder, here) as one, a_town(folder, there) as other:
        yield one, other


ALSO: Final[dict[str, str]] = {
    "scheduler": f"/officers?available_from={at('09:00')}&available_to={at('11:00')} /hours?day={DAY}"
    f" /free?{HOURS}&why=true /free?{HOURS}&place=rally/a /free?starts_at={at('11:10')}&ends_at={at('12:00')}"
    f" /calendar?day={DAY} /duties?officer={SHOWN} /gaps?covered=true /proposals?every=true"
    " /deployments?place=rally/b /rallies?day=2024-10-03 /exports/plan.ics",
    "checkin": f"/places/rally/b/attendance?day={DAY} /places/rally/b/ics-211.pdf?day={DAY}",
    "reporting": "/explain?of=required_total /explain?of=alerts_standing /explain?of=alerts_understrength"
    " /explain?of=present /situation.csv?section=total /situation.csv?section=venues"
    " /situation?day=2024-10-03"
    f" /situation?at={at('09:15')} /timeline?kind=alert_raised /timeline?venue=v-b"
    f" /places/rally/b/ics-204?day={DAY} /places/rally/b/ics-204.pdf?day={DAY} /hours?unit=Samapta"
    f" /officers/{SHOWN}/presences",
}
"""Service → further questions, asked in the hope that some filter lets something through."""
CHANCE: Final = {
    r"2024-10-03T01:30:00\.\d+Z|30 09[.:]30[.:]00\.\d+|01:30:00\.\d+": "the time of the answer",
    r"^id: [0-9a-f]+\.": "id: the process",
    r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])": "a digest",
    r"c0~\d+/\d+": "the id of a fact of the reporting decider",
    r'"kid":"[\w-]+","jws":"[\w.-]+"': "a signature",
}
"""Pattern → what it stands for, of what may differ: the clock goes on, a process names its streams and signs
with a key of its own, a digest of the log or of a SitRep covers all that was decided and cannot be read back,
and the facts of one decision are numbered together with those that are hidden."""


def without_chance(text: str) -> str:
    """An answer without what differs by chance."""
    for pattern, name in CHANCE.items():
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text


@pytest.mark.parametrize(
    ("service", "asked"),
    rows(SAYS) + rows(COUNTS) + rows(ROSTER) + rows({k: {"": v} for k, v in ALSO.items()}),
)
async def test_an_answer_does_not_depend_on_intel(twins: tuple[Town, Town], service: str, asked: str) -> None:
    for role in OTHERS:
        (status, one), (as_well, other) = [await answer(town, service, asked, role) for town in twins]
        assert status in {200, 403, 404}, one[:500]
        assert (status, without_chance(one)) == (as_well, without_chance(other)), role


async def test_the_head_of_operations_is_told_of_intel(twins: tuple[Town, Town]) -> None:
    for service, asked in (("scheduler", "/rallies"), ("reporting", "/situation"), ("reporting", "/alerts")):
        one, other = [(await answer(town, service, asked, "ops_head"))[1] for town in twins]
        assert without_chance(one) != without_chance(other)


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_does_not_depend_on_intel(twins: tuple[Town, Town], page: str) -> None:
    for role in OTHERS:
        one, other = [await town.ask("reporting", f"{page}?operation={OPERATION}", role) for town in twins]
        assert without_chance(one[1]) == without_chance(other[1]), role
