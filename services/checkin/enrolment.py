"""A device's one-time code: made for a post, printed, and exchanged for a token of that device.

The log has the SHA-256 of a code alone. A code is an HMAC of the request that invites it, so that a post that
asks again with the same id gets the same codes, and no edge has to keep one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from pamwal.contracts.claims import Claims, Mode, Role
from pamwal.contracts.envelope import Identifier, Text
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import Invitation
from pamwal.contracts.instants import Instant, from_ms, to_ms
from pamwal.contracts.persons import OfficerId
from pamwal.edge.auth import Authority, Caller, TokenClaims
from pamwal.edge.issuer import Issuer
from services.checkin.planned.devices import Invited

HOUR_MS: Final = 3_600_000
TOKEN_S: Final = 90 * 86_400
"""How long a device's token lasts: longer than a campaign of 60 days. A lost one is revoked."""
REPEATED_S: Final = 15 * 60
"""How long after an enrolment its answer is repeated to the device that may have lost it."""
CODES_MAX: Final = 1_000
_CODE_BYTES: Final = 20
_BETWEEN: Final = re.compile(r"[\s.\-_\u2010-\u2015]+")
"""What people put between the groups of letters."""


class CodesAsked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose devices are invited: officers by id, a unit, all whose home is the post, and PCs of the post."""

    id: Identifier
    """Said again with it, the same codes are answered."""
    time: Instant
    officers: Annotated[list[OfficerId], Meta(max_length=CODES_MAX)] = []
    unit: Text | None = None
    roster: bool = False
    """All officers whose home post it is."""
    pcs: Annotated[int, Meta(ge=0, le=50)] = 0
    hours: Annotated[int, Meta(ge=1, le=24 * 31)] = 72
    """How long the codes hold."""
    post: Identifier | None = None
    """None: the post of the token."""


class Enrol(Struct, frozen=True, kw_only=True):
    """What a device sends: its code, or the address its QR holds, and an id and time to repeat it with."""

    code: Annotated[str, Meta(min_length=20, max_length=300)]
    id: Identifier
    """Random, such as a UUIDv7, and known to the device alone: the answer is repeated to who sends it."""
    time: Instant


class Enrolled(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The device's token, and what it is bound to."""

    token: str
    role: Role
    operation: str
    mode: Mode
    post: str
    device: str
    source: str
    """What it names itself in all it says."""
    expires_at: Instant
    officer: str | None = None


class DeviceCode(Struct, frozen=True, kw_only=True):
    """A code with its invitation."""

    code: str
    invitation: Invitation


def codes_for(
    asked: CodesAsked, operation_id: str, post: str, officers: list[str], secret: bytes
) -> list[DeviceCode]:
    """A code for each officer's next device, and for each PC. HttpProblem 422: none, or too many."""
    wanted: list[str | None] = [*dict.fromkeys(officers), *[None] * asked.pcs]
    if not 0 < len(wanted) <= CODES_MAX:
        raise HttpProblem(
            422,
            "malformed",
            f"{len(wanted)} devices; name officers, a unit, the roster or pcs, {CODES_MAX} at the most",
        )
    key = hmac.new(secret, b"pamwal device code", hashlib.sha256).digest()
    expires_at = from_ms(to_ms(asked.time) + asked.hours * HOUR_MS)
    found = []
    for number, officer_id in enumerate(wanted):
        said = f"{operation_id}\n{post}\n{asked.id}\n{number}\n{officer_id or ''}".encode()
        drawn = hmac.new(key, said, hashlib.sha512).digest()
        name = f"{officer_id or 'pc'}-{drawn[-4:].hex()}"
        code = base64.b32encode(drawn[:_CODE_BYTES]).decode().lower()
        found.append(
            DeviceCode(
                code=code,
                invitation=Invitation(
                    device_id=name, code_sha256=digest_of(code), expires_at=expires_at, officer_id=officer_id
                ),
            )
        )
    return found


def digest_of(code: str) -> str:
    """What the log has of a code: as printed, however it was typed, or the address that its QR holds."""
    bare = _BETWEEN.sub("", code.rpartition("#")[2]).lower()
    return hashlib.sha256(bare.encode()).hexdigest()


def request_id_of(asked: Enrol, secret: bytes) -> str:
    """The id under which the log has an enrolment.

    Readers of the log see it. The device's own id cannot be found from it, so a reader who has the used
    code as well cannot repeat the request.
    """
    key = hmac.new(secret, b"pamwal enrolment", hashlib.sha256).digest()
    said = f"{digest_of(asked.code)}\n{asked.id}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:32]


def speaker(invited: Invited, mode: Mode, authority: Authority, expires_s: int) -> Caller:
    """The device as the caller that its token will make it."""
    role: Role = "officer" if invited.officer_id is not None else "command_post"
    return authority.caller_of(
        TokenClaims(
            sub=invited.officer_id or f"{invited.postid}/{invited.device_id}",
            exp=expires_s,
            role=role,
            operation=invited.operation_id,
            mode=mode,
            post=invited.postid,
            officer=invited.officer_id,
            device=invited.device_id,
        )
    )


def token_of(caller: Caller, issuer: Issuer, decided_ms: int, now_ms: int) -> Enrolled:
    """The token of a device whose enrolment was decided at `decided_ms`, from which it lasts `TOKEN_S`.

    HttpProblem 409 `code_used` if that was more than `REPEATED_S` ago: both times are by the same clock.
    """
    passed_ms = max(0, now_ms - decided_ms)
    if passed_ms > REPEATED_S * 1000:
        raise HttpProblem(
            409,
            "code_used",
            f"this code was used more than {REPEATED_S // 60} minutes ago: ask the post for a new one, of "
            "another device",
        )
    claims: Claims = caller.claims
    bound: dict[str, Any] = {"role": claims.role, "operation": claims.operation, "mode": claims.mode}
    token = issuer.issue(
        **bound,
        subject=caller.actor,
        post=claims.post,
        officer=claims.officer,
        device=claims.device,
        lifetime_s=TOKEN_S - passed_ms // 1000,
    )
    return Enrolled(
        token=token,
        **bound,
        post=claims.post or "",
        device=claims.device or "",
        source=f"/posts/{claims.post}/devices/{claims.device}",
        expires_at=from_ms(decided_ms + TOKEN_S * 1000),
        officer=claims.officer,
    )
