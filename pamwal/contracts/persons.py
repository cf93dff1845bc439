"""Persons are not in the log: facts carry a reference, the words live in the topic `personal`."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final

from msgspec import Meta, Struct

from pamwal.contracts.instants import Instant

OfficerId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,31}(?!\n)$",
        description="national key of an officer: 1 to 32 letters, digits, dot, underscore, colon, hyphen",
    ),
]


_NRP_PREFIX: Final = re.compile(r"^(nrp|nip)(?=[0-9])")


def officer_key(officer_id: str) -> str:
    """The same text for all spellings of an officer's id: ids that differ in case only name one officer."""
    return officer_id.casefold()


class PersonalRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Points at a `PersonalRecord`; `digest` is hex HMAC-SHA256 of its words, so that a change shows."""

    ref: str
    digest: str
    nrp: str | None = None
    """Hex HMAC-SHA256 of the NRP among the words, see `comparable_nrp`; equal NRPs of an operation have
    equal ones. Requests have it since decision 46 in docs/decisions."""


class PersonalWords(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The words themselves, as a sender gives them and as `personal` keeps them."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")] | None = None
    nrp: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"\S")] | None = None
    phone: Annotated[str, Meta(min_length=3, max_length=32)] | None = None
    text: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None


class PersonalRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of the topic `personal`, key `operation_id/ref`; erasure is a tombstone."""

    operation_id: str
    ref: str
    words: PersonalWords
    written_at: Instant


def comparable_nrp(nrp: str) -> str | None:
    """An NRP as it is compared: lower-case letters and digits only, without the word NRP or NIP before it.

    None for text that is no number, such as a dash: it says that the NRP is not known.
    """
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", nrp).casefold()))
    return _NRP_PREFIX.sub("", plain) or None
