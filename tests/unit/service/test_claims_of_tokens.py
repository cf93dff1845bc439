"""What an edge takes a token for, its deciders can read: no request is parked for the claims of its token."""

from __future__ import annotations

from itertools import cycle, product
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec
import pytest

from pamwal.contracts.claims import BOUND_TO_POST, ROLES, Claims, Role, read_claims
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import ClaimsText, Submission
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.rights import own_source
from pamwal.contracts.routes import ROUTES
from pamwal.edge.auth import Authority, TokenClaims
from pamwal.edge.issuer import Issuer
from pamwal.edge.keys import LocalKeys
from tests.unit.edges import Running, an_edge
from tests.unit.service.test_rights import EDGES, NOW, code_of, request_of

LONGEST: Final = "z" * 64
LONGEST_OFFICER: Final = "z" * 32
SUBJECTS: Final = ("\N{POLICE OFFICER}" * 200, "\u2003a", "a\t\r\nb ", '"\\ role=admin', "\x00", "\ufeff")
"""Who acts, as long and as odd as a token may say."""
TYPES: Final = {
    "scheduler": "pamwal.scheduling.open_operation.v1",
    "checkin": "pamwal.field.check_in.v1",
    "reporting": "pamwal.reporting.publish_sitrep.v1",
}


class Token(NamedTuple):
    """The bindings of a token."""

    role: Role
    operation: str
    post: str | None
    officer: str | None
    device: str | None


TOKENS: Final = [
    Token(*each)
    for each in product(ROLES, (LONGEST, "*"), (None, LONGEST), (None, LONGEST_OFFICER), (None, LONGEST))
]


async def asked(running: Running, type_: str, token: Token, subject: str, number: int) -> httpx.Response:
    """The answer to a request of this type with that token, from its own source."""
    given = running.issuer.issue(subject=subject, mode="exercise", **token._asdict())
    claims = Claims(mode="exercise", **token._asdict())
    source = own_source(claims) or f"/posts/{token.post or 'ops'}/devices/{LONGEST}"
    body = Submission(
        id=f"q{number}", source=source, type=type_, time=NOW, channel="app", data=request_of(type_).data
    )
    operation = LONGEST if token.operation == "*" else token.operation
    route = ROUTES[type_]
    return await running.client.post(
        f"/{route.service}/v1/operations/{operation}{route.path}",
        content=encode(body),
        headers={"authorization": f"Bearer {given}"},
    )


@pytest.mark.parametrize("service", EDGES)
async def test_what_an_edge_admits_is_decided_and_not_parked(service: str, tmp_path: Path) -> None:
    async with an_edge(tmp_path, *EDGES[service]) as running:
        admitted = 0
        for number, (token, subject) in enumerate(zip(TOKENS, cycle(SUBJECTS), strict=False)):
            answer = await asked(running, TYPES[service], token, subject, number)
            met = (token, subject, answer.text[:300])
            if answer.status_code == 401:
                assert code_of(answer) == "bad_token", met
                continue
            assert answer.status_code in {201, 403, 409}, met
            assert code_of(answer) != "parked", met
            admitted += 1
        assert admitted == len([each for each in TOKENS if is_whole(each)])


def is_whole(token: Token) -> bool:
    """Whether role and bindings of a token fit together."""
    return (
        (token.operation != "*" or token.role == "admin")
        and (token.role not in BOUND_TO_POST or token.post is not None)
        and (token.role not in {"officer", "field_commander"} or token.officer is not None)
        and (token.device is None or (token.post is not None and token.operation != "*"))
    )


def test_the_longest_claims_fit_into_a_request(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    authority = Authority(LocalKeys(issuer.public_key), secret=b"s" * 32, simulated_clock=True)
    for token in filter(is_whole, TOKENS):
        caller = authority.caller_of(
            TokenClaims(sub=SUBJECTS[0], exp=2**40, mode="exercise", **token._asdict())
        )
        assert msgspec.convert(caller.claims_text, ClaimsText) == caller.claims_text
        assert read_claims(caller.claims_text) == caller.claims


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", "\ud800"),
        ("sub", " \u2003\n"),
        ("sub", "x" * 201),
        ("officer", "z" * 33),
        ("officer", "a b"),
        ("officer", "a\n"),
        ("post", LONGEST + "z"),
        ("post", "a=b"),
        ("device", ""),
        ("operation", LONGEST + "z"),
        ("operation", "**"),
        ("jti", "\udfff" * 8),
    ],
)
async def test_claims_that_no_decider_could_read_are_refused_by_the_edge(
    tmp_path: Path, name: str, value: str
) -> None:
    issuer = Issuer(tmp_path)
    authority = Authority(LocalKeys(issuer.public_key), secret=b"s" * 32)
    claims = {"role": "officer", "operation": "op", "mode": "real", "post": "alfa", "officer": "k-1"}
    token = issuer._sign("a", "pamwal", 60, {**claims, name: value})
    with pytest.raises(AccessDenied, match=f"the token is not accepted: .*{name}") as caught:
        await authority.caller({b"authorization": f"Bearer {token}".encode()}, "POST")
    assert (caught.value.status, caught.value.code) == (401, "bad_token")


async def test_a_token_of_every_operation_names_one_of_them(tmp_path: Path) -> None:
    async with an_edge(tmp_path, *EDGES["scheduler"]) as running:
        token = running.issuer.issue(role="admin", operation="*", mode="exercise", subject="a")
        for method, path in (("POST", "/open"), ("GET", "")):
            for operation in ("*", "%2A", "a%20b"):
                answer = await running.client.request(
                    method,
                    f"/scheduler/v1/operations/{operation}{path}",
                    headers={"authorization": f"Bearer {token}"},
                )
                assert (answer.status_code, code_of(answer)) == (404, "not_found"), answer.text
