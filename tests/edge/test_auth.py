"""Tokens, issuer, published keys, one-time links and sessions."""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pamwal.contracts.claims import Role
from pamwal.contracts.errors import AccessDenied, HttpProblem, SettingsError
from pamwal.edge.auth import Authority
from pamwal.edge.issuer import KEY_FILE, Issuer, create_once, shared_secret
from pamwal.edge.keys import JwksKeys, LocalKeys
from pamwal.edge.sessions import ENTER
from tests.edge.house import House

PAGE = "/guard/v1/operations/op/seen"
BOUND: dict[str, Any] = {"role": "viewer", "operation": "op", "mode": "exercise", "subject": "kasat"}


def bearer(token: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {token}".encode()}


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "issuer")


@pytest.fixture
def authority(issuer: Issuer) -> Authority:
    return Authority(LocalKeys(issuer.public_key), secret=b"s" * 32)


async def refused(authority: Authority, token: str) -> AccessDenied:
    with pytest.raises(AccessDenied) as caught:
        await authority.caller(bearer(token), "POST")
    return caught.value


def test_keys_are_for_their_owner_only_and_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "issuer"
    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(lambda _: Issuer(folder).kid, range(16)))
    assert len(kids) == 1
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


def test_what_was_there_first_stays(tmp_path: Path) -> None:
    assert create_once(tmp_path / "x", b"one") == b"one"
    assert create_once(tmp_path / "x", b"two") == b"one"


def test_a_folder_in_which_none_can_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        SettingsError, match=r"issuer\.pem cannot be read or made: .*free some space .*PAMWAL_STATE"
    ):
        Issuer(tmp_path / "file" / "issuer")


@pytest.mark.parametrize("content", [b"no key", b""])
def test_a_file_that_is_no_key_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(SettingsError, match="no private key"):
        Issuer(tmp_path)


async def test_no_token_makes_its_bearer_a_service(issuer: Issuer, authority: Authority) -> None:
    bound = {"role": "ops_head", "operation": "op", "mode": "real"}
    token = issuer._sign("reporting", "pamwal", 60, {**bound, "service": "reporting"})
    caller = await authority.caller(bearer(token), "POST")
    assert caller.claims.service is None
    assert "service" not in caller.claims_text
    for name in ("operation", "post", "officer", "device"):
        smuggled = issuer._sign("x", "pamwal", 60, {**bound, name: "op service=reporting"})
        assert (await refused(authority, smuggled)).code == "bad_token"


def test_a_secret_must_be_long_enough(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("abcd")
    with pytest.raises(SettingsError):
        shared_secret(tmp_path / "secret")
    assert len(shared_secret(tmp_path / "new")) == 32


async def test_a_verified_token_becomes_a_caller(issuer: Issuer, authority: Authority) -> None:
    token = issuer.issue(role="command_post", operation="op", mode="real", subject="bripka-a", post="posko")
    caller = await authority.caller(bearer(token), "POST")
    assert (caller.actor, caller.claims.post) == ("bripka-a", "posko")
    assert caller.claims_text == "role=command_post operation=op mode=real post=posko"


@pytest.mark.parametrize(
    ("role", "operation"),
    [("viewer", "*"), ("command_post", "op"), ("officer", "op"), ("field_commander", "op")],
)
async def test_roles_must_be_bound_as_they_need(
    issuer: Issuer, authority: Authority, role: Role, operation: str
) -> None:
    token = issuer.issue(role=role, operation=operation, mode="real", subject="a")
    assert (await refused(authority, token)).status == 401


@pytest.mark.parametrize("more", [{}, {"post": "alak", "operation": "*"}], ids=["no post", "any operation"])
async def test_a_token_of_a_device_names_its_post_and_operation(
    issuer: Issuer, authority: Authority, more: dict[str, Any]
) -> None:
    """Devices are known by operation, post and name: one that names less could never be found lost."""
    token = issuer.issue(**{**BOUND, "role": "admin", "device": "pc", **more})
    error = await refused(authority, token)
    assert (error.status, error.code) == (401, "bad_token")
    bound = issuer.issue(**{**BOUND, "role": "ops_head", "device": "pc", "post": "alak"})
    assert (await authority.caller(bearer(bound), "POST")).claims.device == "pc"


async def test_an_admin_may_act_in_every_operation(issuer: Issuer, authority: Authority) -> None:
    token = issuer.issue(role="admin", operation="*", mode="real", subject="a")
    (await authority.caller(bearer(token), "POST")).require_operation("any")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"aud": "other"},
        {"iss": "other"},
        {"role": "king"},
        {"operation": "has space"},
        {"operation": None},
        {"mode": "play"},
        {"sub": ""},
        {"sub": " "},
        {"sub": "\t\n"},
        {"exp": None},
        {"post": "a b"},
    ],
)
async def test_a_token_that_says_something_else_is_401(
    issuer: Issuer, authority: Authority, spoilt: dict[str, Any]
) -> None:
    good = jwt.decode(issuer.issue(**BOUND), options={"verify_signature": False})
    claims = {name: value for name, value in (good | spoilt).items() if value is not None}
    token = jwt.encode(claims, issuer._key, algorithm="EdDSA", headers={"kid": issuer.kid})
    assert (await refused(authority, token)).code == "bad_token"


async def test_other_algorithms_are_not_believed(issuer: Issuer, authority: Authority) -> None:
    claims = jwt.decode(issuer.issue(**BOUND), options={"verify_signature": False})
    for key, algorithm in (("x" * 32, "HS256"), ("", "none")):
        token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": issuer.kid})
        assert (await refused(authority, token)).code == "bad_token"


async def test_a_ticket_is_no_token_and_a_token_no_ticket(issuer: Issuer, authority: Authority) -> None:
    assert (await refused(authority, issuer.ticket(**BOUND))).code == "bad_token"
    with pytest.raises(AccessDenied):
        await authority.verify(issuer.issue(**BOUND), "pamwal-ticket")


async def test_a_remembered_token_is_not_believed_beyond_its_end(issuer: Issuer) -> None:
    now_ms = time.time_ns() // 1_000_000
    authority = Authority(LocalKeys(issuer.public_key), secret=b"s" * 32, system=lambda: now_ms)
    token = issuer.issue(**BOUND, lifetime_s=3)
    headers = bearer(token)
    assert await authority.caller(headers, "GET") is await authority.caller(headers, "GET")
    until_ms = authority._callers[headers[b"authorization"]][1]
    assert until_ms <= now_ms + 3000


async def test_a_simulated_clock_takes_exercise_tokens_only(issuer: Issuer) -> None:
    authority = Authority(LocalKeys(issuer.public_key), secret=b"s" * 32, simulated_clock=True)
    denied = await refused(authority, issuer.issue(role="viewer", operation="op", mode="real", subject="a"))
    assert (denied.status, denied.code) == (403, "wrong_mode")
    caller = await authority.caller(bearer(issuer.issue(**BOUND)), "GET")
    assert caller.claims_text.endswith("clock=simulated")


class Published:
    """A JWKS document behind a URL that can go away."""

    def __init__(self, *issuers: Issuer) -> None:
        self.issuers, self.asked, self.away = list(issuers), 0, False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(
            200, json={"keys": [key for each in self.issuers for key in each.jwks()["keys"]]}
        )


async def test_published_keys_are_fetched_once_and_kept_while_the_issuer_is_away(issuer: Issuer) -> None:
    published = Published(issuer)
    keys = JwksKeys("http://issuer/jwks", httpx.MockTransport(published))
    found = await asyncio.gather(*(keys.find(issuer.kid) for _ in range(20)))
    assert len({key.public_bytes_raw() for key in found if key}) == 1
    assert published.asked == 1
    published.away = True
    assert await keys.find(issuer.kid) is not None


async def test_a_new_key_is_found_but_nobody_can_make_us_ask_all_the_time(
    issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, newer = Published(issuer), Issuer(tmp_path / "newer")
    keys = JwksKeys("http://issuer/jwks", httpx.MockTransport(published))
    await keys.find(issuer.kid)
    for _ in range(50):
        assert await keys.find("made-up") is None
    assert published.asked == 1
    published.issuers.append(newer)
    monkeypatch.setattr("pamwal.edge.keys.RETRY_S", 0.0)
    assert await keys.find(newer.kid) is not None


async def test_a_token_with_a_known_key_does_not_wait_while_a_strangers_key_is_looked_for(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, asked, answered = Published(issuer), asyncio.Event(), asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        answer = published(request)
        if published.asked > 1:
            asked.set()
            await answered.wait()
        return answer

    keys = JwksKeys("http://issuer/jwks", httpx.MockTransport(slowly))
    await keys.find(issuer.kid)
    monkeypatch.setattr("pamwal.edge.keys.RETRY_S", 0.0)
    stranger = asyncio.create_task(keys.find("nobodys"))
    async with asyncio.timeout(60):
        await asked.wait()
        assert await keys.find(issuer.kid) is not None
        assert not stranger.done()
        answered.set()
        assert await stranger is None


async def test_an_issuer_whose_answer_does_not_end_is_away(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(_: httpx.Request) -> httpx.Response:
        async def body() -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0)

        return httpx.Response(200, content=body())

    monkeypatch.setattr("pamwal.edge.keys.FETCH_TIMEOUT_S", 0.02)
    keys = JwksKeys("http://issuer/jwks", httpx.MockTransport(endless))
    async with asyncio.timeout(10):
        with pytest.raises(HttpProblem) as caught:
            await keys.find(issuer.kid)
    assert (caught.value.status, caught.value.code) == (503, "keys_unavailable")


async def test_no_keys_at_all_is_503_not_401() -> None:
    published = Published()
    published.away = True
    with pytest.raises(HttpProblem) as caught:
        await JwksKeys("http://issuer/jwks", httpx.MockTransport(published)).find("any")
    assert caught.value.status == 503


async def test_a_key_of_another_kind_is_not_taken() -> None:
    odd = Ed25519PrivateKey.generate().public_key()
    assert await LocalKeys(odd).find("another") is None


async def enter(
    house: House, ticket: str, to: str = f"{PAGE}?limit=3", base: str = "http://127.0.0.1"
) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house.edge.app), base_url=base) as browser:
        return await browser.post(ENTER, data={"to": to, "ticket": ticket})


async def test_a_link_becomes_a_cookie_and_a_clean_address(house: House) -> None:
    answer = await enter(house, house.issuer.ticket(**BOUND))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?limit=3")
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie, "plain http on this machine only"
    session = cookie.split(";")[0]
    read = await house.client.get(answer.headers["location"], headers={"cookie": f"other=1; {session}"})
    assert (read.status_code, read.json()["actor"]) == (200, "kasat")


async def test_a_link_works_once(house: House) -> None:
    ticket = house.issuer.ticket(**BOUND)
    assert (await enter(house, ticket)).status_code == 303
    again = await enter(house, ticket)
    assert (again.status_code, again.json()["code"]) == (401, "used_ticket")


async def test_an_old_link_does_not_work(house: House) -> None:
    answer = await enter(house, house.issuer.ticket(**BOUND, lifetime_s=-1))
    assert (answer.status_code, answer.json()["code"]) == (401, "expired_token")


@pytest.mark.parametrize("base", ["https://127.0.0.1", "http://board.example", "https://board.example"])
async def test_beyond_this_machine_a_cookie_is_secure(house: House, base: str) -> None:
    answer = await enter(house, house.issuer.ticket(**BOUND), base=base)
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_link_leads_nowhere_else(house: House) -> None:
    answer = await enter(house, house.issuer.ticket(**BOUND), to="//elsewhere.example/x")
    assert answer.headers["location"].startswith("/elsewhere.example/x")


async def test_a_cookie_does_not_write(house: House) -> None:
    session = (await enter(house, house.issuer.ticket(**BOUND))).headers["set-cookie"].split(";")[0]
    answer = await house.client.post(
        "/guard/v1/operations/op/check-ins", json={}, headers={"cookie": session}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")


async def test_a_session_is_believed_from_the_cookie_only(house: House) -> None:
    session = (await enter(house, house.issuer.ticket(**BOUND))).headers["set-cookie"].split(";")[0]
    read = await house.client.get(PAGE, headers={"cookie": session})
    assert read.status_code == 200
    for method, path in (("GET", PAGE), ("POST", "/guard/v1/operations/op/check-ins")):
        given = {"authorization": session.replace("=", " ", 1)}
        answer = await house.client.request(method, path, headers=given)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_token"), "also once it is remembered"


async def test_a_cookie_somebody_else_signed_is_401(house: House) -> None:
    claims = {
        **BOUND,
        "sub": "a",
        "iss": "pamwal-local",
        "aud": "pamwal-session",
        "iat": 1,
        "exp": 2_000_000_000,
    }
    forged = jwt.encode(claims, "k" * 32, algorithm="HS256")
    answer = await house.client.get(PAGE, headers={"cookie": f"pamwal_session={forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
