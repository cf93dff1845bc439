"""Kinds of incidents and what they are called: a list that ships with the services, or another by a setting.

Only edges and pages know it. What a decider decides never depends on it: the list of a police district may
change in the middle of a day.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import msgspec

from pamwal.contracts.envelope import Text
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.field.incidents import IncidentKind
from pamwal.vocabulary import meant

SETTING: Final = "PAMWAL_INCIDENT_KINDS"
_Kinds = Annotated[dict[IncidentKind, Text], msgspec.Meta(min_length=1, max_length=500)]
_read: Final = msgspec.json.Decoder(_Kinds)


def kinds_from(environment: Mapping[str, str]) -> dict[str, str]:
    """Kind → its name, in the list's order. SettingsError if the file that is named cannot be used."""
    named = environment.get(SETTING)
    if not named:
        return _read.decode(resources.files("pamwal").joinpath("incident_kinds.json").read_bytes())
    try:
        return _read.decode(Path(named).read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        sentence = f"{SETTING}={named!r} is no list of kinds such as " + '{"fire": "kebakaran"}'
        raise SettingsError(f"{sentence}: {error}") from error


@cache
def incident_kinds() -> dict[str, str]:
    """The kinds this process uses, by its environment. SettingsError."""
    return kinds_from(os.environ)


def kind_meant(given: str) -> str:
    """The kind of that code or name; as it is given, if the list has none."""
    kinds = incident_kinds()
    return meant(given, list(kinds), {kind: (name,) for kind, name in kinds.items()}) or given


def english_kind(code: str) -> str:
    """A kind in English, in which its code is written: `unattended bag`."""
    return code.replace("_", " ")


def kind_name(code: str) -> str:
    """What a kind is called; one that the list does not have, by its code: `lost child`."""
    return incident_kinds().get(code, english_kind(code))
