"""Requests and reads about one's own officer, post, order or rally and about another's: deciders and HTTP.

The cells follow one rule: a token that is bound to an officer or post allows nothing about what is another's;
the head of operations and an admin may ask about all. Which requests a role has, the table of routes says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import msgspec
import pytest

from pamwal.contracts.claims import NOT_YOURS, Claims, Role
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import DecisionData, RequestData, RequestRef, Submission
from pamwal.contracts.field import (
    AckPoll,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    CountAttendance,
    EndRally,
    NotPresent,
    Relieve,
    StartPoll,
    StartRally,
    Void,
)
from pamwal.contracts.rights import own_source
from pamwal.contracts.routes import FIELD, PLAN_READERS, ROUTES, checked_at
from pamwal.contracts.scheduling import (
    AbsenceEntry,
    CloseRally,
    DiscardProposal,
    OfficerRow,
    OrderReserved,
    ProposeDeployments,
    RecordAbsences,
    RegisterOfficers,
    ReinstateDeployments,
    RejectDeployments,
    Release,
    ReserveDeployments,
    StandDownDeployments,
    Swap,
    SwapDeployments,
    WithdrawAbsences,
    WithdrawOfficers,
)
from pamwal.edge.access import roles_of
from services.checkin.app import edge_spec as checkin_edge
from services.checkin.core import CheckinCore
from services.scheduler.app import edge_spec as scheduler_edge
from services.scheduler.core import SchedulerCore
from tests.unit.checkin.district import district
from tests.unit.edges import Running, an_edge
from tests.unit.scheduler.asked import (
    ADMIN,
    OPERATION,
    OPS_HEAD,
    Plan,
    acknowledge,
    at,
    cancel,
    claims,
    entry,
    notice,
    opening,
    order,
    orders,
    plan,
    post_of,
    reassign,
    request,
    rows,
)
from tests.unit.scheduler.conftest import Desk
from tests.unit.service.test_rights import EDGES, code_of

Whose = Literal["own", "other"]
POSTS: Final[dict[Whose, str]] = {"own": "oebobo", "other": "kelapa-lima"}
OFFICERS: Final[dict[Whose, str]] = {"own": "k-1", "other": "l-1"}
RALLIES: Final[dict[Whose, str]] = {"own": "oebobo-1", "other": "lasiana-1"}
TOKENS: Final[dict[Role, Claims]] = {
    "viewer": claims("viewer"),
    "officer": claims("officer", officer="k-1"),
    "field_commander": claims("field_commander", officer="k-9"),
    "command_post": post_of("oebobo"),
    "ops_head": OPS_HEAD,
    "admin": ADMIN,
    "propam": claims("propam"),
}
UNBOUND: Final = ("ops_head", "admin")
DAY: Final = "day=2024-10-03"


def absence(name: str, whose: Whose) -> RecordAbsences:
    away = AbsenceEntry(
        absence_id=name, officer_id=OFFICERS[whose], kind="cuti", starts_at=at("06:00", 9),
        ends_at=at("18:00", 9),
    )  # fmt: skip
    return RecordAbsences(absences=[away])


def draft_of(name: str, whose: Whose) -> ProposeDeployments:
    return ProposeDeployments(proposal_id=name, orders=[order("p", OFFICERS[whose], RALLIES[whose])])


def about(whose: Whose) -> list[RequestData]:
    """Every kind of request that is about a thing of somebody."""
    officer, rally = OFFICERS[whose], RALLIES[whose]
    return [
        acknowledge(f"d-{whose}"),
        RejectDeployments(rows=rows(f"d-{whose}"), cause="ill"),
        StandDownDeployments(rows=[Release(deployment_id=f"d-{whose}", at=at("17:00"))]),
        cancel(f"d-{whose}"),
        reassign((f"d-{whose}", order("d-new", officer, rally, "16:30"))),
        SwapDeployments(
            sprin="SPRIN/14", cause="ill",
            rows=[Swap(release=rows(f"d-{whose}")[0], deployment_id="d-new", officer_id="k-8")],
        ),
        OrderReserved(sprin="SPRIN/15", rows=rows(f"r-{whose}")),
        ReinstateDeployments(rows=rows(f"c-{whose}"), cause="well again"),
        RegisterOfficers(officers=[entry(officer, rank="AIPDA", home_post=POSTS[whose])]),
        WithdrawOfficers(rows=[OfficerRow(officer_id=f"{officer}0")], cause="moved", cancel_deployments=True),
        absence("a-new", whose),
        WithdrawAbsences(absence_ids=[f"a-{whose}"], cause="back"),
        notice(rally, f"STTP/{whose}"),
        CloseRally(rally_id=rally),
        draft_of(f"p-{whose}", whose),
        DiscardProposal(proposal_id=f"p-{whose}"),
    ]  # fmt: skip


def beginning() -> list[tuple[RequestData, Claims, str]]:
    """An operation with one thing of each kind of either post; each is what its own post asked for."""
    lent = [entry(f"l-{n}", home_post="kelapa-lima") for n in (1, 10)]
    roster = [*(entry(f"k-{n}") for n in (1, 8, 9, 10)), *lent]
    found: list[tuple[RequestData, Claims, str]] = [
        (opening(), ADMIN, "oebobo"),
        (RegisterOfficers(officers=roster), OPS_HEAD, "oebobo"),
        *((plan(rally), OPS_HEAD, "oebobo") for rally in RALLIES.values()),
    ]
    padal = order("d-padal", "k-9", role="field_commander")
    for whose, post in POSTS.items():
        mine: list[RequestData] = [
            orders(
                order(f"d-{whose}", OFFICERS[whose], RALLIES[whose]), *([padal] if whose == "own" else [])
            ),
            orders(order(f"c-{whose}", OFFICERS[whose], RALLIES[whose], "18:30", "19:30")),
            cancel(f"c-{whose}"),
            ReserveDeployments(
                orders=[order(f"r-{whose}", f"{OFFICERS[whose]}0", RALLIES[whose], "18:30", "19:00")]
            ),
            absence(f"a-{whose}", whose),
            draft_of(f"p-{whose}", "other" if whose == "own" else "own"),
        ]
        found += [(data, post_of(post), post) for data in mine]
    return found


def cells() -> list[tuple[Role, Whose, int]]:
    return list(product(TOKENS, POSTS, range(len(about("own")))))


def allowed(role: Role, whose: Whose, data: RequestData) -> bool:
    return role in ROUTES[TYPE_OF[type(data)]].roles and (whose == "own" or role in UNBOUND)


def test_the_scheduler_decides_about_own_and_others_things() -> None:
    given = Plan()
    for data, by, post in beginning():
        given.must(data, by=by, post=post)
    for role, whose, number in cells():
        data = about(whose)[number]
        asked = request("cell", data, by=TOKENS[role], post="oebobo")
        reason = given.core.decide(given.state, asked, at("07:00")).reason
        met = (role, whose, type(data).__name__, reason)
        assert (reason is None) == allowed(role, whose, data), met
        assert reason is None or reason.code == NOT_YOURS, met


async def test_over_http_the_same_is_allowed(tmp_path: Path) -> None:
    async with an_edge(tmp_path, scheduler_edge, SchedulerCore(), lambda: at("07:00")) as running:
        desk = Desk(running.log, running.client, running.issuer)
        for data, by, post in beginning():
            said = await desk.say(data, by=by, post=post)
            assert said.status_code == 201, said.text
        for role, whose, number in cells():
            data = about(whose)[number]
            outcome, code = await checked(running, desk, data, TOKENS[role])
            met = (role, whose, type(data).__name__, outcome, code)
            assert (outcome == "accepted") == allowed(role, whose, data), met
            assert code in {None, NOT_YOURS}, met


async def checked(running: Running, desk: Desk, data: RequestData, by: Claims) -> tuple[str, str | None]:
    """What would be answered to a request, by the route that asks beforehand: outcome and code."""
    name = TYPE_OF[type(data)]
    route = ROUTES[name]
    body = Submission(
        id="cell", source=own_source(by) or "/posts/oebobo/devices/1", type=name, time=at("07:00"),
        channel="web", data=data,
    )  # fmt: skip
    answer = await running.client.post(
        f"/{route.service}/v1/operations/{OPERATION}{checked_at(route.path)}",
        content=encode(body),
        headers=desk.headers(by),
    )
    assert answer.status_code == 200, answer.text
    told = msgspec.json.decode(answer.content)
    reason = told.get("reason")
    return told["outcome"], None if reason is None else reason["code"]


SEEN: Final[dict[str, tuple[RequestData, str]]] = {
    "own": (CheckIn(officer_id="k-1", place="rally/oebobo-1", method="manual"), "oebobo"),
    "officer": (CheckIn(officer_id="l-1", place="rally/oebobo-1", method="manual"), "oebobo"),
    "post": (CheckIn(officer_id="l-1", place="rally/lasiana-1", method="manual"), "kelapa-lima"),
    "elsewhere": (CheckIn(officer_id="k-1", place="rally/lasiana-1", method="manual"), "kelapa-lima"),
    "par": (StartPoll(poll_id="par", window_min=10, officers=["k-1", "l-1"]), "oebobo"),
}
"""Request id → what was said in the field before anything else is asked, and the post that said it."""
FIELD_TOKENS: Final[dict[Role, Claims]] = {
    role: msgspec.structs.replace(by, post="oebobo") for role, by in TOKENS.items() if role != "admin"
} | {"admin": ADMIN}
"""A token of every role, of post oebobo; that of the officer is of k-1."""


def asked_in_field() -> Iterator[tuple[RequestData, set[Role]]]:
    """What each of these tokens asks of checkin, and the roles to which it is allowed."""
    anybody: set[Role] = set(FIELD)
    for officer, roles in (("k-1", anybody), ("l-1", anybody - {"officer"})):
        yield CheckIn(officer_id=officer, place="rally/oebobo-1", method="manual"), roles
        yield CheckOut(officer_id=officer, place="rally/oebobo-1", method="manual"), roles
        yield AckPoll(poll_id="par", officer_id=officer), roles
    head: set[Role] = {"ops_head"}
    voids: list[tuple[str, str | None, set[Role]]] = [
        ("own", None, anybody),
        ("own", "oebobo", anybody),
        ("own", "kelapa-lima", head),
        ("officer", None, anybody - {"officer"}),
        ("officer", "oebobo", anybody - {"officer"}),
        ("post", None, head),
        ("post", "kelapa-lima", head),
        ("elsewhere", None, head | {"officer"}),
        ("elsewhere", "kelapa-lima", head | {"officer"}),
        ("unseen", None, anybody),
        ("unseen", "kelapa-lima", head),
    ]
    for name, post, roles in voids:
        yield Void(observation=f"{name}/0", post=post, cause="wrong"), roles


def test_checkin_decides_about_own_and_others_presence() -> None:
    core = CheckinCore()
    state = core.new_state(OPERATION)
    for offset, (name, (data, post)) in enumerate(SEEN.items()):
        said = request(name, data, by=post_of(post), post=post)
        verdict = core.decide(state, said, at("07:00"))
        assert verdict.reason is None
        of = RequestRef(offset=offset, sha256="0" * 64, id=name, postid=post, source=said.source)
        decision = DecisionData(
            request=of, knownat=at("07:00"), decider_version=core.version, outcome="accepted",
            facts=verdict.facts,
        )  # fmt: skip
        state = core.evolve(state, decision)
    for (role, by), (data, roles) in product(FIELD_TOKENS.items(), asked_in_field()):
        reason = core.decide(state, request("cell", data, by=by), at("07:00")).reason
        assert (reason is None) == (role in roles), (role, data, reason)
        assert reason is None or reason.code == NOT_YOURS, (role, data, reason)


async def test_over_http_checkin_allows_the_same(tmp_path: Path) -> None:
    async with an_edge(tmp_path, checkin_edge, CheckinCore()) as running:
        desk = Desk(running.log, running.client, running.issuer)
        for name, (data, post) in SEEN.items():
            assert (await posted(running, desk, data, post_of(post), name)).status_code == 201
        for number, ((role, by), (data, roles)) in enumerate(product(FIELD_TOKENS.items(), asked_in_field())):
            answer = await posted(running, desk, data, by, f"cell-{number}")
            met = (role, data, answer.text[:200])
            assert (answer.status_code == 201) == (role in roles), met
            assert answer.status_code == 201 or code_of(answer) == NOT_YOURS, met


async def posted(running: Running, desk: Desk, data: RequestData, by: Claims, name: str) -> httpx.Response:
    """The answer to a request that is decided by whatever service it belongs to."""
    type_name = TYPE_OF[type(data)]
    source = own_source(by) or f"/posts/{by.post or 'oebobo'}/devices/1"
    body = Submission(id=name, source=source, type=type_name, time=at("07:00"), channel="web", data=data)
    route = ROUTES[type_name]
    return await running.client.post(
        f"/{route.service}/v1/operations/{OPERATION}{route.path}",
        content=encode(body),
        headers=desk.headers(by),
    )


PLANNED: Final = {
    "d-own": ("k-1", "own"),
    "c-own": ("k-1", "own"),
    "r-own": ("k-10", "own"),
    "d-padal": ("k-9", "own"),
    "d-other": ("l-1", "other"),
    "c-other": ("l-1", "other"),
    "r-other": ("l-10", "other"),
}
"""Deployment → its officer, and whose rally: "own" is the one where k-9 commands."""


def shown_to(role: Role, officer: str | None = None, *, live: bool = False) -> set[str]:
    """The deployments, of one officer or of all, that the token of a role is shown."""
    return {
        name
        for name, (of, whose) in PLANNED.items()
        if (role != "officer" or of == "k-1")
        and (role != "field_commander" or whose == "own")
        and officer in {None, of}
        and not (live and name.startswith("c-"))
    }


async def test_the_scheduler_shows_deployments_of_oneself_or_of_places_that_one_leads(tmp_path: Path) -> None:
    named = re.compile(r'"deployment_id":"([^"]+)"')
    async with an_edge(tmp_path, scheduler_edge, SchedulerCore(), lambda: at("07:00")) as running:
        desk = Desk(running.log, running.client, running.issuer)
        for data, by, post in beginning():
            said = await desk.say(data, by=by, post=post)
            assert said.status_code == 201, said.text
        for role, by in TOKENS.items():
            every: dict[str, set[str]] = {"/deployments": shown_to(role), f"/calendar?{DAY}": set()}
            refused: set[str] = set()
            for officer in OFFICERS.values():
                every[f"/deployments?officer={officer}"] = shown_to(role, officer)
                every[f"/duties?released=true&officer={officer}"] = shown_to(role, officer)
                every[f"/calendar?{DAY}&officer={officer}"] = shown_to(role, officer, live=True)
            if role == "officer":
                refused = {
                    each for each in every if each.endswith("officer=l-1") and "deployments" not in each
                }
            for path, shown in every.items():
                answer = await desk.read(path, by=by)
                met = (role, path, answer.text[:300])
                if role not in PLAN_READERS:
                    assert code_of(answer) == "wrong_role", met
                elif path in refused:
                    assert code_of(answer) == NOT_YOURS, met
                else:
                    assert answer.status_code == 200, met
                    assert set(named.findall(answer.text)) == shown, met


OF_OFFICERS: Final = frozenset[Role]({"officer"})
OF_POSTS: Final = frozenset[Role]({"field_commander", "command_post"})
READS: Final[dict[tuple[str, str, str], tuple[str, frozenset[Role]]]] = {
    ("checkin", "GET", "/officers/{officer_id}/observations"): (DAY, OF_OFFICERS),
    ("checkin", "PUT", "/officers/{officer_id}/pin"): ("", frozenset({"officer", "field_commander"})),
    ("checkin", "DELETE", "/officers/{officer_id}/pin"): ("", frozenset({"officer", "field_commander"})),
    ("checkin", "GET", "/officers/{officer_id}/erasure"): ("", frozenset()),
    ("checkin", "POST", "/officers/{officer_id}/erasure"): ("", frozenset()),
    ("checkin", "GET", "/posts/{post}/log"): (DAY, OF_POSTS),
    ("checkin", "GET", "/posts/{post}/log.csv"): (DAY, OF_POSTS),
    ("checkin", "GET", "/posts/{post}/ics-214"): (DAY, OF_POSTS),
    ("checkin", "GET", "/posts/{post}/ics-214.pdf"): (DAY, OF_POSTS),
    ("checkin", "GET", "/devices"): ("post={post}", frozenset({"command_post"})),
    ("reporting", "GET", "/officers/{officer_id}/presences"): ("", OF_OFFICERS),
}
"""Service, method and address of what is about one officer or post → further query, and the roles that are
bound to their own. Every route whose address names an officer or a post stands here."""


@pytest.mark.parametrize("service", ["checkin", "reporting"])
async def test_reads_of_own_and_others_officers_and_posts(service: str, tmp_path: Path) -> None:
    async with an_edge(tmp_path, *EDGES[service]) as running:
        desk, root = (
            Desk(running.log, running.client, running.issuer),
            f"/{service}/v1/operations/{OPERATION}",
        )
        declared = {
            (method, route.path.removeprefix(f"/{service}/v1/operations/{{operation_id}}")): roles_of(route)
            for route in running.edge.routes
            for method in route.methods
        }
        named_in_path = {key for key in declared if "{officer_id}" in key[1] or "{post}" in key[1]}
        assert named_in_path <= {(method, path) for of, method, path in READS if of == service}
        for (of, method, path), (query, bound) in READS.items():
            if of != service:
                continue
            for role, whose in product(TOKENS, POSTS):
                named = {"officer_id": OFFICERS[whose], "post": POSTS[whose]}
                by = (
                    msgspec.structs.replace(TOKENS[role], officer="k-1") if role in OF_POSTS else TOKENS[role]
                )
                by = msgspec.structs.replace(by, post="oebobo") if role != "admin" else by
                answer = await running.client.request(
                    method, f"{root}{path}?{query}".format(**named), headers=desk.headers(by),
                    content=b'{"pin": "482913"}' if method == "PUT" else None,
                )  # fmt: skip
                may = role in (declared[method, path] or ()) and (whose == "own" or role not in bound)
                met = (role, whose, method, path, answer.text[:200])
                assert (code_of(answer) in {NOT_YOURS, "wrong_role"}) == (not may), met


def of_places(whose: Whose) -> list[RequestData]:
    """What a field commander says of presence and rallies: of k-1 at oebobo-1, or of l-1 at lasiana-1."""
    officer, rally = OFFICERS[whose], RALLIES[whose]
    there: dict[str, Any] = {"place": f"rally/{rally}", "method": "manual"}
    return [
        CheckIn(officer_id=officer, **there),
        CheckOut(officer_id=officer, **there),
        CheckInSquad(present=[officer], **there),
        Relieve(officer_id=officer, relieved_by="k-8", **there),
        StartRally(rally_id=rally),
        EndRally(rally_id=rally),
        CountAttendance(rally_id=rally, people=9),
        CallRoll(unit="Samapta", present=["k-9"], not_present=[NotPresent(officer_id=officer, cause="izin")]),
        AckPoll(poll_id="par", officer_id=officer),
    ]


async def test_a_field_commander_speaks_for_places_and_officers_he_leads(tmp_path: Path) -> None:
    """Given k-9 who leads oebobo-1, also after he is relieved of it; k-7 is hidden there, on intel."""
    async with district(tmp_path) as kupang:
        others = [entry(each, home_post="oebobo") for each in ("k-7", "k-8", "k-9", "l-1")]
        await kupang.must_plan(RegisterOfficers(officers=others))
        padal = kupang.token("field_commander", "oebobo", "k-9")
        source = {"source": "/posts/oebobo/officers/k-9"}

        async def code(data: RequestData, by: dict[str, str] = padal) -> tuple[int, str | None]:
            answer = await kupang.say(kupang.body(data, **(source if by is padal else {})), by)
            return answer.status_code, None if answer.status_code == 201 else code_of(answer)

        assert {await code(each) for each in of_places("own")} == {(403, NOT_YOURS)}, "he leads nothing yet"
        await kupang.must_plan(
            orders(
                order("d-own", "k-1"), order("d-other", "l-1", "lasiana-1"),
                order("d-led", "k-9", role="field_commander"), order("d-hidden", "k-7", role="intel"),
            )
        )  # fmt: skip
        for given in ("he leads", "he led"):
            if given == "he led":
                await kupang.must_plan(cancel("d-led"))
            assert {await code(each) for each in of_places("own")} == {(201, None)}, given
            assert {await code(each) for each in of_places("other")} == {(403, NOT_YOURS)}, given
        strays = CheckIn(officer_id="l-1", place="rally/oebobo-1", method="manual")
        himself = CheckIn(officer_id="k-9", place="rally/lasiana-1", method="manual")
        assert (await code(strays), await code(himself)) == ((201, None), (201, None))
        assert await code(AckPoll(poll_id="par", officer_id="k-7")) == (403, NOT_YOURS)
        for each in of_places("other"):
            assert await code(each, kupang.token(post="oebobo")) == (201, None), "the world is not refused"
