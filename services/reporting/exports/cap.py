"""An alert as CAP 1.2, OASIS Standard of 1 July 2010: an `Alert`, its `Update`, or its `Cancel`. Pure.

Its scope is `Restricted`: it is for who serves the operation. It names no officer. It says the same in
Indonesian and in English, each in an `info` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from xml.etree.ElementTree import Element, QName, SubElement, register_namespace, tostring

from msgspec import Struct

from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.withheld import NOBODY, Withheld
from services.reporting.exports.edxl import REGIONS, xml_moment, xml_text
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertStand
from services.reporting.views.about import About, about_of
from services.reporting.views.alerts import SEVERITY
from services.reporting.views.window import zone_of

MEDIA_TYPE: Final = "application/cap+xml"
CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
AHEAD: Final[frozenset[AlertKind]] = frozenset({"uncovered", "unnoticed_rally", "order_unacknowledged"})
"""Kinds that tell of what is still to come: `Expected`; the others are `Immediate`."""
SENDER: Final = "pamwal."


class Tongue(Struct, frozen=True, kw_only=True):
    """One language of the message."""

    language: str
    exercise: str
    events: Mapping[AlertKind, str]
    """What each kind is called."""
    area: str
    """`{}` is what the regions are called."""


class Said(Struct, frozen=True, kw_only=True):
    """The words of a message: the languages in their order, and what a region's code is called."""

    tongues: tuple[Tongue, ...]
    name_of: Callable[[str], str]


def cap_of(picture: OperationPicture, stand: AlertStand, said: Said, unnamed: Withheld = NOBODY) -> bytes:
    """The message in UTF-8 as the alert stands; it names no `unnamed`."""
    register_namespace("", CAP)
    zone, raised = zone_of(picture), stand.raised
    sender = f"{SENDER}{picture.operation_id}"
    root = Element(_of("alert"))
    _say(root, "identifier", f"{stand.alert_id}.{stand.version}")
    _say(root, "sender", sender)
    _say(root, "sent", xml_moment(stand.at, zone))
    _say(root, "status", "Exercise" if picture.mode == "exercise" else "Actual")
    first = stand.version == raised.version
    _say(root, "msgType", "Alert" if first else "Update" if stand.stands else "Cancel")
    _say(root, "scope", "Restricted")
    _say(root, "restriction", "petugas operasi")
    if stand.retracted is not None:
        _say(root, "note", stand.retracted.reason)
    if not first:
        moment = xml_moment(raised.at, zone)
        _say(root, "references", f"{sender},{stand.alert_id}.{raised.version},{moment}")
    about = about_of(picture, raised, unnamed)
    for tongue in said.tongues:
        info = SubElement(root, _of("info"))
        _inform(info, picture, stand, about, tongue)
        _locate(SubElement(info, _of("area")), picture, about, tongue, said.name_of)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _inform(
    info: Element, picture: OperationPicture, stand: AlertStand, about: About, tongue: Tongue
) -> None:
    charter, event, raised = picture.charter, tongue.events[stand.kind], stand.raised
    exercise = picture.mode == "exercise"
    _say(info, "language", tongue.language)
    _say(info, "category", "Security")
    _say(info, "event", event)
    _say(info, "urgency", _urgency(stand))
    _say(info, "severity", SEVERITY[stand.kind].capitalize())
    _say(info, "certainty", "Possible" if stand.unconfirmed else "Observed")
    _say(info, "onset", xml_moment(raised.since, zone_of(picture)))
    _say(info, "senderName", picture.operation_id if charter is None else charter.name)
    _say(info, "headline", f"{tongue.exercise if exercise else ''}{event}: {about.words}")
    values = (("kind", stand.kind), ("subject", about.subject), ("episode", raised.episode))
    for name, value in (*values, *sorted(raised.counts.items())):
        parameter = SubElement(info, _of("parameter"))
        _say(parameter, "valueName", name)
        _say(parameter, "value", str(value))


def _locate(
    area: Element, picture: OperationPicture, about: About, tongue: Tongue, name_of: Callable[[str], str]
) -> None:
    """The place in words, a circle around its point, and the codes of its regions; else the operation."""
    charter = picture.charter
    regions = tongue.area.format(", ".join(map(name_of, about.codes))) if about.codes else None
    told = [each for each in (about.name, regions) if each is not None]
    _say(area, "areaDesc", ", ".join(told) or (picture.operation_id if charter is None else charter.name))
    if about.point is not None:
        _say(area, "circle", f"{about.point.latitude},{about.point.longitude} {about.radius_m / 1000:g}")
    region = () if charter is None else (charter.region,)
    for code in about.codes or region:
        geocode = SubElement(area, _of("geocode"))
        _say(geocode, "valueName", REGIONS)
        _say(geocode, "value", code)


def _urgency(stand: AlertStand) -> str:
    if not stand.stands:
        return "Past"
    return "Expected" if stand.kind in AHEAD else "Immediate"


def _of(name: str) -> str:
    return QName(CAP, name).text


def _say(parent: Element, name: str, text: str) -> None:
    SubElement(parent, _of(name)).text = xml_text(text)
