"""A browser's way in: a page with a button turns a one-time link into an HttpOnly cookie."""

from __future__ import annotations

import ipaddress
import time
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

import jwt

from pamwal.contracts.errors import AccessDenied, WrongShape
from pamwal.edge.auth import COOKIE, Authority, TokenClaims
from pamwal.edge.http import Reply, Scope
from pamwal.edge.issuer import SESSION_LIFETIME_S
from pamwal.edge.tickets import UsedTickets

TICKET: Final = "ticket"
ENTER: Final = "/enter"
"""Where the button's form is posted."""
FORM_BYTES_MAX: Final = 8192


class OpenedLink(NamedTuple):
    """What a one-time link asks for."""

    ticket: str
    to: str
    """The address that it leads to, without the ticket."""


class Sessions:
    """Takes tickets, each once."""

    def __init__(self, authority: Authority, issuer: str, tickets: UsedTickets | None) -> None:
        """`tickets`: None where this process writes nothing, and so cannot let anybody in by a link."""
        self._authority, self._issuer, self._tickets = authority, issuer, tickets

    async def asked(self, scope: Scope) -> OpenedLink | None:
        """What `?ticket=` of a GET asks for; None without one. The ticket is not used up.

        Whoever shows a preview of a link in a chat gets no farther than this. AccessDenied 401 for a ticket
        that is bad or expired, 403 for its mode.
        """
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        ticket = next((value for name, value in query if name == TICKET), None)
        if ticket is None:
            return None
        await self._claims(ticket)
        rest = urlencode([(name, value) for name, value in query if name != TICKET])
        path = quote(scope["path"])
        return OpenedLink(ticket=ticket, to=f"{path}?{rest}" if rest else path)

    async def enter(self, scope: Scope, form: bytes) -> Reply:
        """Uses up the ticket of a form with the fields of `OpenedLink`: a cookie, and a redirect.

        AccessDenied 401 for a ticket that is bad, expired or used, 403 for its mode; WrongShape for a form
        that is none; LogError or HttpProblem 503 while the log cannot say whether it was used.
        """
        try:
            fields = dict(parse_qsl(form.decode("ascii"), max_num_fields=2, errors="strict"))
            entry = OpenedLink(ticket=fields[TICKET], to=fields.get("to", "/"))
        except (ValueError, KeyError) as error:
            raise WrongShape("this form has no ticket; open the link and press its button") from error
        claims = await self._claims(entry.ticket)
        if self._tickets is None:
            raise AccessDenied("this service takes no links", code="no_links")
        await self._tickets.use(claims)
        headers = (
            (b"location", _on_this_host(entry.to).encode()),
            (b"set-cookie", self._cookie(claims, scope).encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
        )
        return Reply(303, b"", b"text/plain", headers)

    async def _claims(self, ticket: str) -> TokenClaims:
        claims = await self._authority.verify(ticket, f"{self._authority.audience}-ticket")
        self._authority.caller_of(claims)
        return claims

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


def _on_this_host(address: str) -> str:
    """An address without its host. A browser reads `//host` and `/\\host` as another host, and drops tabs."""
    path, _, query = address.partition("?")
    return "/" + quote(unquote(path)).lstrip("/") + (f"?{quote(query, safe='=&%+')}" if query else "")


def _is_loopback_http(scope: Scope) -> bool:
    host: str = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].strip("[]")
    if scope.get("scheme") == "https":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
