"""Indonesian words for the terms that people choose from: roles, duties, severities, states, kinds. Pure.

The terms of the contracts are English. Commands and imported files take these words in their place, and pages
and sheets show the usual one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from msgspec import inspect

from pamwal.contracts.zones import LETTERS

Words = Mapping[str, tuple[str, ...]]
"""Term → words for it, the usual one first."""
ROLES: Final[Words] = {
    "viewer": ("pemirsa",),
    "officer": ("petugas", "personel"),
    "field_commander": ("padal", "perwira pengendali"),
    "command_post": ("posko", "pos"),
    "ops_head": ("kabagops", "kaops"),
}
"""Of tokens. `admin` and `propam` are the same in both languages."""
DUTIES: Final[Words] = {
    "escort": ("pengawalan", "kawal"),
    "guard": ("penjagaan", "jaga"),
    "patrol": ("turjawali", "patroli"),
    "traffic": ("lalu lintas", "lalin", "lantas"),
    "intel": ("intel", "intelijen"),
    "field_commander": ("padal", "perwira pengendali"),
    "reserve": ("cadangan",),
}
"""What somebody is ordered to do."""
MODES: Final[Words] = {"real": ("nyata",), "exercise": ("latihan",)}
SEVERITIES: Final[Words] = {
    "minor": ("ringan",),
    "moderate": ("sedang",),
    "severe": ("berat",),
    "extreme": ("ekstrem",),
}
INCIDENT_STATES: Final[Words] = {
    "reported": ("dilaporkan",),
    "verified": ("terverifikasi",),
    "unfounded": ("tidak terbukti",),
    "assigned": ("ditugaskan",),
    "on_scene": ("di lokasi",),
    "contained": ("terkendali",),
    "closed": ("ditutup",),
    "reopened": ("dibuka kembali",),
}
ZONES: Final[Words] = {zone: (letters,) for zone, letters in LETTERS.items() if zone != "Asia/Pontianak"}
ALL: Final = (ROLES, DUTIES, MODES, SEVERITIES, INCIDENT_STATES, ZONES)


def usual(words: Words) -> dict[str, str]:
    """Term → the usual word for it."""
    return {term: each[0] for term, each in words.items()}


def meant(given: str, allowed: Sequence[str], also: Words | None = None) -> str | None:
    """The term of `allowed` that is given, in any case, or by an Indonesian word; None if there is none.

    `also` are words beside those of this module, such as the names of kinds of incidents.
    """
    return given if given in allowed else _written(allowed, also).get(_folded(given))


def nearest(given: str, allowed: Sequence[str]) -> str:
    """`; did you mean 'guard'?`, or nothing if no term is near."""
    written = _written(allowed)
    found = get_close_matches(_folded(given), written, n=1)
    return f"; did you mean {written[found[0]]!r}?" if found else ""


def in_terms(value: Any, of: inspect.Type) -> Any:
    """JSON that a person wrote, with terms for Indonesian words wherever its contract has terms."""
    match of, value:
        case inspect.Metadata(), _:
            return in_terms(value, of.type)
        case inspect.UnionType(), _:
            for each in of.types:
                value = in_terms(value, each)
            return value
        case inspect.LiteralType(), str():
            return meant(value, [str(term) for term in of.values]) or value
        case inspect.StructType(), dict():
            fields = {each.encode_name: each.type for each in of.fields}
            return {
                name: in_terms(each, fields[name]) if name in fields else each for name, each in value.items()
            }
        case inspect.ListType(), list():
            return [in_terms(each, of.item_type) for each in value]
        case inspect.DictType(), dict():
            return {
                in_terms(name, of.key_type): in_terms(each, of.value_type) for name, each in value.items()
            }
        case _:
            return value


def _written(allowed: Sequence[str], also: Words | None = None) -> dict[str, str]:
    """How terms may be written, folded → the term."""
    tables = (*ALL, also or {})
    words = {_folded(word): term for term in allowed for table in tables for word in table.get(term, ())}
    return words | {_folded(term): term for term in allowed}


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
