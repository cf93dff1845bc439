"""Codes of devices to cut out and hand over: a card each, with its QR, whose it is and how long it holds."""

from __future__ import annotations

from msgspec import Struct

from pamwal.printing import words
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press
from services.checkin.enrolment import DeviceCode
from services.checkin.planned.book import OperationPlan
from services.checkin.sheets.place_codes import svg_of


class DeviceCard(Struct, frozen=True, kw_only=True):
    """One device; `qr` is an SVG."""

    whose: str
    unit: str
    device: str
    qr: str
    code: str
    holds: str


class DeviceCards(Struct, frozen=True, kw_only=True):
    """Eight cards a page."""

    paper: Paper
    title: str
    post: str
    cards: list[DeviceCard]


def device_press() -> Press:
    """Prints them."""
    return Press({DeviceCards: "services/checkin/sheets/device_codes.typ"})


def device_cards(
    paper: Paper, plan: OperationPlan, post: str, codes: list[DeviceCode], address: str
) -> DeviceCards:
    """The cards, in the order of the codes. What stands behind the `#` no server is sent."""
    cards = []
    for each in codes:
        officer_id = each.invitation.officer_id
        listed = plan.officers.get(officer_id or "")
        rank = f"{listed.rank} " if listed else ""
        cards.append(
            DeviceCard(
                whose=words.printable(f"{rank}{officer_id}" if officer_id else "PC posko"),
                unit=words.printable(listed.unit if listed else ""),
                device=each.invitation.device_id,
                qr=svg_of(f"{address}#{each.code}").decode(),
                code=" ".join(each.code[start : start + 4] for start in range(0, len(each.code), 4)),
                holds=words.moment(each.invitation.expires_at, paper.zone),
            )
        )
    title, name = "KODE PENDAFTARAN PERANGKAT", plan.posts.get(post, post)
    return DeviceCards(paper=paper, title=title, post=words.printable(name), cards=cards)
