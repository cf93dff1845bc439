"""An alert as CAP 1.2, OASIS Standard of 1 July 2010: an `Alert`, its `Update`, or its `Cancel`. Pure.

Its scope is `Restricted`: it is for who serves the operation. It names no officer.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, QName, SubElement, register_namespace, tostring

from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.withheld import NOBODY, Withheld
from services.reporting.exports.edxl import xml_moment, xml_text
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertStand
from services.reporting.views.alerts import SEVERITY, subject_told
from services.reporting.views.window import zone_of

MEDIA_TYPE: Final = "application/cap+xml"
CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
AHEAD: Final[frozenset[AlertKind]] = frozenset({"uncovered", "unnoticed_rally", "order_unacknowledged"})
"""Kinds that tell of what is still to come: `Expected`; the others are `Immediate`."""


def cap_of(picture: OperationPicture, stand: AlertStand, event: str, unnamed: Withheld = NOBODY) -> bytes:
    """The message in UTF-8 as the alert stands; `event` is its kind in words, and it names no `unnamed`."""
    register_namespace("", CAP)
    charter, zone, raised = picture.charter, zone_of(picture), stand.raised
    exercise = charter is not None and charter.mode == "exercise"
    sender = f"pamwal.{picture.operation_id}"
    root = Element(_of("alert"))
    _say(root, "identifier", f"{stand.alert_id}.{stand.version}")
    _say(root, "sender", sender)
    _say(root, "sent", xml_moment(stand.at, zone))
    _say(root, "status", "Exercise" if exercise else "Actual")
    first = stand.version == raised.version
    _say(root, "msgType", "Alert" if first else "Update" if stand.stands else "Cancel")
    _say(root, "scope", "Restricted")
    _say(root, "restriction", "petugas operasi")
    if stand.retracted is not None:
        _say(root, "note", stand.retracted.reason)
    if not first:
        moment = xml_moment(raised.at, zone)
        _say(root, "references", f"{sender},{stand.alert_id}.{raised.version},{moment}")
    info = SubElement(root, _of("info"))
    _say(info, "language", "id")
    _say(info, "category", "Security")
    _say(info, "event", event)
    _say(info, "urgency", _urgency(stand))
    _say(info, "severity", SEVERITY[stand.kind].capitalize())
    _say(info, "certainty", "Possible" if stand.unconfirmed else "Observed")
    _say(info, "onset", xml_moment(raised.since, zone))
    name = picture.operation_id if charter is None else charter.name
    _say(info, "senderName", name)
    _say(info, "headline", f"{'LATIHAN: ' if exercise else ''}{event}: {subject_told(stand, unnamed)}")
    for value_name, value in (
        ("kind", stand.kind),
        ("episode", raised.episode),
        *sorted(raised.counts.items()),
    ):
        parameter = SubElement(info, _of("parameter"))
        _say(parameter, "valueName", value_name)
        _say(parameter, "value", str(value))
    _say(SubElement(info, _of("area")), "areaDesc", raised.place or name)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _urgency(stand: AlertStand) -> str:
    if not stand.stands:
        return "Past"
    return "Expected" if stand.kind in AHEAD else "Immediate"


def _of(name: str) -> str:
    return QName(CAP, name).text


def _say(parent: Element, name: str, text: str) -> None:
    SubElement(parent, _of(name)).text = xml_text(text)
