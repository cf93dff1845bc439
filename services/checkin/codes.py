"""The code of a place: what its QR holds and what is printed below it, made and looked at by the edge's key.

The QR holds an address that ends in `/here/{operation}/{place}/{from}.{until}.{signature}`: minutes since
1970 to the base 36, and 64 bytes of Ed25519. The letters below it are for who cannot scan: the day on which
it ends and 30 bits of an HMAC, so they hold to the end of that day (UTC), and are the weaker proof.

A code shows that somebody has the sheet or saw it; a photo of it does the same until it expires.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from pamwal.contracts.errors import HttpProblem, WrongShape
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.key_records import is_signed
from pamwal.edge.decode import Posted
from pamwal.edge.issuer import Issuer, shared_secret
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.settings import EdgeSettings

PURPOSE: Final = b"place code 1"
HERE: Final = "/checkin/v1/here"
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
DAYS: Final = 1024
"""How many days the two letters tell apart."""
KNOWN_MAX: Final = 4096
_NAME: Final = "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
_CODE: Final = re.compile(
    rf"(?:.*/here/)?(?P<operation>{_NAME})/(?P<place>(?:rally|site|post)/{_NAME})/"
    r"(?P<from>[0-9a-z]{1,7})\.(?P<until>[0-9a-z]{1,7})\.(?P<signature>[A-Za-z0-9_-]{86})"
)
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter looks like a digit."""
_MISREAD: Final = str.maketrans("OIL", "011", " -")
_TYPED: Final = re.compile(rf"[{_LETTERS}]{{8}}")
_BY_HAND: Final = "scan the sheet again, or check in by hand (method manual) and tell the post"


class PlaceCode(Struct, frozen=True, kw_only=True):
    """What a code says; it holds from `from_ms` up to and including `until_ms`, whole minutes."""

    operation_id: str
    place: str
    """`rally/{id}`, `site/{id}` or `post/{id}`."""
    from_ms: int
    until_ms: int


class PlaceCodes:
    """Makes codes and looks at those that are sent."""

    def __init__(
        self, issuer: Issuer, secret: bytes, address: str, registry: KeyRegistry | None = None
    ) -> None:
        """`registry`: says which keys signed the codes that hold; without it that of `issuer` alone."""
        self._issuer, self._address, self._registry = issuer, address, registry
        self._secret = hmac.new(secret, b"pamwal place code", hashlib.sha256).digest()
        self._known: dict[str, tuple[str, PlaceCode]] = {}
        """Text → which key signed it, and what it says."""

    @staticmethod
    def from_settings(settings: EdgeSettings, registry: KeyRegistry | None = None) -> PlaceCodes:
        """With the key and the secret that every edge of the operation has. SettingsError if unfit."""
        issuer = Issuer(settings.issuer_path, name=settings.trusted_issuer, audience=settings.audience)
        return PlaceCodes(issuer, shared_secret(settings.secret_path), settings.public_address, registry)

    def address_of(self, code: PlaceCode) -> str:
        """What the QR holds."""
        signature = base64.urlsafe_b64encode(self._issuer.signature(PURPOSE, _signed(code))).rstrip(b"=")
        return f"{self._address}{HERE}/{_path(code)}.{signature.decode()}"

    def letters_of(self, code: PlaceCode) -> str:
        """What is printed below it: `K7QM-42PX`."""
        letters = self._letters(code.operation_id, code.place, code.until_ms // DAY_MS % DAYS)
        return f"{letters[:4]}-{letters[4:]}"

    def read(self, text: str) -> PlaceCode | None:
        """What a scanned code says; None if no key that is good here signed it."""
        keys = self._keys()
        known = self._known.get(text)
        if known is not None and known[0] in keys:
            return known[1]
        match = _CODE.fullmatch(text.strip())
        if match is None:
            return None
        code = PlaceCode(
            operation_id=match["operation"],
            place=match["place"],
            from_ms=int(match["from"], 36) * MINUTE_MS,
            until_ms=int(match["until"], 36) * MINUTE_MS,
        )
        try:
            signature = base64.urlsafe_b64decode(match["signature"] + "==")
        except binascii.Error:
            return None
        signer = next((kid for kid in keys if is_signed(keys[kid], PURPOSE, _signed(code), signature)), None)
        if signer is None:
            return None
        while len(self._known) >= KNOWN_MAX:
            del self._known[next(iter(self._known))]
        self._known[text] = signer, code
        return code

    def _keys(self) -> dict[str, Ed25519PublicKey]:
        if self._registry is None:
            return {self._issuer.kid: self._issuer.public_key}
        return self._registry.valid()

    def examine(self, posted: Posted[Any], operation_id: str) -> None:
        """Looks at the code beside a submission.

        HttpProblem 422 `qr_missing`, `qr_forged`, `qr_foreign` or `qr_expired`; WrongShape where nothing is
        shown by a code. Judged at the moment it happened, not at the one it arrives.
        """
        method = getattr(posted.data, "method", None)
        if posted.code is None:
            if method == "qr":
                raise _problem(
                    "missing", "method qr needs the scanned code, as `code` beside `data`", _BY_HAND
                )
            return
        place = getattr(posted.data, "place", None)
        if method is None or place is None:
            raise WrongShape("a code shows where somebody checks in; nothing else takes one - at `$.code`")
        typed = posted.code.upper().translate(_MISREAD)
        if method != "qr" and _TYPED.fullmatch(typed):
            self._examine_typed(typed, operation_id, place, posted.time)
        else:
            self._examine_scanned(posted.code, operation_id, place, posted.time)

    def _examine_scanned(self, text: str, operation_id: str, place: str, at: str) -> None:
        code = self.read(text)
        if code is None:
            raise _problem("forged", "this code was not made here, or was altered", _BY_HAND)
        if (code.operation_id, code.place) != (operation_id, place):
            told = (
                f"this is the code of {code.place} in {code.operation_id}, not of {place} in {operation_id}"
            )
            raise _problem("foreign", told, f"say {code.place}, or scan the sheet that hangs at {place}")
        if not code.from_ms <= to_ms(at) < code.until_ms + MINUTE_MS:
            told = f"this code holds from {from_ms(code.from_ms)} to {from_ms(code.until_ms)}, not at {at}"
            raise _problem("expired", told, f"ask the post for a new sheet; until then {_BY_HAND}")

    def _examine_typed(self, typed: str, operation_id: str, place: str, at: str) -> None:
        day = _LETTERS.index(typed[0]) * 32 + _LETTERS.index(typed[1])
        if not hmac.compare_digest(typed, self._letters(operation_id, place, day)):
            raise _problem(
                "forged",
                f"these are not the letters of {place}",
                "read them off its sheet again, or check in by hand without them",
            )
        at_day = to_ms(at) // DAY_MS % DAYS
        if (day - at_day) % DAYS > DAYS // 2:
            told = f"the letters of this sheet no longer held at {at}"
            raise _problem("expired", told, "ask the post for a new sheet, or check in without them")

    def _letters(self, operation_id: str, place: str, day: int) -> str:
        said = f"{operation_id}\n{place}\n{day}".encode()
        bits = int.from_bytes(hmac.new(self._secret, said, hashlib.sha256).digest()[:4], "big") >> 2
        number = day << 30 | bits
        return "".join(_LETTERS[number >> shift & 31] for shift in range(35, -1, -5))


def _problem(what: str, told: str, to_do: str) -> HttpProblem:
    return HttpProblem(422, f"qr_{what}", f"{told}: {to_do}")


def _path(code: PlaceCode) -> str:
    starts, ends = _base36(code.from_ms // MINUTE_MS), _base36(code.until_ms // MINUTE_MS)
    return f"{code.operation_id}/{code.place}/{starts}.{ends}"


def _signed(code: PlaceCode) -> bytes:
    return _path(code).encode()


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
