"""A browser's way to the board: a one-time link, and a page that says why it does not let in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

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


class Button(HTMLParser):
    """The form of a page: where it is posted, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            self.fields[found["name"]] = found["value"]


async def opened(house: House, given: str, headers: dict[str, str], page: str = BOARD) -> httpx.Response:
    """The link is opened; nothing is pressed."""
    return await house.client.get(f"{page}&ticket={given}", headers=headers)


async def click(house: House, given: str, headers: dict[str, str]) -> httpx.Response:
    """The link is opened, and its button pressed."""
    page = await opened(house, given, headers)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    button = Button(page.text)
    return await house.client.post(button.action, data=button.fields, headers=headers)


async def test_a_preview_of_a_link_does_not_use_it_up(house: House) -> None:
    given = ticket(house)
    for _ in range(3):
        preview = await opened(house, given, {"accept": "*/*"})
        assert (preview.status_code, "set-cookie" in preview.headers) == (200, False)
    assert (await house.client.head(f"{BOARD}&ticket={given}")).status_code == 405
    assert "form-action 'self'" in preview.headers["content-security-policy"]
    assert preview.headers["referrer-policy"] == "no-referrer"
    assert (await house.client.get(BOARD, headers=BROWSER)).status_code == 401
    entered = await click(house, given, BROWSER)
    assert (entered.status_code, entered.headers["location"]) == (303, BOARD)
    assert (await house.client.get(BOARD, headers=BROWSER)).status_code == 200


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


@pytest.mark.parametrize(
    "path", ["//evil.example/x", r"/\evil.example/x", "/\t/evil.example", "https://evil.example"]
)
async def test_a_link_leads_to_this_host_only(house: House, path: str) -> None:
    answer = await house.client.post("/enter", data={"ticket": ticket(house), "to": path})
    assert answer.status_code == 303
    assert urljoin("http://127.0.0.1:8103", re.sub(r"[\t\\]", "/", answer.headers["location"])).startswith(
        "http://127.0.0.1:8103/"
    )


@pytest.mark.parametrize(
    "page", ["/?operation=op&x=a%26b", "/claims?operation=a%20b", "/timeline?q=%C3%A9&r=1+2"]
)
async def test_a_link_leads_where_it_pointed(house: House, page: str) -> None:
    given = ticket(house)
    entry = Button((await opened(house, given, BROWSER, page)).text)
    entered = await house.client.post(entry.action, data=entry.fields)
    assert httpx.URL(entered.headers["location"]).params == httpx.URL(page).params
    assert urlsplit(entered.headers["location"]).path == urlsplit(page).path


@pytest.mark.parametrize("form", [b"", b"to=/", b"ticket=%ff", b"\xff", b"ticket=a&to=b&c=d&e=f"])
async def test_a_form_without_a_ticket_says_what_is_missing(house: House, form: bytes) -> None:
    answer = await house.client.post("/enter", content=form)
    assert (answer.status_code, "press its button" in answer.json()["detail"]) == (422, True)
    assert (await house.client.post("/enter", content=b"x" * 9000)).status_code == 413


@pytest.mark.parametrize(
    ("more", "why"),
    [({"lifetime_s": -1}, "Tautan atau sesi ini sudah kedaluwarsa."), ({"post": "a b"}, "tidak berlaku")],
)
async def test_a_link_that_is_old_or_wrong_says_why(house: House, more: dict[str, Any], why: str) -> None:
    answer = await opened(house, ticket(house, **more), BROWSER)
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
    answer = await opened(house, ticket(house, lifetime_s=-1), {"accept": "*/*"})
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
