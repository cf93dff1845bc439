"""Who speaks: a bearer token (EdDSA) or a browser's session becomes a `Caller` with what it allows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, Any

import jwt
import msgspec
from msgspec import Meta, Struct

from pamwal.contracts.claims import BOUND_TO_OFFICER, BOUND_TO_POST, Claims, Mode, Role
from pamwal.contracts.envelope import IDENTIFIER, Identifier, Text
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.persons import OfficerId
from pamwal.contracts.wording import in_words
from pamwal.edge.clock import Clock, system_ms
from pamwal.edge.issuer import Issuer, shared_secret
from pamwal.edge.keys import JwksKeys, Keys, LocalKeys
from pamwal.edge.settings import EdgeSettings

TRUSTED_MS = 60_000
"""How long a verified token is believed without being verified again: 0.2 µs instead of 145."""
CALLERS_MAX = 10_000
COOKIE = "pamwal_session"
SESSION_MAX_S = 24 * 3600
_CHALLENGE = "send 'Authorization: Bearer <token>', or open a one-time link in the browser"


class TokenClaims(Struct, frozen=True, kw_only=True):
    """What a token must say besides `iss` and `aud`."""

    sub: Text
    """The actor of each request: what the log does not take is turned away here."""
    exp: int
    iat: int | None = None
    role: Role
    operation: Annotated[
        str,
        Meta(
            pattern=rf"^(\*|{IDENTIFIER})\Z",
            description="an operation's id, which has no space in it, or * for every operation",
        ),
    ]
    mode: Mode
    post: Identifier | None = None
    officer: OfficerId | None = None
    device: Identifier | None = None
    signed_on: bool = False
    """A person got it with a PIN and a post's token."""
    jti: Annotated[str, Meta(min_length=8, max_length=128)] | None = None
    session_s: Annotated[int, Meta(ge=1, le=SESSION_MAX_S)] | None = None


class Caller(Struct, frozen=True):
    """Who speaks and what that allows. `actor` and `claims_text` go into the request as they are."""

    claims: Claims
    actor: str
    claims_text: str
    expires_ms: int
    limit_key: str
    """One per person and binding, so that a renewed token does not renew the limit."""
    signed_on: bool = False
    """The actor signed on with a PIN: the token is a person's, with what the post may."""

    def require_operation(self, operation_id: str) -> None:
        """AccessDenied 403 unless the token is bound to this operation."""
        if self.claims.operation not in (operation_id, "*"):
            raise AccessDenied(
                f"this token is bound to operation {self.claims.operation}, not to {operation_id}",
                code="wrong_operation",
            )

    def require_role(self, *roles: Role) -> None:
        """AccessDenied 403 unless the token has one of these roles."""
        if self.claims.role not in roles:
            needed = " or ".join(roles)
            raise AccessDenied(
                f"this needs a token of the role {needed}; this one has the role {self.claims.role}",
                code="wrong_role",
            )


class Authority:
    """Verifies tokens against issuer, audience, time and key; remembers verified ones for a short while."""

    def __init__(
        self,
        keys: Keys,
        *,
        secret: bytes,
        issuer: str = "pamwal-local",
        audience: str = "pamwal",
        simulated_clock: bool = False,
        system: Callable[[], int] = system_ms,
    ) -> None:
        self.audience = audience
        self.session_key = hmac.new(secret, b"pamwal browser session", hashlib.sha256).digest()
        self._keys, self._issuer, self._simulated, self._system = keys, issuer, simulated_clock, system
        self._callers: dict[bytes, tuple[Caller, int]] = {}

    @staticmethod
    def from_settings(settings: EdgeSettings, clock: Clock, recorded: Keys | None = None) -> Authority:
        """Trusts the JWKS URL if one is set, else the keys `recorded` in the log.

        Without either the local issuer alone, whose key is made if there is none.
        """
        if settings.jwks_url:
            recorded = JwksKeys(settings.jwks_url)
        return Authority(
            recorded or LocalKeys(Issuer(settings.issuer_path).public_key),
            secret=shared_secret(settings.secret_path),
            issuer=settings.trusted_issuer,
            audience=settings.audience,
            simulated_clock=clock.simulated,
        )

    async def caller(self, headers: dict[bytes, bytes], method: str) -> Caller:
        """Who sent these headers; cookies serve GET only. AccessDenied 401 (no, bad, old) or 403 (mode)."""
        given = headers.get(b"authorization")
        if given is not None and given[:7].lower() != b"bearer ":
            raise AccessDenied(
                f"the Authorization header is no bearer token; {_CHALLENGE}", status=401, code="bad_token"
            )
        if given is None and method in ("GET", "HEAD"):
            given = session_of(headers.get(b"cookie", b""))
        if given is None:
            raise AccessDenied(f"no token; {_CHALLENGE}", status=401, code="no_token")
        known = self._callers.get(given)
        if known is not None and known[1] > self._system():
            return known[0]
        return await self._admit(given)

    async def _admit(self, given: bytes) -> Caller:
        self._callers.pop(given, None)
        scheme, _, token = given.partition(b" ")
        if scheme == COOKIE.encode():
            claims = self._decode(
                token.decode("latin-1"), self.session_key, f"{self.audience}-session", "HS256"
            )
        else:
            claims = await self.verify(token.strip().decode("latin-1"), self.audience)
        caller = self.caller_of(claims)
        while len(self._callers) >= CALLERS_MAX:
            del self._callers[next(iter(self._callers))]
        self._callers[given] = (caller, min(caller.expires_ms, self._system() + TRUSTED_MS))
        return caller

    async def verify(self, token: str, audience: str) -> TokenClaims:
        """The claims of a token that a trusted key signed for that audience, or AccessDenied 401."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError as error:
            raise AccessDenied(f"the token cannot be read: {error}", status=401, code="bad_token") from error
        key = await self._keys.find(kid)
        if key is None:
            raise AccessDenied(
                "the token is signed with a key nobody trusts here", status=401, code="bad_token"
            )
        return self._decode(token, key, audience, "EdDSA")

    def _decode(self, token: str, key: Any, audience: str, algorithm: str) -> TokenClaims:
        required = ["exp", "iat", "iss", "aud", "sub"]
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=audience,
                issuer=self._issuer,
                options={"require": required},
            )
            return _token_claims(claims)
        except jwt.ExpiredSignatureError as error:
            raise AccessDenied(
                "the token expired; get a new one", status=401, code="expired_token"
            ) from error
        except UnicodeEncodeError as error:
            raise AccessDenied(
                "the token is not accepted: its sub or jti has half a character (a lone surrogate)",
                status=401,
                code="bad_token",
            ) from error
        except (jwt.PyJWTError, msgspec.ValidationError) as error:
            why = in_words(str(error), TokenClaims)
            raise AccessDenied(f"the token is not accepted: {why}", status=401, code="bad_token") from error

    def caller_of(self, token: TokenClaims) -> Caller:
        """What verified claims allow. AccessDenied if role and bindings do not fit, or mode and clock."""
        if token.operation == "*" and token.role != "admin":
            raise AccessDenied(
                "only an admin token may be bound to every operation", status=401, code="bad_token"
            )
        if token.role in BOUND_TO_POST and token.post is None:
            raise AccessDenied(
                f"a token of role {token.role} must name its post", status=401, code="bad_token"
            )
        if token.role in BOUND_TO_OFFICER and token.officer is None:
            raise AccessDenied(
                f"a token of role {token.role} must name its officer", status=401, code="bad_token"
            )
        if token.device is not None and (token.post is None or token.operation == "*"):
            raise AccessDenied(
                "a token of a device must name its post and one operation", status=401, code="bad_token"
            )
        if self._simulated and token.mode != "exercise":
            raise AccessDenied(
                "this edge runs on a simulated clock and takes exercise tokens only", code="wrong_mode"
            )
        claims = Claims(
            role=token.role,
            operation=token.operation,
            mode=token.mode,
            post=token.post,
            officer=token.officer,
            device=token.device,
            clock="simulated" if self._simulated else "system",
        )
        text = claims.to_text()
        return Caller(claims, token.sub, text, token.exp * 1000, f"{token.sub} {text}", token.signed_on)


def _token_claims(claims: dict[str, Any]) -> TokenClaims:
    """The claims as they are in a token. msgspec.ValidationError; UnicodeEncodeError for half a character."""
    found = msgspec.convert(claims, TokenClaims)
    f"{found.sub}{found.jti}".encode()  # JSON can escape what no log can hold
    return found


def session_of(cookies: bytes) -> bytes | None:
    """`pamwal_session <value>` out of a Cookie header, or None."""
    for part in cookies.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == COOKIE.encode():
            return name + b" " + value
    return None
