"""Rolled up alone, an operation counts as its own situation does, whatever was planned and seen."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from pamwal.contracts.claims import MODES
from services.reporting.picture import Pictures
from services.reporting.picture.decided import decode_decided
from services.reporting.views.own_counts import own_counts, strength_of
from services.reporting.views.situation import situation_of
from services.reporting.views.summary import summary_of
from tests.properties.reporting.test_field_over_plan import told
from tests.unit.reporting.telling import OPERATION, at, name_of


@settings(max_examples=150, deadline=None)
@given(decisions=told(), clock=st.sampled_from(("07:30", "09:10", "11:00", "17:00", "26:00")))
def test_one_operation_counts_as_its_situation(decisions: list[bytes], clock: str) -> None:
    pictures = Pictures()
    for each in decisions:
        pictures.fold(decode_decided(each))
    for mode in MODES:
        picture = pictures.of[mode].operations[OPERATION]
        own = own_counts(picture, at(clock), {})
        shown = situation_of(picture, at(clock), sight="guarded", name_of=name_of)
        assert strength_of(own.parts, [own.required]) == shown.total
        summary = summary_of(picture, own.alerts, at(clock), {})
        for part in ("rallies", "incidents", "posts"):
            counts, rows = getattr(summary, part), getattr(shown, part)
            assert counts == getattr(own, part)
            assert asdict(counts) == {name: getattr(rows, name) for name in counts.__struct_fields__}
        for name in summary.officers.__struct_fields__:
            known = "required_total" if name == "required" else name
            assert getattr(summary.officers, name) == getattr(shown.total, known)
        assert (summary.name, summary.mode, summary.zone) == (shown.name, shown.mode, shown.zone)
        assert (own.closed, own.day_closed, own.day) == (shown.closed, shown.day_closed, shown.day)
