"""Claim check: what a bulletin states, held against what the facts count."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from pamwal.contracts.scheduling import Day

TEXT_LETTERS_MAX: Final = 20_000
Precision = Literal["exact", "range", "about", "at_least", "at_most"]
DayFrom = Literal["asked", "text", "now", "unclear"]
EachOf = Literal["rallies", "venues", "kelurahan", "kecamatan", "satgas"]
SumRelation = Literal["sum", "includes", "product"]
NotTakenReason = Literal[
    "date", "time", "phone", "personal_number", "reference", "list_mark", "measure", "idiom", "name",
    "ambiguous", "denied", "unreadable", "too_large", "no_unit", "unit_unknown", "kind_unknown", "part",
    "each", "target", "share", "change", "other_day", "day_unclear", "uncounted",
]  # fmt: skip
"""Why a number of a text is not checked: what it is instead, or what is not said of it.

`day_unclear`: the text names several days and its sentence not one of them; ask again with `day`.
"""


class Stated(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Totals as a bulletin states them; what it does not state is left out.

    An unknown one is refused: a claim nobody can check must not look checked.
    """

    officers: Annotated[int, Meta(ge=0)] | None = None
    rallies: Annotated[int, Meta(ge=0)] | None = None
    venues: Annotated[int, Meta(ge=0)] | None = None
    kelurahan: Annotated[int, Meta(ge=0)] | None = None
    kecamatan: Annotated[int, Meta(ge=0)] | None = None
    satgas: Annotated[int, Meta(ge=0)] | None = None
    pairs: Annotated[int, Meta(ge=0)] | None = None
    present: Annotated[int, Meta(ge=0)] | None = None
    late: Annotated[int, Meta(ge=0)] | None = None
    absent: Annotated[int, Meta(ge=0)] | None = None
    incidents: Annotated[int, Meta(ge=0)] | None = None


class ClaimsToCheck(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of `claims:check`: totals as fields, as the text of a bulletin in Indonesian, or both.

    Without `day` the one day that the text names, else the operation's local day of now. Where the text
    names several, each number is counted on the day of its own sentence; `day` is for the rest, which is
    not counted without it.
    """

    stated: Stated | None = None
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_LETTERS_MAX)] | None = None
    day: Day | None = None


class Named(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was counted."""

    code: str
    name: str
    count: int | None = None
    """What it has, of a claim about each."""


class FoundIn(Struct, frozen=True, kw_only=True):
    """Where in the text it stands: characters (code points) from `start`, before `end`; the words there."""

    start: int
    end: int
    words: str


class ClaimChecked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One claim: `difference` = stated − counted; of a range, from its nearer end, 0 within it.

    `flag` if it is not 0; where the text says `about`, if it is more than a tenth of what is counted; and
    where a number in brackets is another one.

    Of a part (`of`) and of each place (`per`) it is said and counted for these alone. An `intel` deployment
    is in no place for who may not see where it is.
    """

    claim: str
    stated: int
    counted: int
    difference: int
    flag: bool
    behind: list[Named]
    """What was counted, as far as the reader may see it."""
    precision: Precision = "exact"
    stated_to: int | None = None
    """The upper end of a range."""
    in_brackets: int | None = None
    """The number in brackets beside it, where that is another one: the text contradicts itself."""
    found: FoundIn | None = None
    """None: it was given as a field."""
    day: Day | None = None
    """The day its own sentence names; None: the answer's."""
    of: Named | None = None
    """The kelurahan, kecamatan or task force that it is said of; None: the whole."""
    per: EachOf | None = None
    """It is said of each of these: `counted` is what the one has that differs most, the first of `behind`."""
    average: bool = False
    """It is said of each on average: `counted` is the average, rounded."""


class SumChecked(Struct, frozen=True, kw_only=True):
    """A total beside its parts, as the text itself states them: does it add up?

    `sum`: the parts make the total. `includes`: only some are named, which make no more than it.
    `product`: so many places, and what each of them has.
    """

    claim: str
    relation: SumRelation
    stated: int
    """The total."""
    parts: list[int]
    made: int
    """What the parts make together."""
    difference: int
    """`made` − `stated`; of `includes` 0 if it is less."""
    flag: bool
    """It does not add up."""
    found: FoundIn
    """The total in the text."""
    found_parts: list[FoundIn]


class NumberNotTaken(Struct, frozen=True, kw_only=True):
    """A number of the text that is not checked, and why."""

    reason: NotTakenReason
    found: FoundIn


class ClaimsChecked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer of `claims:check`."""

    operation_id: str
    day: Day
    at: str
    vector: dict[str, int]
    flags: int
    """Claims that differ from what is counted, and sums that do not add up."""
    claims: list[ClaimChecked]
    """Those given as fields, then those of the text in its order."""
    day_from: DayFrom = "asked"
    """Where `day` is from; `unclear`: `days_named` are several, and `day` is today."""
    days_named: list[Day] = []
    """The days that the text names, in the operation's year if in none, but for documents and periods."""
    not_taken: list[NumberNotTaken] = []
    sums: list[SumChecked] = []
