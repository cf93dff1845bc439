"""From a printed code to a device's token, over HTTP; and what a lost device may still do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from pypdf import PdfReader

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import CheckIn, Heartbeat, Invitation, InviteDevices, RevokeDevices, Void
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import (
    DeploymentRow,
    OfficerRow,
    RegisterOfficers,
    RejectDeployments,
    WithdrawOfficers,
)
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL
from pamwal.edge.addresses import TrustedProxies
from pamwal.edge.app import Authority, EdgeSettings
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.edge.keys import LocalKeys
from pamwal.edge.limits import RateLimit
from pamwal.wire.audit import audit
from pamwal.wire.memory import MemoryLog
from services.checkin.core import CheckinCore
from services.checkin.device_routes import Desk
from services.checkin.enrolment import (
    REPEATED_S,
    TOKEN_S,
    CodesAsked,
    codes_for,
    digest_of,
    speaker,
    token_of,
)
from services.checkin.planned.devices import Invited
from services.checkin.plans import Plans
from services.checkin.reads import FieldReads
from tests.unit.checkin.district import DEADLINE_S, OPERATION, ROOT, District, district
from tests.unit.scheduler.asked import at, entry
from tests.wire.witness import everything


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path, public_url="https://pamwal.example") as found:
        assert (await found.say(found.body(Heartbeat()))).status_code == 201
        yield found


ARRIVED = {"officer_id": "k-3", "place": "rally/oebobo-1", "method": "manual"}


def asked(identity: str = "invite-1", **more: Any) -> dict[str, Any]:
    return {"id": identity, "time": from_ms(system_ms()), "officers": ["k-1"], **more}


async def ask(kupang: District, body: dict[str, Any], **headers: Any) -> httpx.Response:
    return await kupang.clients["checkin"].post(
        f"{ROOT}/devices:codes", json=body, headers=headers.get("by") or kupang.token()
    )


async def code_of(kupang: District, by: dict[str, str] | None = None, **more: Any) -> str:
    """The first code on the sheet, as somebody reads it off."""
    sheet = await ask(kupang, asked(**more), by=by)
    assert sheet.status_code == 200, sheet.text
    text = PdfReader(BytesIO(sheet.content)).pages[0].extract_text()
    found = re.search(r"(?<![a-z0-9])((?:[a-z2-7]{4}\s+){7}[a-z2-7]{4})", text)
    assert found, text
    return "".join(found[1].split())


async def enrol(kupang: District, code: str, identity: str = "e-1") -> httpx.Response:
    body = {"code": code, "id": identity, "time": at("07:00")}
    return await kupang.clients["checkin"].post("/checkin/v1/enrol", json=body)


def bearer(enrolled: httpx.Response) -> dict[str, str]:
    assert enrolled.status_code == 200, enrolled.text
    return {"authorization": f"Bearer {enrolled.json()['token']}"}


def arrival(kupang: District, source: str, time: str = at("16:00")) -> Any:
    data = CheckIn(officer_id="k-1", place="rally/oebobo-1", method="manual")
    return {**kupang.body(data, time=time), "source": source}


async def test_a_code_becomes_a_token_of_that_officer_and_that_device(kupang: District) -> None:
    code = await code_of(kupang)
    enrolled = await enrol(kupang, f"https://pamwal.example/checkin/v1/enrol#{code}")
    assert enrolled.status_code == 200, (enrolled.text, code)
    found = enrolled.json()
    assert (found["role"], found["officer"], found["post"], found["operation"], found["mode"]) == (
        "officer", "k-1", "oebobo", OPERATION, "exercise",
    )  # fmt: skip
    assert found["source"] == f"/posts/oebobo/devices/{found['device']}"
    assert enrolled.headers["cache-control"] == "no-store"
    said = await kupang.say(arrival(kupang, found["source"]), bearer(enrolled))
    assert said.status_code == 201, said.text
    other = await kupang.say(arrival(kupang, "/posts/oebobo/devices/1"), bearer(enrolled))
    assert (other.status_code, other.json()["code"]) == (403, "not_yours")
    assert (await enrol(kupang, code)).status_code == 200, "its answer was lost: said again with the same id"
    used = await enrol(kupang, code, "e-2")
    assert (used.status_code, used.json()["code"]) == (409, "code_used")
    for topic in (FIELD_REQUESTS, FIELD_DECISIONS, PERSONAL):
        assert all(code.encode() not in each.value for each in await everything(kupang.log, topic.name))


async def test_what_the_log_shows_of_an_enrolment_gives_nobody_else_a_token(kupang: District) -> None:
    """Given a used paper code, and a reader of the timeline, which shows id and time of each request."""
    code = await code_of(kupang)
    enrolled = await enrol(kupang, code, "019250a1-7c3e-7a41-9b6f-2d8e01025b02")
    assert enrolled.status_code == 200, enrolled.text
    decided = (await kupang.decisions())[-1].data
    assert decided.request is not None
    for identity in (decided.request.id or "", decided.facts[0].id.partition("/")[0]):
        body = {"code": code, "id": identity, "time": decided.facts[0].occurred_at}
        refused = await kupang.clients["checkin"].post("/checkin/v1/enrol", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "code_used"), refused.text
    for record in await everything(kupang.log, FIELD_REQUESTS.name):
        assert b"019250a1-7c3e-7a41" not in record.value
    again = await enrol(kupang, code, "019250a1-7c3e-7a41-9b6f-2d8e01025b02")
    assert again.json()["expires_at"] == enrolled.json()["expires_at"], "90 days from the enrolment on"
    assert again.json()["expires_at"] == from_ms(to_ms(decided.knownat) + TOKEN_S * 1000)


@pytest.mark.parametrize("mode", MODES)
async def test_a_code_stays_that_of_the_device_that_was_invited_first(kupang: District, mode: Mode) -> None:
    """Given a post of another operation that invites its own PC with the digest it found in the log."""
    code = await code_of(kupang)
    row = Invitation(
        device_id="pc-m", code_sha256=digest_of(code), expires_at=from_ms(system_ms() + 3_600_000)
    )
    foreign = kupang.body(InviteDevices(invitations=[row]), post="maulafa")
    refused = await kupang.say(foreign, kupang.token(post="maulafa"))
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")
    token = kupang.issuer.issue(
        role="command_post", operation="elsewhere", mode=mode, subject="thief", post="maulafa"
    )
    invited = await kupang.clients["checkin"].post(
        f"/checkin/v1/operations/elsewhere{ROUTES[foreign['type']].path}",
        json=foreign, headers={"authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert invited.status_code == 201, invited.text
    enrolled = await enrol(kupang, code)
    assert enrolled.status_code == 200, enrolled.text
    assert (enrolled.json()["operation"], enrolled.json()["officer"]) == (OPERATION, "k-1")


def test_an_enrolment_is_answered_again_for_minutes_and_never_for_longer_than_the_first(
    tmp_path: Path,
) -> None:
    issuer, decided_ms = Issuer(tmp_path), 1_000_000_000_000
    device = Invited(
        operation_id=OPERATION, postid="oebobo", device_id="phone", officer_id="k-1", invited_at=""
    )
    authority = Authority(LocalKeys(issuer.public_key), secret=b"s" * 32)
    caller = speaker(device, "exercise", authority, 0)
    ends = []
    for passed_s in (-1, 0, 60, REPEATED_S):
        found = token_of(caller, issuer, decided_ms, decided_ms + passed_s * 1000)
        assert found.expires_at == from_ms(decided_ms + TOKEN_S * 1000)
        claims = jwt.decode(found.token, options={"verify_signature": False})
        ends.append(claims["exp"] - claims["iat"] + max(0, passed_s))
    assert ends == [TOKEN_S] * 4
    with pytest.raises(HttpProblem, match="15 minutes ago: ask the post for a new") as refused:
        token_of(caller, issuer, decided_ms, decided_ms + REPEATED_S * 1000 + 1)
    assert (refused.value.status, refused.value.code) == (409, "code_used")


async def test_the_same_question_prints_the_same_codes(kupang: District) -> None:
    body = asked()
    first, second = await ask(kupang, body), await ask(kupang, body)
    assert (first.status_code, second.status_code) == (200, 200)
    texts = [PdfReader(BytesIO(each.content)).pages[0].extract_text() for each in (first, second)]
    told, again = (re.findall(r"[a-z2-7]{4} [a-z2-7]{4}", each) for each in texts)
    assert told == again != []
    assert [each.data.outcome for each in (await kupang.decisions())[1:]] == ["accepted", "repeat"]


async def test_a_whole_unit_and_the_posts_own_pcs_are_invited_on_one_sheet(kupang: District) -> None:
    sheet = await ask(kupang, asked(officers=[], unit="Sektor Oebobo", pcs=1))
    text = PdfReader(BytesIO(sheet.content)).pages[0].extract_text()
    for part in ("LATIHAN", "BRIPKA k-1", "BRIPKA k-2", "BRIPKA k-3", "Sektor Oebobo", "PC posko"):
        assert part in text, text
    decided = (await kupang.decisions())[-1]
    assert [fact.officer_id for fact in decided.data.facts] == ["k-1", "k-2", "k-3", None]
    assert (await ask(kupang, asked("i-2", officers=[], unit="Nowhere"))).status_code == 404
    assert (await ask(kupang, asked("i-3", officers=[]))).status_code == 422
    assert (await ask(kupang, asked("i-4"), by=kupang.token("officer", officer="k-1"))).status_code == 403
    assert (await ask(kupang, asked("i-5"), by=kupang.token("admin", None))).status_code == 422, "no post"
    head = await ask(kupang, asked("i-6", post="oebobo"), by=kupang.token("ops_head", None))
    assert head.status_code == 200


@pytest.mark.parametrize(
    ("officer_id", "status", "code"),
    [("k-7", 403, "not_yours"), ("k-2", 404, "unknown_officer"), ("nobody", 404, "unknown_officer")],
    ids=["of another post", "withdrawn", "not on the roster"],
)
async def test_a_post_invites_no_device_for_whom_the_roster_does_not_give_it(
    kupang: District, officer_id: str, status: int, code: str
) -> None:
    """Given k-7 of maulafa and k-2 withdrawn: a device enrolled for them would act as them."""
    await kupang.must_plan(
        RegisterOfficers(officers=[entry("k-7", home_post="maulafa")]),
        WithdrawOfficers(rows=[OfficerRow(officer_id="k-2")], cause="pindah"),
    )
    row = Invitation(
        device_id="phone", code_sha256=digest_of("x" * 32), expires_at=from_ms(system_ms() + 60_000),
        officer_id=officer_id,
    )  # fmt: skip
    before = len(await kupang.decisions())
    for by in (kupang.token(), kupang.token("ops_head", None)):
        said = kupang.body(InviteDevices(invitations=[row]))
        answer = await kupang.say(said, by)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        sheet = await ask(kupang, asked(officers=["k-1", officer_id], post="oebobo"), by=by)
        assert (sheet.status_code, sheet.json()["code"]) == (status, code), sheet.text
        [batch] = await kupang.batch(said, headers=by)
        assert batch["status"] == status, batch
    assert len(await kupang.decisions()) == before


async def test_all_officers_whose_home_is_the_post_are_invited_on_one_sheet(kupang: District) -> None:
    await kupang.must_plan(
        RegisterOfficers(officers=[entry("k-7", home_post="maulafa"), entry("k-8")]),
        WithdrawOfficers(rows=[OfficerRow(officer_id="k-2")], cause="pindah"),
    )
    assert (await ask(kupang, asked(officers=["k-1"], roster=True))).status_code == 200
    assert [fact.officer_id for fact in (await kupang.decisions())[-1].data.facts] == ["k-1", "k-3", "k-8"]
    none = await ask(
        kupang, asked("i-2", officers=[], roster=True, post="alak"), by=kupang.token("ops_head", None)
    )
    assert (none.status_code, "the roster or pcs" in none.json()["detail"]) == (422, True)


async def test_a_posts_pc_speaks_for_its_post(kupang: District) -> None:
    enrolled = await enrol(kupang, await code_of(kupang, officers=[], pcs=1))
    assert (enrolled.json()["role"], enrolled.json().get("officer")) == ("command_post", None)
    assert (await kupang.say(arrival(kupang, enrolled.json()["source"]), bearer(enrolled))).status_code == 201


async def test_a_post_finds_its_devices_page_after_page_and_no_others(kupang: District) -> None:
    await code_of(kupang, officers=["k-1", "k-2"], pcs=1)
    enrolled = await enrol(kupang, await code_of(kupang, identity="i-2", officers=["k-3"]))
    elsewhere = asked("i-3", officers=[], pcs=1, post="maulafa")
    assert (await ask(kupang, elsewhere, by=kupang.token("ops_head", None))).status_code == 200
    device, source = enrolled.json()["device"], enrolled.json()["source"]
    said = await kupang.say({**arrival(kupang, source), "data": ARRIVED}, bearer(enrolled))
    path, own = f"{ROOT}/devices", {**kupang.token(), "pamwal-at": said.headers["pamwal-at"]}
    whole = (await kupang.get(path, own)).json()["devices"]
    assert [(one.get("officer_id"), one["state"]) for one in whole] == [
        ("k-1", "invited"), ("k-2", "invited"), ("k-3", "enrolled"), (None, "invited"),
    ]  # fmt: skip
    [found] = [one for one in whole if one["device_id"] == device]
    assert (found["source"], found["heard_at"] >= found["enrolled_at"]) == (source, True)
    assert ["code_expires_at" in one for one in whole] == [True, True, False, True]
    first = (await kupang.get(path, own, limit="3")).json()
    second = (await kupang.get(path, own, limit="3", after=first["next_after"])).json()
    assert (first["devices"] + second["devices"], "next_after" in second) == (whole, False)
    assert (await kupang.get(path, own, officer="k-3", state="enrolled")).json()["devices"] == [found]
    everywhere = await kupang.get(path, kupang.token("admin", None))
    assert {one["post"] for one in everywhere.json()["devices"]} == {"oebobo", "maulafa"}
    for refused in (
        await kupang.get(path, own, post="maulafa"),
        await kupang.get(path, kupang.token("officer", officer="k-1")),
    ):
        assert refused.status_code == 403, refused.text


async def test_a_lost_device_reads_nothing_and_what_it_says_is_kept_and_shown_apart(kupang: District) -> None:
    enrolled = await enrol(kupang, await code_of(kupang))
    device, source = enrolled.json()["device"], enrolled.json()["source"]
    day = f"{ROOT}/officers/k-1/observations"
    assert (await kupang.say(arrival(kupang, source, at("15:00")), bearer(enrolled))).status_code == 201
    assert (await kupang.get(day, bearer(enrolled), day="2024-10-03")).status_code == 200
    lost = RevokeDevices(devices=[device], lost_since=from_ms(system_ms()), text="tertinggal di ojek k-1")
    revoked = await kupang.say(kupang.body(lost))
    assert revoked.status_code == 201, revoked.text
    late = await kupang.say(arrival(kupang, source, at("14:00")), bearer(enrolled))
    assert late.status_code == 201
    assert "device_lost" in [each["code"] for each in late.json()["warnings"]]
    at_log = {"pamwal-at": late.headers["pamwal-at"]}
    read = await kupang.get(day, {**kupang.token(), **at_log}, day="2024-10-03")
    seen = read.json()["observations"]
    marked = {one["fact"]["occurred_at"]: one.get("device_lost", False) for one in seen}
    assert marked == {at("14:00"): True, at("15:00"): False}
    for path in (day, f"{ROOT}/incidents"):
        refused = await kupang.get(path, bearer(enrolled), day="2024-10-03")
        assert (refused.status_code, refused.json()["code"]) == (401, "device_revoked")
    again = await enrol(kupang, "x" * 32)
    assert (again.status_code, again.json()["code"]) == (404, "code_unknown")
    for record in await everything(kupang.log, FIELD_REQUESTS.name):
        assert b"ojek" not in record.value


async def test_a_lost_pc_gives_out_no_codes_and_what_it_invited_falls_with_it(kupang: District) -> None:
    """Given a post's PC that printed codes for a phone and a second PC, of which the phone enrolled."""
    pc = bearer(await enrol(kupang, await code_of(kupang, officers=[], pcs=1), "e-pc"))
    name = jwt.decode(pc["authorization"].split()[1], options={"verify_signature": False})["device"]
    code, open_code = [
        await code_of(kupang, by=pc, identity=f"i-{number}", **whom)
        for number, whom in enumerate(({"officers": ["k-1"]}, {"officers": [], "pcs": 1}))
    ]
    enrolled = await enrol(kupang, code, "e-phone")
    phone, source = bearer(enrolled), enrolled.json()["source"]
    revoked = await kupang.say(kupang.body(RevokeDevices(devices=[name])))
    assert revoked.status_code == 201, revoked.text
    now = {"pamwal-at": revoked.headers["pamwal-at"]}

    own = f"/posts/oebobo/devices/{name}"
    row = Invitation(
        device_id="new", code_sha256=digest_of("x" * 32), expires_at=from_ms(system_ms() + 60_000)
    )
    for data in (InviteDevices(invitations=[row]), RevokeDevices(devices=["1"]), Heartbeat()):
        refused = await kupang.say({**kupang.body(data), "source": own}, pc)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_yours"), refused.text
    answers = await kupang.batch(
        {**kupang.body(Void(observation="f-1/0", cause="wrong")), "source": own},
        arrival(kupang, own),
        headers=pc,
    )
    assert [each["status"] for each in answers] == [409, 201]
    for headers, path in ((pc, f"{ROOT}/incidents"), (phone, f"{ROOT}/officers/k-1/observations")):
        read = await kupang.get(path, {**headers, **now}, day="2024-10-03")
        assert (read.status_code, read.json()["code"]) == (401, "device_revoked")
    printed = await ask(kupang, asked("i-9"), by={**pc, **now})
    assert (printed.status_code, printed.json()["code"]) == (401, "device_revoked")
    late = await enrol(kupang, open_code, "e-late")
    assert (late.status_code, late.json()["code"]) == (409, "device_revoked")
    said = await kupang.say(arrival(kupang, source), phone)
    assert said.status_code == 201
    assert "device_lost" in [each["code"] for each in said.json()["warnings"]]


async def test_a_lost_device_neither_reads_the_plan_nor_answers_an_order(kupang: District) -> None:
    """What the field says is kept and marked; an order rejected by a thief would be undone to no good."""
    enrolled = await enrol(kupang, await code_of(kupang))
    device, source = enrolled.json()["device"], enrolled.json()["source"]
    scheduler, plan = kupang.clients["scheduler"], f"/scheduler/v1/operations/{OPERATION}/rallies"
    own = bearer(enrolled)
    data = RejectDeployments(rows=[DeploymentRow(deployment_id="d1")], cause="sakit")
    rejected = {**kupang.body(data), "source": source}
    assert (await scheduler.get(plan, headers=own)).status_code == 200
    assert (await kupang.say(rejected, own)).status_code == 409, "no such order"
    assert (await kupang.say(kupang.body(RevokeDevices(devices=[device])))).status_code == 201
    async with asyncio.timeout(DEADLINE_S):
        while (refused := await scheduler.get(plan, headers=own)).status_code == 200:
            await asyncio.sleep(0.001)
    assert (refused.status_code, refused.json()["code"]) == (401, "device_revoked")
    for answer in (
        await kupang.say({**rejected, "id": "again"}, own),
        await scheduler.post(f"/scheduler/v1/operations/{OPERATION}/batch", json=[rejected], headers=own),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked"), answer.text
    assert (await scheduler.get(plan, headers=kupang.token())).status_code == 200


async def test_a_lost_device_gets_no_new_token_by_saying_again_what_it_said(kupang: District) -> None:
    code = await code_of(kupang)
    device = (await enrol(kupang, code)).json()["device"]
    revoked = await kupang.say(kupang.body(RevokeDevices(devices=[device])))
    await kupang.get(f"{ROOT}/incidents", {**kupang.token(), "pamwal-at": revoked.headers["pamwal-at"]})
    again = await enrol(kupang, code)
    assert (again.status_code, again.json()["code"]) == (409, "device_revoked")


async def test_the_audit_numbers_each_posts_devices_apart(kupang: District) -> None:
    """Two posts may name a device alike, and a device's officer is another subject."""
    await enrol(kupang, await code_of(kupang, officers=["k-1", "k-2"]))
    for post in ("oebobo", "maulafa", "oebobo"):
        said = kupang.body(RevokeDevices(devices=["phone"]), post=post)
        assert (await kupang.say(said, kupang.token(post=post))).status_code == 201
    topics = {FIELD_REQUESTS.name: CheckinCore()}
    assert (await audit(kupang.log, topics=topics, redecide=topics)).findings == ()


@pytest.mark.parametrize(("proxies", "second"), [("127.0.0.0/8", 404), ("", 429)])
async def test_tries_are_counted_by_the_address_that_a_trusted_proxy_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, second: int
) -> None:
    async with district(tmp_path, trusted_proxies=TrustedProxies.parse(proxies)) as kupang:
        monkeypatch.setattr(kupang.edges["checkin"].gate, "_requests", RateLimit(1, 1, lambda: 0.0))

        async def tried(address: str) -> int:
            body = {"code": "a" * 32, "id": "e-1", "time": at("07:00")}
            headers = {"x-forwarded-for": address}
            answer = await kupang.clients["checkin"].post("/checkin/v1/enrol", json=body, headers=headers)
            return answer.status_code

        found = [await tried(address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]
        assert found == [404, second, 429]


async def test_where_tokens_come_from_elsewhere_nobody_enrols_here(tmp_path: Path) -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    settings = EdgeSettings(state=tmp_path, jwks_url="https://issuer.example/jwks")
    desk = Desk(settings, Plans(log), FieldReads(log))
    with pytest.raises(HttpProblem, match="get a token there") as raised:
        _ = desk.issuer
    assert (raised.value.status, raised.value.code) == (501, "not_served_here")


@pytest.mark.parametrize("between", [" ", "-", "\u2013", "\n", " - "])
def test_a_code_counts_however_its_groups_are_typed(between: str) -> None:
    code = "k7qm42pxk7qm42pxk7qm42pxk7qm42px"
    typed = between.join(code[start : start + 4] for start in range(0, 32, 4))
    assert digest_of(f"  {typed.upper()} ") == digest_of(code)
    assert digest_of(f"https://pamwal.example/checkin/v1/enrol#{code}\n") == digest_of(code)
    assert digest_of(code[:-1]) != digest_of(code)


def test_codes_are_long_and_each_its_own() -> None:
    body = CodesAsked(id="i", time=at("07:00"), officers=["k-1", "k-1", "k-2"], pcs=2)
    codes = codes_for(body, OPERATION, "oebobo", body.officers, b"s" * 32)
    assert len({each.code for each in codes}) == 4, "k-1 once, k-2, two PCs"
    assert len({each.invitation.device_id for each in codes}) == 4
    assert {len(each.code) for each in codes} == {32}
    assert codes[0].invitation.expires_at == from_ms(to_ms(at("07:00")) + 72 * 3_600_000)
    assert codes_for(body, OPERATION, "maulafa", body.officers, b"s" * 32)[0].code != codes[0].code
