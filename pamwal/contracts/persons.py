"""Persons are not in the log: facts carry a reference, the words live in the topic `personal`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.instants import Instant

OfficerId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,31}(?!\n)$",
        description="national key of an officer: 1 to 32 letters, digits, dot, underscore, colon, hyphen",
    ),
]


def officer_key(officer_id: str) -> str:
    """The same text for all spellings of an officer's id: ids that differ in case only name one officer."""
    return officer_id.casefold()


class PersonalRef(Struct, frozen=True, kw_only=True):
    """Points at a `PersonalRecord`; `digest` is hex HMAC-SHA256 of its words, so that a change shows."""

    ref: str
    digest: str


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
