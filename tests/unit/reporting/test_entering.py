"""A browser's way to the board: a one-time link, and a page that says why it does not let in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OPERATION

BOARD = f"/?operation={OPERATION}"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A replica at 09:30 that knows a planned operation."""
    written = Written()
    await written.plan()
    async with a_house(tmp_path, written) as built:
        yield built


def ticket(house: House, **more: Any) -> str:
    bound = {"role": "viewer", "operation": OPERATION, "mode": "exercise", "subject": "kasat"}
    return house.issuer.ticket(**{**bound, **more})


async def click(house: House, given: str, headers: dict[str, str]) -> httpx.Response:
    return await house.client.get(f"{BOARD}&ticket={given}", headers=headers)


async def test_a_link_that_was_used_says_so_on_the_page_that_says_how_to_get_in(house: House) -> None:
    given = ticket(house)
    assert (await click(house, given, BROWSER)).status_code == 303
    house.client.cookies.clear()
    again = await click(house, given, BROWSER)
    assert (again.status_code, again.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "Papan ini memerlukan tautan masuk" in again.text
    assert "Tautan ini sudah pernah dipakai." in again.text
    assert again.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in again.headers["content-security-policy"]


@pytest.mark.parametrize("path", [b"//evil.example/x", rb"/\evil.example/x"])
async def test_a_link_leads_to_this_host_only(house: House, path: bytes) -> None:
    url = httpx.URL("http://127.0.0.1:8103").copy_with(raw_path=path + b"?ticket=" + ticket(house).encode())
    answer = await house.client.get(url)
    assert answer.status_code == 303
    assert urljoin("http://127.0.0.1:8103", re.sub(r"[\t\\]", "/", answer.headers["location"])).startswith(
        "http://127.0.0.1:8103/"
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [({"lifetime_s": -1}, "Tautan atau sesi ini sudah kedaluwarsa."), ({"post": "a b"}, "tidak berlaku")],
)
async def test_a_link_that_is_old_or_wrong_says_why(house: House, more: dict[str, Any], why: str) -> None:
    answer = await click(house, ticket(house, **more), BROWSER)
    assert answer.status_code == 401
    assert why in answer.text
    assert "<html" in answer.text


async def test_a_session_that_is_not_accepted_says_so_and_none_at_all_gives_no_reason(house: House) -> None:
    none = await house.client.get(BOARD, headers=BROWSER)
    assert (none.status_code, "<strong>" in none.text) == (401, False)
    entered = await click(house, ticket(house), BROWSER)
    forged = entered.headers["set-cookie"].split(";")[0] + "x"
    house.client.cookies.clear()
    answer = await house.client.get(BOARD, headers={**BROWSER, "cookie": forged})
    assert (answer.status_code, "tidak berlaku" in answer.text) == (401, True)


async def test_whoever_is_no_browser_is_answered_with_the_problem(house: House) -> None:
    answer = await click(house, ticket(house, lifetime_s=-1), {"accept": "*/*"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "expired_token"


async def test_a_browser_that_comes_too_early_sees_a_page_that_asks_again(house: House) -> None:
    await click(house, ticket(house), BROWSER)
    house.edge.gate.closed = "whether this cluster allows a simulated clock is not known yet"
    early = await house.client.get(BOARD, headers=BROWSER)
    assert (early.status_code, early.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "halaman ini mencoba lagi sendiri" in early.text
    assert '<meta http-equiv="refresh"' in early.text
    assert early.headers["retry-after"] == "5"
    script = await house.client.get(BOARD, headers={"accept": "*/*"})
    assert (script.status_code, script.json()["code"]) == (503, "clock_refused")
    house.edge.gate.closed = None
    assert (await house.client.get(BOARD, headers=BROWSER)).status_code == 200
