"""Erasures: that a person's words were erased. The words stand outside the log, and so do these."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.instants import Instant
from pamwal.contracts.persons import OfficerId, PersonalRef

Count = Annotated[int, Meta(ge=0)]

# --- requests


class ErasePerson(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A person's words, files and PIN were erased. An edge asks this itself once it has erased them.

    A sender says why, in `cause`; it may be about the person: the edge keeps it apart and sets `cause_ref`.
    """

    officer_id: OfficerId
    words: Count
    """How many references of the log lead to no words any more."""
    files: Count
    cause: Text | None = None
    cause_ref: PersonalRef | None = None


# --- facts


class PersonErased(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="person_erased"):
    """Somebody had a person's words, files and PIN erased. It holds of what stood in the log then."""

    officer_id: str
    words: int
    files: int
    author: str
    cause_ref: PersonalRef | None = None


# --- over HTTP


class EraseAsked(Struct, frozen=True, kw_only=True):
    """Why a person's words are erased, and the id and time under which the log records that."""

    id: Identifier
    time: Instant
    cause: Text


class Erasure(Struct, frozen=True, kw_only=True):
    """What stands of a person outside the log, or has been erased."""

    officer_id: str
    names: int
    """Versions of his entry in the roster: name, NRP, phone."""
    texts: int
    """Free texts that he wrote, and reasons that others gave for something about him."""
    files: int
    """Files that he attached, and those of incidents that he reported."""
    pin: bool
    """Whether he has a PIN; in the answer to an erasure, whether he had one."""
    on_roster: bool
    erased_before: int
    """How many of the names, texts and files were erased before."""
