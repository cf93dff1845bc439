"""What the client believes of the scheduler's answers is what the scheduler says; and how it asks."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from msgspec import Struct, inspect

from pamwal.client.answers import Checked
from pamwal.client.backoff import Backoff
from pamwal.client.scheduler import Scheduler
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts import plan_reads
from pamwal.contracts.drafts import ProposalAsk
from pamwal.contracts.errors import HttpProblem, Unreachable
from pamwal.contracts.scheduling import CancelRally
from pamwal.edge import answers as edge_answers
from services.scheduler import reads
from services.scheduler.deciding import state

SAME: list[tuple[type[Struct], type[Struct]]] = [
    (Checked, edge_answers.Checked),
    (plan_reads.DeploymentView, state.Deployment),
    (plan_reads.DeploymentsView, reads.DeploymentsView),
]


def fields(shape: type[Struct]) -> dict[str, tuple[bool, Any]]:
    """Field → whether it may be missing, and what stands there then."""
    found = inspect.type_info(shape)
    assert isinstance(found, inspect.StructType)
    defaults = {each.name: each.default for each in msgspec.structs.fields(shape)}
    return {each.encode_name: (each.required, defaults[each.name]) for each in found.fields}


@pytest.mark.parametrize(("ours", "theirs"), SAME, ids=lambda shape: shape.__name__)
def test_a_shape_of_the_client_is_the_one_the_service_answers_with(
    ours: type[Struct], theirs: type[Struct]
) -> None:
    assert fields(ours) == fields(theirs)


class Heard:
    """A service that answers in turn; `asked` is what reached it."""

    def __init__(self, *turns: httpx.Response | Exception) -> None:
        self._turns = iter(turns)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    def scheduler(self, *, refused_s: float = 1e9) -> Scheduler:
        patience = Patience(deadline_s=5, refused_s=refused_s, backoff=Backoff(first_ms=1, most_ms=2))
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        client = ServiceClient(http, "http://here/scheduler/v1", "t", patience=patience)
        return Scheduler(client, "op-1", now=lambda: "2024-10-03T00:15:00.000Z", post="oebobo")


def officer(name: str) -> dict[str, Any]:
    plain = {"rank": "BRIPKA", "unit": "u", "satgas": "s", "home_post": "oebobo", "version": 1}
    return {"officer_id": name, **plain}


async def test_pages_are_followed_to_the_last() -> None:
    heard = Heard(
        httpx.Response(200, json={"officers": [officer("a"), officer("b")], "next_after": "b"}),
        httpx.Response(200, json={"officers": [officer("c")]}),
    )
    found = await heard.scheduler().officers(unit="u")
    assert ([each.officer_id for each in found.officers], found.next_after) == (["a", "b", "c"], None)
    assert [parse_qs(urlsplit(str(each.url)).query) for each in heard.asked] == [
        {"unit": ["u"], "limit": ["1000"]},
        {"unit": ["u"], "limit": ["1000"], "after": ["b"]},
    ]


async def test_pages_end_where_enough_is_read() -> None:
    heard = Heard(httpx.Response(200, json={"officers": [officer("a"), officer("b")], "next_after": "b"}))
    found = await heard.scheduler().officers(most=2)
    assert (len(found.officers), found.next_after) == (2, "b")
    assert heard.asked[0].url.params["limit"] == "2"


async def test_a_file_that_was_cut_goes_on_under_the_same_import() -> None:
    said = {"import_id": "i", "sha256": "", "encoding": "UTF-8", "dry_run": False, "counts": {}, "lines": []}
    heard = Heard(httpx.RemoteProtocolError("cut"), httpx.Response(200, json=said))
    await heard.scheduler().import_file("roster", b"file", "r.csv", dry_run=False, remove=True)
    first, second = heard.asked
    assert first.url == second.url
    assert first.content == second.content == b"file"
    query = dict(first.url.params)
    assert query.pop("import_id").startswith("import-")
    assert query == {"filename": "r.csv", "dry_run": "false", "post": "oebobo", "remove": "true"}


async def test_a_proposal_said_again_replaces_itself() -> None:
    heard = Heard(httpx.ReadError("cut"), httpx.Response(403, json={"code": "wrong_role", "detail": "no"}))
    with pytest.raises(Exception, match="no"):
        await heard.scheduler().propose(ProposalAsk(day="2024-10-03"))
    asked = [msgspec.json.decode(each.content, type=ProposalAsk) for each in heard.asked]
    assert asked[0] == asked[1]
    assert (asked[0].proposal_id or "").startswith("draft-")


async def test_a_check_goes_beside_the_requests_own_route() -> None:
    heard = Heard(
        httpx.Response(200, json={"outcome": "refused", "reason": {"code": "stale", "message": "old"}}),
        httpx.Response(422, json={"code": "malformed", "detail": "no such rally"}),
    )
    scheduler = heard.scheduler()
    found = await scheduler.check(CancelRally(rally_id="r", cause="rain"))
    assert (found.outcome, found.reason and found.reason.code) == ("refused", "stale")
    assert heard.asked[0].url.path == "/scheduler/v1/operations/op-1/rallies:check-cancel"
    with pytest.raises(HttpProblem, match="no such rally"):
        await scheduler.check(CancelRally(rally_id="r", cause="rain"))


async def test_where_nobody_listens_a_person_is_told_the_address_and_what_to_start() -> None:
    heard = Heard(*[httpx.ConnectError("connection refused")] * 3)
    with pytest.raises(Unreachable, match=r"nobody listens at http://here/ .*'pamwal up'"):
        await heard.scheduler(refused_s=0).operation()
    assert len(heard.asked) == 1


async def test_a_queue_waits_for_its_service_and_is_told_the_address_when_its_time_is_over() -> None:
    heard = Heard(*[httpx.ConnectError("connection refused")] * 10_000)
    http = httpx.AsyncClient(transport=httpx.MockTransport(heard))
    patience = Patience(deadline_s=1, backoff=Backoff(first_ms=1, most_ms=2))
    client = ServiceClient(http, "http://here/scheduler/v1", "t", patience=patience)
    with pytest.raises(Unreachable, match="nobody listens at http://here/"):
        await client.read("/x", dict)
    assert len(heard.asked) > 1
