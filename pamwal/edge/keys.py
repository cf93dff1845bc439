"""Public keys that tokens are checked with: the local issuer's, or a JWKS document fetched and kept."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.issuer import key_id

FRESH_S = 600.0
RETRY_S = 10.0
FETCH_TIMEOUT_S = 3.0


class Keys(Protocol):
    """Looks a key up by its id."""

    async def find(self, kid: str | None) -> Ed25519PublicKey | None:
        """The key, or None if nobody published it. HttpProblem 503 if that cannot be known now."""
        ...


class LocalKeys:
    """The one key of a local issuer."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key, self._kid = key, key_id(key)

    async def find(self, kid: str | None) -> Ed25519PublicKey | None:
        """The key, if it is this one."""
        return self._key if kid in (None, self._kid) else None


class JwksKeys:
    """Keys behind a URL: kept 10 min, asked again for an unknown id at most every 10 s, one fetch at a time.

    While the URL does not answer, the keys known last stay good: no token is refused for an outage.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url, self._transport = url, transport
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_s, self._tried_s = float("-inf"), float("-inf")
        self._one = asyncio.Lock()

    async def find(self, kid: str | None) -> Ed25519PublicKey | None:
        """The key of that id, fetched if need be. One that is known and fresh waits for nobody's fetch."""
        known = self._known(kid)
        if known is not None and time.monotonic() - self._fetched_s <= FRESH_S:
            return known
        async with self._one:
            now_s = time.monotonic()
            stale = now_s - self._fetched_s > FRESH_S or self._known(kid) is None
            if stale and now_s - self._tried_s > RETRY_S:
                self._tried_s = now_s
                await self._fetch()
            if not self._keys:
                raise HttpProblem(503, "keys_unavailable", f"no keys to check tokens with from {self._url}")
            return self._known(kid)

    def _known(self, kid: str | None) -> Ed25519PublicKey | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid or "")

    async def _fetch(self) -> None:
        try:
            async with (
                asyncio.timeout(FETCH_TIMEOUT_S),  # of the whole answer: httpx limits each read only
                httpx.AsyncClient(transport=self._transport, timeout=FETCH_TIMEOUT_S) as client,
            ):
                answer = await client.get(self._url)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json())
        except (TimeoutError, httpx.HTTPError, ValueError, jwt.PyJWTError):
            return
        keys = {key.key_id or "": key.key for key in found.keys if isinstance(key.key, Ed25519PublicKey)}
        if keys:
            self._keys, self._fetched_s = keys, time.monotonic()
