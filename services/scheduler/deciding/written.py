"""Officers' ids in a request as the roster writes them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.persons import officer_key
from services.scheduler.deciding.state import Schedule

S = TypeVar("S", bound=Struct)
_OFFICER = "officer_id"


def writer(state: Schedule) -> Callable[[str], str]:
    """For one request: an id as the roster has it, whatever its case; of a new one the first spelling."""
    first: dict[str, str] = {}

    def write(officer_id: str) -> str:
        return first.setdefault(officer_key(officer_id), state.written_as(officer_id))

    return write


def as_written(data: S, write: Callable[[str], str]) -> S:
    """The data of a request with `write` applied to every officer's id in it; itself if that changes none."""
    changed: dict[str, Any] = {}
    for name in data.__struct_fields__:
        value = getattr(data, name)
        found = write(value) if name == _OFFICER and isinstance(value, str) else _within(value, write)
        if found != value if isinstance(value, str) else found is not value:
            changed[name] = found
    return replace(data, **changed) if changed else data


def _within(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, Struct):
        return as_written(value, write)
    if isinstance(value, list):
        found = [_within(each, write) for each in value]
        return value if all(new is old for new, old in zip(found, value, strict=True)) else found
    return value
