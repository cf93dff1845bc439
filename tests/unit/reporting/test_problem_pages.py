"""What a browser is shown where others are told a problem: a page that says so, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.wire.log import Outgoing
from services.reporting import problem_words
from services.reporting.problem_pages import problem_page
from services.reporting.where import NotFolded
from tests.unit.reporting.house import House, Written, a_house, until
from tests.unit.reporting.telling import OPERATION

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
PAGES = ("/", "/timeline", "/claims", "/sitreps")


async def shown(house: House, path: str, operation: str = OPERATION) -> tuple[int, str]:
    """The status and the page."""
    url = path if "/operations/" in path else f"{path}{'&' if '?' in path else '?'}operation={operation}"
    answer = await house.client.get(url, headers={**house.bearer("ops_head"), "accept": BROWSER})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if answer.status_code == 503:
        assert ('content="2"' in answer.text) is (answer.headers.get("retry-after") == "1")
    return answer.status_code, answer.text


@pytest.fixture
async def written() -> Written:
    written = Written()
    await written.plan()
    return written


async def test_a_board_that_stopped_says_so_and_does_not_promise_to_come_back(
    written: Written, tmp_path: Path
) -> None:
    async with a_house(tmp_path, written) as house:
        transactor = await written.log.fence("intruder")
        await transactor.write(FIELD_DECISIONS.name, 0, [Outgoing(OPERATION.encode(), b'{"no": "decision"}')])
        await until(lambda: not house.edge.health.readiness().ready)
        status, page = await shown(house, "/")
        assert (status, problem_words.PROBLEMS["halted"][0] in page) == (503, True)
        assert "mencoba lagi" not in page


@pytest.mark.parametrize(
    ("path", "operation", "status", "said"),
    [
        *((page, "another", 403, "bukan untuk operasi ini") for page in PAGES),
        ("/nowhere", OPERATION, 404, "Tidak ditemukan"),
        (f"/reporting/v1/operations/{OPERATION}/sitreps/7/sitrep.pdf", OPERATION, 404, "Tidak ditemukan"),
        ("/timeline?after=x", OPERATION, 422, "Alamat ini kurang lengkap"),
    ],
)
async def test_what_a_browser_may_not_see_or_does_not_find_is_said_on_a_page(
    written: Written, tmp_path: Path, path: str, operation: str, status: int, said: str
) -> None:
    async with a_house(tmp_path, written) as house:
        found, page = await shown(house, path, operation)
        assert (found, said in page) == (status, True), page
        assert 'href="/"' in page


def test_a_page_keeps_what_is_said_in_english_for_who_keeps_the_system() -> None:
    page = problem_page(HttpProblem(422, "malformed", "after: 'x' is no mark")).body.decode()
    shown, folded = page.split("<details", 1)
    assert "is no mark" not in shown
    assert (
        '<summary>Untuk petugas sistem</summary>\n<p lang="en">422 <code>malformed</code>: after:' in folded
    )


def test_nothing_is_said_of_how_far_it_is_where_nobody_knows() -> None:
    page = problem_page(NotFolded("this replica still reads the log; ask again")).body.decode()
    assert problem_words.WAITING["not_folded"] in page
    assert "<progress" not in page
