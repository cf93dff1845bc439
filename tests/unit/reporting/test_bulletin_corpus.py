"""Sentences in the manner of bulletins: all that is read out of each, as `bulletin_corpus.toml` says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.reporting.bulletin.reading import Reading, read_bulletin
from services.reporting.bulletin.scopes import Stated, Sum
from tests.unit.reporting.test_bulletin import NAMES, short

CORPUS = tomllib.loads(Path(__file__).with_name("bulletin_corpus.toml").read_text(encoding="utf-8"))
YEAR = 2024
"""Of the operation, so of dates that name none."""
SENTENCES: list[dict[str, Any]] = CORPUS["sentence"]


def words_at(text: str, start: int, end: int) -> str:
    return " ".join(text[start:end].split())


def shown(text: str, stated: Stated, days: list[str]) -> str:
    """`officers 120 of polri`, `officers average 11 per venues`, `officers 151 on 2024-10-03`."""
    named = words_at(text, *stated.of).casefold() if stated.of else "?"
    said = short(stated).replace(" ", " average ", 1) if stated.average else short(stated)
    match stated.scope:
        case "part":
            said = f"{said} of {named}"
        case "each":
            said = f"{said} per {stated.per or named}"
        case "total":
            said += f" of {stated.election}" if stated.election else ""
    return f"{said} on {stated.day}" if stated.day and len(days) > 1 else said


def sum_shown(found: Sum) -> str:
    parts = [each.exact or 0 for each in found.parts]
    mark = " x " if found.relation == "product" else " + "
    relation = ("includes" if found.relation == "includes" else "=") if found.adds_up else "!="
    return f"{found.total.claim} {found.total.exact} {relation} {mark.join(map(str, parts))}"


def everything(text: str) -> dict[str, list[str]]:
    found: Reading = read_bulletin(text, NAMES, YEAR)
    scopes = {"totals": "total", "parts": "part", "each": "each"}
    read = {
        key: [shown(text, each, found.days) for each in found.stated if each.scope == scope]
        for key, scope in scopes.items()
    }
    read["sums"] = [sum_shown(each) for each in found.sums]
    read["aside"] = [f"{each.reason} {words_at(text, each.start, each.end)}" for each in found.not_taken]
    read["days"] = found.days
    return {key: values for key, values in read.items() if values}


@pytest.mark.parametrize("sentence", SENTENCES, ids=[words_at(each["text"], 0, 40) for each in SENTENCES])
def test_a_sentence_is_read_as_the_corpus_says(sentence: dict[str, Any]) -> None:
    expected = {key: values for key, values in sentence.items() if key != "text"}
    assert everything(sentence["text"]) == expected
