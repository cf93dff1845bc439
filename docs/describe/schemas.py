"""JSON Schemas of everything that stands in the log, from the types themselves."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from pamwal.contracts.codec import DECISION_TYPE, REQUEST_TYPES
from pamwal.contracts.envelope import Decision, Request
from pamwal.contracts.field import FieldFact
from pamwal.contracts.key_records import KeysRecorded
from pamwal.contracts.persons import PersonalRecord
from pamwal.contracts.reporting_facts import ReportingFact
from pamwal.contracts.scheduling import SchedulingFact
from pamwal.contracts.situations import SituationTold

Schema = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PERSONAL: Final = "pamwal.personal.v1"
SITUATIONS: Final = "pamwal.situations.v1"
RECORDED_KEYS: Final = "pamwal.cluster.keys.v1"
DECISIONS: Final[dict[str, Any]] = {
    "pamwal.scheduling.decisions.v1": Decision[SchedulingFact],
    "pamwal.field.decisions.v1": Decision[FieldFact],
    "pamwal.reporting.decisions.v1": Decision[ReportingFact],
}
"""Topic → the decisions in it."""
_OF_FACTS: Final = re.compile(r"^(Decision|DecisionData)_pamwal\.contracts\.([a-z]+)\w*\..*$")
_OF_REQUEST: Final = re.compile(r"^Request_(\w+?)_$")


def messages() -> dict[str, Any]:
    """Name of a message → its type: each request type, and what stands in each other topic."""
    requests = {name: Request[data] for name, data in REQUEST_TYPES.items()}  # type: ignore[valid-type]
    return {
        **requests,
        **DECISIONS,
        PERSONAL: PersonalRecord,
        SITUATIONS: SituationTold,
        RECORDED_KEYS: KeysRecorded,
    }


def components(ref_template: str) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Message → a reference to its schema, and all named schemas; `ref_template` holds `{name}`."""
    names = messages()
    references, schemas = msgspec.json.schema_components(list(names.values()), ref_template=ref_template)
    called = {name: _short(name) for name in schemas}
    swap = {ref_template.format(name=name): ref_template.format(name=new) for name, new in called.items()}
    plain = {called[name]: _plain(schema, swap) for name, schema in schemas.items()}
    to = {name: _plain(reference, swap) for name, reference in zip(names, references, strict=True)}
    for name, reference in to.items():
        _fix_type(plain[reference["$ref"].rsplit("/", 1)[1]], name)
    return to, plain


def schema_files() -> dict[str, Schema]:
    """File name → schema, one file a message, each complete in itself."""
    to, plain = components("#/$defs/{name}")
    return {f"{name}.schema.json": _alone(name, reference, plain) for name, reference in to.items()}


def _alone(name: str, reference: Schema, plain: dict[str, Schema]) -> Schema:
    own = reference["$ref"].rsplit("/", 1)[1]
    needed: dict[str, Schema] = {}
    waiting = list(_references(plain[own]))
    while waiting:
        found = waiting.pop()
        if found not in needed:
            needed[found] = plain[found]
            waiting += _references(plain[found])
    rest = {key: value for key, value in plain[own].items() if key != "title"}
    return {"$schema": DIALECT, "title": name, **rest, "$defs": dict(sorted(needed.items()))}


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return {name for one in part for name in _references(one)}
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].rsplit("/", 1)[1]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*(_references(value) for value in part.values()))


def _short(name: str) -> str:
    """`Request_CheckIn_` → `CheckInRequest`; a decision of the field's facts → `FieldDecision`."""
    if found := _OF_REQUEST.match(name):
        return f"{found[1]}Request"
    if found := _OF_FACTS.match(name):
        return f"{found[2].capitalize()}{found[1]}"
    return name


def _plain(part: Any, swap: dict[str, str]) -> Any:
    """The same with short names, without OpenAPI's discriminator, which JSON Schema does not know."""
    if isinstance(part, list):
        return [_plain(one, swap) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _plain(value, swap) for key, value in part.items() if not _is_discriminator(key, value)}
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = swap[kept["$ref"]]
    if isinstance(kept.get("title"), str) and "[" in kept["title"]:
        del kept["title"]
    return kept


def _is_discriminator(key: str, value: Any) -> bool:
    return key == "discriminator" and isinstance(value, dict) and "propertyName" in value


def _fix_type(schema: Schema, name: str) -> None:
    """In a request or decision, `type` is one known word; a summary's says so itself."""
    if "specversion" in schema["properties"] and name != SITUATIONS:
        schema["properties"]["type"] = {"const": DECISION_TYPE if name in DECISIONS else name}
