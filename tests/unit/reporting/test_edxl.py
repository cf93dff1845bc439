"""A SitRep as EDXL-SitRep 1.0: valid against the schema of these tests, true to the SitRep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
import xmlschema
from msgspec.structs import replace

from pamwal.contracts.claims import Role
from pamwal.contracts.sitreps import PublishSitRep, SitRep
from services.reporting.exports.edxl import CT, SITREP, edxl_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.publishing import Publisher, a_day
from tests.unit.reporting.test_sitreps_over_http import signed

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "edxl-sitrep-1.0.xsd")
DIGEST = "a" * 64
REGION = "53.71"


def said(root: Element, name: str, namespace: str = SITREP) -> str:
    found = root.find(f".//{{{namespace}}}{name}")
    assert found is not None, name
    return found.text or ""


def written(sitrep: SitRep, text: str = "semua <aman> & terkendali") -> Element:
    content = edxl_of(sitrep, DIGEST, text, REGION)
    SCHEMA.validate(content)
    return fromstring(content)  # noqa: S314 - what was written a moment ago


def test_it_is_valid_and_says_what_the_sitrep_says() -> None:
    publisher = Publisher(a_day())
    first, second = publisher.publish("09:30"), publisher.publish("10:00", kind="update")
    one, two = written(first), written(second)
    assert [said(each, "reportNumber") for each in (one, two)] == ["1", "2"]
    assert [said(each, "reportVersion") for each in (one, two)] == ["Initial", "Update"]
    assert said(one, "messageID") == f"turangga/sitreps/1/{DIGEST}"
    assert second.supersedes is not None
    assert said(two, "precedingMessageID") == f"turangga/sitreps/1/{second.supersedes.sha256}"
    assert (said(one, "fromDateTime", CT), said(one, "toDateTime", CT)) == (
        "2024-10-03T00:00:00+08:00", "2024-10-03T09:30:00+08:00",
    )  # fmt: skip
    assert said(one, "observationText") == "semua <aman> & terkendali"
    assert "LATIHAN" in said(one, "reportTitle")
    assert said(one, "value", CT) == REGION
    assert edxl_of(first, DIGEST, "x", REGION) == edxl_of(first, DIGEST, "x", REGION)


def test_confidence_is_how_much_was_heard_and_severity_that_of_the_severest_open_incident() -> None:
    sitrep = Publisher(a_day()).publish("09:30")
    heard = sitrep.completeness.heard
    assert said(written(sitrep), "reportConfidence") == ("Unsure" if heard == 0 else "SomewhatConfident")
    assert said(written(sitrep), "severity") in {"Minor", "Moderate", "Severe", "Extreme"}


def test_what_no_xml_can_hold_is_shown_as_missing_and_long_words_are_cut() -> None:
    sitrep = replace(Publisher(a_day()).publish("09:30"), name="Ops \x0b\ufffe" + "x" * 1100)
    root = written(sitrep, "a\x00b")
    assert said(root, "observationText") == "a\ufffdb"
    assert len(said(root, "reportTitle")) == 1023


def test_the_schema_can_refuse() -> None:
    content = edxl_of(Publisher(a_day()).publish("09:30"), DIGEST, "x", REGION)
    for before, after in (
        (b"Initial", b"First"), (b"+08:00", b"Z"), (b"<sitrep:reportNumber>1", b"<sitrep:reportNumber>one"),
    ):  # fmt: skip
        assert before in content
        assert not SCHEMA.is_valid(content.replace(before, after))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Two SitReps of an exercise, the second of a day without rallies."""
    log = Written()
    await log.plan()
    await log.come("KPG-2", "08:50")
    await log.ask(PublishSitRep(), "09:20", post="ops")
    await log.ask(PublishSitRep(day="2024-10-02"), "09:21", post="ops")
    await log.judge("09:22")
    async with a_house(tmp_path, log) as built:
        await signed(built, 4)
        yield built


@pytest.mark.parametrize("role", ["ops_head", "command_post", "field_commander", "admin"])
async def test_who_reads_sitreps_reads_it_and_nobody_on_intel_is_in_it(house: House, role: Role) -> None:
    answer = await house.get("/sitreps/1/edxl.xml?lang=en", role)
    assert answer.status_code == 200, answer.text
    SCHEMA.validate(answer.content)
    assert answer.headers["content-disposition"].endswith('"LATIHAN-edxl-sitrep-turangga-1.xml"')
    assert "KPG-2" not in answer.text


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_others_are_turned_away(house: House, role: Role) -> None:
    answer = await house.get("/sitreps/1/edxl.xml", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_the_report_of_a_day_without_rallies_says_the_operations_region(house: House) -> None:
    answer = await house.get("/sitreps/2/edxl.xml")
    SCHEMA.validate(answer.content)
    assert said(fromstring(answer.content), "value", CT) == REGION  # noqa: S314 - written a moment ago


async def test_one_that_was_never_published_is_not_found(house: House) -> None:
    assert (await house.get("/sitreps/9/edxl.xml")).status_code == 404
