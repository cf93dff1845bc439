"""A browser's way in: a one-time link becomes an HttpOnly cookie, and the address loses its ticket."""

from __future__ import annotations

import ipaddress
import time
from urllib.parse import parse_qsl, quote, urlencode

import jwt

from pamwal.contracts.errors import AccessDenied
from pamwal.edge.auth import COOKIE, Authority, TokenClaims
from pamwal.edge.http import Reply, Scope
from pamwal.edge.issuer import SESSION_LIFETIME_S
from pamwal.edge.tickets import UsedTickets

TICKET = "ticket"


class Sessions:
    """Takes tickets, each once."""

    def __init__(self, authority: Authority, issuer: str, tickets: UsedTickets | None) -> None:
        """`tickets`: None where this process writes nothing, and so cannot let anybody in by a link."""
        self._authority, self._issuer, self._tickets = authority, issuer, tickets

    async def enter(self, scope: Scope) -> Reply | None:
        """For a GET with `?ticket=`: the cookie and a redirect to the address without it; else None.

        AccessDenied 401 for a ticket that is bad, expired or used, 403 for its mode; LogError or
        HttpProblem 503 while the log cannot say whether it was used.
        """
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        ticket = next((value for name, value in query if name == TICKET), None)
        if ticket is None:
            return None
        claims = await self._authority.verify(ticket, f"{self._authority.audience}-ticket")
        self._authority.caller_of(claims)
        if self._tickets is None:
            raise AccessDenied("this service takes no links", code="no_links")
        await self._tickets.use(claims)
        rest = urlencode([(name, value) for name, value in query if name != TICKET])
        # A browser reads `//host` and `/\host` as another host, so one slash leads and the rest is quoted.
        path = "/" + quote(scope["path"]).lstrip("/")
        headers = (
            (b"location", f"{path}?{rest}".encode() if rest else path.encode()),
            (b"set-cookie", self._cookie(claims, scope).encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
        )
        return Reply(303, b"", b"text/plain", headers)

    def _cookie(self, claims: TokenClaims, scope: Scope) -> str:
        now_s, lifetime_s = int(time.time()), claims.session_s or SESSION_LIFETIME_S
        session = {
            "iss": self._issuer,
            "aud": f"{self._authority.audience}-session",
            "sub": claims.sub,
            "iat": now_s,
            "exp": now_s + lifetime_s,
            "role": claims.role,
            "operation": claims.operation,
            "mode": claims.mode,
            "post": claims.post,
            "officer": claims.officer,
            "device": claims.device,
        }
        value = jwt.encode(
            {name: value for name, value in session.items() if value is not None},
            self._authority.session_key,
            algorithm="HS256",
        )
        # Lax: a link is clicked in a chat, on another site, and Strict would hold the cookie back from the
        # very page it leads to. Nothing is lost: a session only reads.
        secure = "" if _is_loopback_http(scope) else "; Secure"
        return f"{COOKIE}={value}; Max-Age={lifetime_s}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _is_loopback_http(scope: Scope) -> bool:
    host: str = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].strip("[]")
    if scope.get("scheme") == "https":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
