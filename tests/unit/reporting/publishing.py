"""Publishing SitReps by the rules alone: what is asked, and the book of what was decided."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.sitreps import PublishSitRep, SignSitRep, SitRep, SitRepPublished
from pamwal.wire.core import Seen
from services.reporting.deciding.sitreps import SitRepBook, publish, sign
from services.reporting.picture.alerts import AlertBook
from services.reporting.sitreps import signature_name
from tests.unit.reporting.telling import FIELD, OPERATION, SCHEDULING, Teller, at

VECTOR = {f"{FIELD}-0": 7, f"{SCHEDULING}-0": 5}
HEADS = dict.fromkeys(VECTOR, "0" * 64)


def claims(role: Role = "ops_head", service: str | None = None) -> Claims:
    return Claims(role=role, operation=OPERATION, mode="exercise", post="alak", service=service)


def asking(
    data: Any, identifier: str = "q", role: Role = "ops_head", service: str | None = None
) -> Request[Any]:
    return Request(
        specversion="1.0", id=identifier, source="/posts/alak/devices/1", type=TYPE_OF[type(data)],
        time=at("06:00"), channel="api", data=data, operationid=OPERATION, postid="alak",
        recordedat=at("06:00"), actor="chief", claims=claims(role, service).to_text(),
    )  # fmt: skip


class Publisher:
    """Publishes what a teller told, and keeps what was published."""

    def __init__(self, teller: Teller) -> None:
        self.teller, self.book, self.alerts = teller, SitRepBook(), AlertBook()

    def ask(self, clock: str, **asked: Any) -> Verdict[Any]:
        """The verdict at a wall clock; what is published is kept."""
        seen = Seen(self.teller.picture(), VECTOR, HEADS)
        verdict = publish(self.book, self.alerts, asking(PublishSitRep(**asked)), at(clock), seen)
        for fact in verdict.facts:
            self.book.keep(fact)
        return verdict

    def publish(self, clock: str, **asked: Any) -> SitRep:
        """The document; it has to be published."""
        verdict = self.ask(clock, **asked)
        assert verdict.reason is None, verdict.reason
        (fact,) = verdict.facts
        return document_of(fact)

    def sign(self, service: str | None = None, **asked: Any) -> Verdict[Any]:
        """The verdict on a signature; one that counts is kept. `service`: which service asks by itself."""
        data = SignSitRep(**asked)
        name = "q" if service is None else signature_name(data.number, data.kid)
        verdict = sign(self.book, asking(data, name, service=service), claims(service=service))
        for fact in verdict.facts:
            self.book.sign(fact)
        return verdict

    def refused(self, clock: str, **asked: Any) -> str:
        """The code it is refused with."""
        verdict = self.ask(clock, **asked)
        assert verdict.reason is not None
        return verdict.reason.code


def document_of(fact: SitRepPublished) -> SitRep:
    """What stands in a fact."""
    return msgspec.json.decode(fact.document, type=SitRep)


def a_day() -> Teller:
    """Two officers of Alak and one on intel, ordered to one rally from 09:00 to 11:00; one has come."""
    teller = Teller()
    teller.open()
    teller.register("A", "B", "SECRET")
    teller.plan("r1", "09:00", "11:00")
    for officer in ("A", "B"):
        teller.order(officer, "r1", "09:00", "11:00")
    teller.order("SECRET", "r1", "09:00", "11:00", role="intel")
    teller.come("A", "r1", "08:55")
    return teller
