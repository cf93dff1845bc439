"""Ordering officers to a whole series. A row is one officer at all of its planned rallies."""

from __future__ import annotations

import re
from hashlib import blake2s
from typing import Final

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import DAY_PATTERN, from_ms, to_ms
from pamwal.contracts.scheduling import Order, OrderSeries, SchedulingFact, SeriesOrder
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.orders import id_used, place_order
from services.scheduler.deciding.refusals import unknown
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.rules import MINUTE_MS
from services.scheduler.deciding.state import RALLY, Rally

DAY: Final = re.compile(DAY_PATTERN)
SERIES_ORDERS_MAX: Final = 10_000
"""The most orders one request makes of a series; they take some 3 MB of a record's 8, and under a second."""


def order_series(draft: Draft, data: OrderSeries) -> Verdict[SchedulingFact]:
    """Orders each officer to every planned rally of a series; a row is one officer at all of them."""
    members = [draft.state.rallies[each] for each in draft.state.series.get(data.series_id, ())]
    standing = [each for each in members if each.status == "planned" and each.series_id == data.series_id]
    planned = sorted(standing, key=lambda each: (each.starts_at, each.rally_id))
    if not planned:
        return Verdict(reason=unknown("series", data.series_id, "rallies:series plans one"))

    if len(planned) * len(data.rows) > SERIES_ORDERS_MAX:
        return Verdict(reason=_too_many(data, len(planned)))

    def judge(draft: Draft, row: SeriesOrder) -> Reason | None:
        for rally in planned:
            reason = _order_of_series(draft, data, _of_series(data, row, rally))
            if reason is not None:
                return reason
        return None

    return judge_rows(draft, data.rows, data.mode, judge, _done)


def _too_many(data: OrderSeries, rallies: int) -> Reason:
    return Reason(
        code="too_large",
        message=(
            f"{len(data.rows)} officers at {rallies} rallies are {len(data.rows) * rallies} orders,"
            f" one request makes {SERIES_ORDERS_MAX}"
        ),
        subject=data.series_id,
        possible=f"{max(1, SERIES_ORDERS_MAX // rallies)} officers at once",
    )


def _done(draft: Draft, row: SeriesOrder) -> Reason | None:  # noqa: ARG001
    """A second pass: a row of many orders is judged on a fork, so that a refused row leaves nothing."""
    return None


def _order_of_series(draft: Draft, data: OrderSeries, order: Order) -> Reason | None:
    """Orders one, or leaves it as it is where the series was ordered before and has grown since."""
    known = draft.state.deployments.get(order.deployment_id)
    if known is None:
        return place_order(draft, order, data.sprin or "")
    if known.live and (known.officer_id, known.place) == (order.officer_id, order.place):
        draft.warn(
            "unchanged", f"deployment {known.deployment_id} is {known.status} already", known.deployment_id
        )
        return None
    return id_used(known, f"another prefix than {data.prefix}, which has made that id before")


def _of_series(data: OrderSeries, row: SeriesOrder, rally: Rally) -> Order:
    return Order(
        deployment_id=f"{data.prefix}.{_day_or_digest(data.series_id, rally.rally_id)}.{row.officer_id}",
        officer_id=row.officer_id,
        place=RALLY + rally.rally_id,
        role=row.role,
        starts_at=from_ms(to_ms(rally.starts_at) - row.before_min * MINUTE_MS),
        ends_at=from_ms(to_ms(rally.ends_at) + row.after_min * MINUTE_MS),
        purpose=row.purpose,
        override=row.override,
    )


def _day_or_digest(series_id: str, rally_id: str) -> str:
    """Ten characters that no other rally of the series has."""
    series, _, day = rally_id.rpartition(".")
    if series == series_id and DAY.fullmatch(day):
        return day
    return blake2s(rally_id.encode(), digest_size=5).hexdigest()
