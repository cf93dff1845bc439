"""Indonesian words for the terms that people choose from."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from pamwal import vocabulary
from pamwal.contracts.claims import MODES, ROLES, Mode
from pamwal.contracts.field import IncidentState, ReportIncident, Severity
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.contracts.zones import OFFSET_H

PAGE = Path("docs/first_day_of_a_post.md")


@pytest.mark.parametrize(
    ("given", "allowed", "term"),
    [
        ("kabagops", ROLES, "ops_head"),
        ("Perwira Pengendali", ROLES, "field_commander"),
        ("command-post", ROLES, "command_post"),
        ("LATIHAN", MODES, "exercise"),
        ("wit", tuple(OFFSET_H), "Asia/Jayapura"),
        ("berat", ("minor", "severe"), "severe"),
        ("berat", ("minor",), None),
        ("", ROLES, None),
    ],
)
def test_a_word_stands_for_a_term_that_may_be_chosen(
    given: str, allowed: tuple[str, ...], term: str | None
) -> None:
    assert vocabulary.meant(given, allowed) == term


def test_no_word_of_a_table_stands_for_two_terms() -> None:
    for table in vocabulary.ALL:
        for one, other in combinations(table.values(), 2):
            assert not set(one) & set(other)


def test_words_are_read_as_terms_only_where_a_contract_has_terms() -> None:
    written = {"incident_id": "berat", "kind": "fire", "severity": "berat", "kelurahan": "ringan"}
    found = vocabulary.in_terms(written, msgspec.inspect.type_info(ReportIncident))
    assert found == written | {"severity": "severe"}


def test_the_page_for_posts_has_every_word() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    tables = (vocabulary.ROLES, vocabulary.DUTIES, vocabulary.MODES, vocabulary.SEVERITIES)
    known = {(term, ", ".join(words)) for table in tables for term, words in table.items()}
    assert known <= set(rows)


@pytest.mark.parametrize(
    ("table", "terms"),
    [
        (vocabulary.SEVERITIES, Severity),
        (vocabulary.INCIDENT_STATES, IncidentState),
        (vocabulary.DUTIES, DeploymentRole),
        (vocabulary.MODES, Mode),
    ],
)
def test_each_term_has_a_word_for_pages_and_sheets(table: vocabulary.Words, terms: Any) -> None:
    assert set(vocabulary.usual(table)) == set(get_args(terms))
