"""Free text in requests: what the edges keep apart from the log, and what stays in it, for a reason each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec.inspect

from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.field import ErasePerson, ResetSource, RevokeDevices, Void
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import PERSONAL_CAUSES

APART: Final = {f"{each.__name__}.cause" for each in (*PERSONAL_CAUSES, Void, ResetSource, ErasePerson)} | {
    f"{RevokeDevices.__name__}.text"
}
"""An edge puts these into `personal` before the request is kept, as it does with all `PersonalWords`."""
OF_THE_PLAN: Final = {
    f"{each}.cause"
    for each in (
        "CancelDeployments", "CancelRally", "CloseOperation", "DismissChild", "Override",
        "ReassignDeployments", "ReassignUnit", "ReinstateDeployments", "ReinstateRally", "ReopenDay",
        "ReopenOperation", "RevertImport", "SwapDeployments", "WithdrawSites",
    )
}  # fmt: skip
"""Why the office changed its plan: everybody who reads the plan needs it, and SitReps cite overrides."""
NAMES_OF_THINGS: Final = {
    "AmendOperation.name", "CallRoll.unit", "CheckInSquad.unit", "NoticeReceipt.number", "OfficerEntry.rank",
    "OfficerEntry.unit", "OpenOperation.name", "OrderDeployments.sprin", "OrderProposal.sprin",
    "OrderReserved.sprin", "OrderSeries.sprin", "Policy.rank_order", "Post.kecamatan",
    "Post.name", "ReassignDeployments.sprin",
    "ReassignUnit.sprin", "ReassignUnit.unit", "SiteEntry.name", "SwapDeployments.sprin", "TaskForce.name",
    "Venue.name",
}  # fmt: skip
"""Operations, posts, places, units, ranks and numbers of papers."""
IDS: Final = {"AdvanceIncident.assignee", "Void.observation"}
"""The edge takes nothing but an id as an assignee; an observation is named by its fact id."""


def free_texts(kind: Any, name: str, within: frozenset[type]) -> Iterator[str]:
    """Each field of a type, at any depth, that takes any text: `{struct}.{field}`."""
    match kind:
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            if cls not in {PersonalWords, PersonalRef, *within}:
                for each in fields:
                    yield from free_texts(each.type, f"{cls.__name__}.{each.encode_name}", within | {cls})
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                yield from free_texts(each, name, within)
        case msgspec.inspect.ListType(item_type=inside) | msgspec.inspect.Metadata(type=inside):
            yield from free_texts(inside, name, within)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            yield from free_texts(key, name, within)
            yield from free_texts(value, name, within)
        case msgspec.inspect.StrType(pattern=None | r"\S"):
            yield name


def test_every_free_text_of_a_request_is_kept_apart_or_has_a_reason_to_stay() -> None:
    found = {
        each
        for name, data in REQUEST_TYPES.items()
        for each in free_texts(msgspec.inspect.type_info(data), name, frozenset())
    }
    assert found == APART | OF_THE_PLAN | NAMES_OF_THINGS | IDS, "is it about persons? decision 47"
