"""Claims and their text."""

from __future__ import annotations

from pamwal.contracts.claims import Claims


def test_the_service_that_asks_by_itself_survives_a_round_trip() -> None:
    itself = Claims(role="ops_head", operation="op", mode="real", service="reporting")
    assert Claims.from_text(itself.to_text()) == itself
