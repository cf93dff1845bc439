"""The alerts of an operation as of an earlier moment, by what is known now. Pure.

An alert that was retracted since still stood at the moment if its reason held then. A check-in of 21:40 ends
an alert at 21:40. A check-in of 21:00 that arrives at 21:40 shows that it had no reason at 21:15.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.reporting_alerts import AlertFact, AlertKind, AlertRaised, AlertRetracted, AlertRevised
from services.reporting.deciding.judging import found_in
from services.reporting.deciding.look import Found, Look
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertBook, stand_of

OF_KNOWLEDGE: Final[frozenset[AlertKind]] = frozenset({"silent_post", "sequence_gap"})
"""Kinds that say what had not been heard. What was heard since is known of every earlier moment."""
_JUDGED: Final = (AlertRaised, AlertRevised, AlertRetracted)
_TURNED: Final = (AlertRaised, AlertRetracted)


def alerts_then(book: AlertBook, picture: OperationPicture, at: str) -> AlertBook:
    """The alerts of `book` as of the Instant `at`: `book` itself if nothing was said of them since.

    An alert is there once its deadline was breached. It stands if the rules that raise and retract alerts
    find its reason in `picture` at that moment. People had handled it if they had said so by then.
    """
    if all(stand.at <= at and stand.raised.since <= at for stand in book.known.values()):
        return book
    then = AlertBook()
    then.refused = book.refused
    found: dict[str, Found] | None = None
    for alert_id, stand in book.known.items():
        if stand.raised.since > at:
            continue
        if stand.at <= at:
            then.share(book, alert_id)
            continue
        told = book.facts_of(alert_id)
        turned = next((fact for fact in told if fact.at > at and isinstance(fact, _TURNED)), None)
        if turned is None or stand.kind in OF_KNOWLEDGE:
            _take(then, (fact for fact in told if fact.at <= at or isinstance(fact, _JUDGED)))
            continue
        if found is None:
            found = {each.alert_id: each for each in found_in(Look(picture, book, {}, at, earlier=True))}
        held, by_then = found.get(alert_id), [fact for fact in told if fact.at <= at]
        stood = stand_of({fact.version: fact for fact in by_then})
        if (held is not None) != (stood is not None and stood.stands):
            by_then.append(turned)  # it was raised or retracted too late, by what is known now
        _take(then, by_then)
        if held is not None:
            then.known[alert_id].unconfirmed, then.known[alert_id].under = held.unconfirmed, held.under
    return then


def _take(book: AlertBook, facts: Iterable[AlertFact]) -> None:
    for fact in facts:
        book.take(fact)
