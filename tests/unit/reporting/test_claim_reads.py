"""The claim check of a text over HTTP, and its page, which needs no JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.reporting import words
from services.reporting.claim_reads import LETTERS_PER_REQUEST
from tests.unit.reporting.house import OPERATION, ROOT, House, Written, a_house

PAGE = f"/claims?operation={OPERATION}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    written = Written()
    await written.plan()
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def check(house: House, body: Any) -> httpx.Response:
    return await house.client.post(f"{ROOT}/claims:check", json=body, headers=house.bearer())


async def test_a_text_is_checked_and_says_what_it_did_not_take(house: House) -> None:
    text = "2 personel di 6 kecamatan, pukul 16.00 WITA"
    found = (await check(house, {"text": text, "day": "2024-10-03"})).json()
    assert [(each["claim"], each["counted"], each["flag"]) for each in found["claims"]] == [
        ("officers", 2, False), ("kecamatan", 1, True),
    ]  # fmt: skip
    assert found["claims"][1]["found"] == {"start": 14, "end": 25, "words": "6 kecamatan"}
    assert [(each["reason"], each["found"]["words"]) for each in found["not_taken"]] == [
        ("time", "pukul 16.00 WITA")
    ]


async def test_a_check_counts_as_many_requests_as_its_text_is_long(house: House) -> None:
    house.edge.gate._requests._per_s = 0.001
    house.edge.gate._requests._burst = 20_000 / LETTERS_PER_REQUEST
    long = {"text": "1 " * 10_000, "day": "2024-10-03"}

    assert [(await check(house, long)).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "give `stated`, totals as fields, or `text`"),
        ({"text": "1 personel " * 2_000}, 422, "length <= 20000"),
        ({"text": ""}, 422, "length >= 1"),
        ({"text": "3 personel\n" * 300}, 413, "check it in parts"),
        ({"text": "é" * 19_000 + "\x00" * 900}, 200, "claims"),
    ],
)
async def test_what_cannot_be_checked_is_refused_in_a_sentence(
    house: House, body: Any, status: int, says: str
) -> None:
    answer = await check(house, body)
    assert answer.status_code == status
    assert says in answer.text


async def test_the_page_checks_a_pasted_bulletin_in_a_form(house: House) -> None:
    empty = await house.client.get(PAGE, headers=house.bearer())
    assert empty.status_code == 200
    assert "LATIHAN" in empty.text
    assert "<script" not in empty.text
    assert "form-action 'self'" in empty.headers["content-security-policy"]
    given = {"text": "2 personel di 6 kecamatan\r\n<b>3</b> pejabat", "day": "2024-10-03"}
    answer = await house.client.post(PAGE, data=given, headers=house.bearer())
    assert answer.status_code == 200
    assert "1 dari 2 jumlah berbeda" in answer.text
    assert "+5 ✗" in answer.text
    assert "&lt;b&gt;3" in answer.text
    assert "<b>3" not in answer.text
    assert "tidak disebut jumlah apa" in answer.text


async def test_the_page_shows_sums_and_offers_the_days_that_a_text_names(house: House) -> None:
    async def post(**data: str) -> str:
        return (await house.client.post(PAGE, data=data, headers=house.bearer())).text

    text = "3 dan 4 Oktober 2024. 3 Oktober 2024: 2 personel terdiri dari 2 Polri dan 1 TNI. 4 Oktober 2024."
    shown = await post(text=f"{text} 1 kecamatan")
    assert "2 + 1 = 3" in shown
    assert 'form="check" name="on" value="2024-10-04"' in shown
    assert "teks menyebut beberapa hari" in shown
    assert 'name="on"' not in await post(text=text, day="", on="2024-10-03")


async def test_a_browsers_session_may_use_the_form(house: House) -> None:
    ticket = house.issuer.ticket(role="viewer", operation=OPERATION, mode="exercise", subject="a")
    entered = await house.client.post("/enter", data={"ticket": ticket, "to": PAGE})
    session = entered.headers["set-cookie"].split(";")[0]
    answer = await house.client.post(PAGE, data={"text": "2 personel"}, headers={"cookie": session})
    assert "semua 1 jumlah sesuai" in answer.text
    assert "KPG-1" not in answer.text


async def test_the_page_says_why_it_did_not_check(house: House) -> None:
    async def post(data: dict[str, str] | bytes) -> httpx.Response:
        body: Any = {"content": data} if isinstance(data, bytes) else {"data": data}
        return await house.client.post(PAGE, headers=house.bearer(), **body)

    for data, status, why in (
        ({"text": "3 personel", "day": "besok"}, 422, words.NO_DAY),
        ({"text": "x" * 20_001}, 422, words.NO_BULLETIN),
        ({"text": "3 personel\n" * 201}, 413, words.LONG_BULLETIN),
        ({}, 422, words.NO_BULLETIN),
        (b"text=%ff", 422, words.NO_BULLETIN),
        (b"\xff", 422, words.NO_BULLETIN),
        (b"x" * 300_000, 413, words.LONG_BULLETIN),
    ):
        answer = await post(data)
        assert (answer.status_code, f"Tidak diperiksa: {why}" in answer.text) == (status, True), data


async def test_without_a_session_the_page_tells_how_to_get_one(house: House) -> None:
    answer = await house.client.get(PAGE)
    assert answer.status_code == 401
    assert "memerlukan tautan masuk" in answer.text
    other = await house.client.get("/claims?operation=other", headers=house.bearer())
    assert other.status_code == 403
    board = await house.client.get(f"/?operation={OPERATION}", headers=house.bearer())
    assert f'href="/claims?operation={OPERATION}"' in board.text
