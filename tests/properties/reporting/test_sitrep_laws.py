"""A SitRep of a past moment, made from the picture of now, is that of the picture as of that moment."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts.instants import from_ms
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.views.sitrep import Occasion, sitrep_of
from services.reporting.views.window import zone_of
from tests.properties.reporting.planning import MINUTE_MS, MORNING_MS
from tests.properties.reporting.test_as_of_laws import EVER_MS, Told, fresh, kept, logs
from tests.unit.reporting.telling import OPERATION, picture_of


def document(picture: OperationPicture, at_ms: int) -> object:
    at = from_ms(at_ms)
    occasion = Occasion(
        number=1, kind="initial", form="situation", at=at, day=local_day(at, zone_of(picture)),
        known_at=from_ms(EVER_MS), vector={}, heads={}, alerts={}, children=None,
    )  # fmt: skip
    return sitrep_of(picture, occasion, None, None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log=logs(), minutes=st.integers(0, 900))
def test_it_is_as_of_its_moment(log: list[Told], minutes: int) -> None:
    at_ms = MORNING_MS + minutes * MINUTE_MS
    cut = kept(log).end(0)
    then = fresh(log, cut, at_ms)
    if then is None:
        return
    whole = picture_of([told.decision for told in log]).operations[OPERATION]
    assert document(whole, at_ms) == document(then, at_ms)
