"""A SitRep as EDXL-SitRep 1.0, OASIS Committee Specification 02 of 6 October 2016. Pure.

Of the standard's report types it is a field observation: the one that carries a whole report in words. All
else stands in the message's own elements: number, version, period, confidence and severity.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, QName, SubElement, register_namespace, tostring

from pamwal.contracts.field import Severity
from pamwal.contracts.instants import to_ms
from pamwal.contracts.sitreps import SitRep, SitRepKind
from pamwal.contracts.zones import OFFSET_H, midnight

MEDIA_TYPE: Final = "application/xml"
SITREP: Final = "urn:oasis:names:tc:emergency:EDXL:SitRep:1.0"
CT: Final = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
XNL: Final = "urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
WORDS_MAX: Final = 1023
"""Characters of the standard's EDXLStringType."""
REGIONS: Final = "urn:kemendagri:kode-wilayah"
"""Names the list a place's code is of: the ministry's codes of regions."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold."""
_PREFIXES: Final = {"sitrep": SITREP, "ct": CT, "xnl": XNL, "xsi": XSI}
_VERSIONS: Final[dict[SitRepKind, str]] = {"initial": "Initial", "update": "Update", "final": "Final"}
_SEVEREST: Final[tuple[Severity, ...]] = ("extreme", "severe", "moderate", "minor")


def edxl_of(sitrep: SitRep, sha256: str, text: str, region: str) -> bytes:
    """The message in UTF-8; `text` is the report in words, `sha256` the digest of the signed document.

    Its location is the operation's `region`, a code of the ministry such as `53.71`. It names no person, as
    the SitRep does not: prepared and authorised by the operation's own post.
    """
    for prefix, namespace in _PREFIXES.items():
        register_namespace(prefix, namespace)
    root = Element(_of(SITREP, "sitRep"))
    _say(root, "messageID", _message_id(sitrep.operation_id, sitrep.number, sha256))
    for role in ("preparedBy", "authorizedBy"):
        _person(SubElement(root, _of(SITREP, role)), sitrep)
    _say(root, "reportPurpose", _cut(_purpose(sitrep)))
    _say(root, "reportNumber", str(sitrep.number))
    _say(root, "reportVersion", _VERSIONS[sitrep.kind])
    period = SubElement(root, _of(SITREP, "forTimePeriod"))
    _say(period, "fromDateTime", xml_moment(_begins(sitrep), sitrep.zone), CT)
    _say(period, "toDateTime", xml_moment(sitrep.at, sitrep.zone), CT)
    _say(root, "reportTitle", _cut(f"{_mark(sitrep)}SitRep {sitrep.number} {sitrep.name}"))
    _say(root, "incidentID", sitrep.operation_id)
    _say(root, "incidentLifecyclePhase", "Response")
    before = sitrep.supersedes
    if before is not None:
        _say(root, "precedingMessageID", _message_id(sitrep.operation_id, before.number, before.sha256))
    _say(root, "reportConfidence", _confidence(sitrep))
    _say(root, "severity", _severity(sitrep))
    _observation(root, sitrep, text, region)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _observation(root: Element, sitrep: SitRep, text: str, region: str) -> None:
    report = SubElement(root, _of(SITREP, "report"), {_of(XSI, "type"): "sitrep:FieldObservationType"})
    where = SubElement(report, _of(SITREP, "observationLocation"))
    code = SubElement(SubElement(where, _of(CT, "EDXLGeoPoliticalLocation")), _of(CT, "geoCode"))
    _say(code, "valueListURI", REGIONS, CT)
    _say(code, "value", region, CT)
    _say(report, "immediateNeeds", _cut(_needs(sitrep)))
    _say(report, "observationText", text)


def _person(pair: Element, sitrep: SitRep) -> None:
    details = SubElement(pair, _of(CT, "personDetails"))
    _say(SubElement(details, _of(XNL, "personName")), "nameElement", _cut(f"Posko {sitrep.name}"), XNL)
    _say(pair, "timeValue", xml_moment(sitrep.known_at, sitrep.zone), CT)


def _purpose(sitrep: SitRep) -> str:
    known = sitrep.completeness
    heard = f"{known.heard} of {known.total} posts heard within {known.silent_post_min} min"
    return f"{_mark(sitrep)}Situation of {sitrep.day}, {sitrep.form}; {heard}"


def _mark(sitrep: SitRep) -> str:
    return "LATIHAN (exercise): " if sitrep.mode == "exercise" else ""


def _needs(sitrep: SitRep) -> str:
    found = [f"{kind} {count}" for kind, count in sorted(sitrep.alerts.items()) if count]
    return f"Alerts that stand: {', '.join(found)}" if found else "None"


def _confidence(sitrep: SitRep) -> str:
    """By how much of what it should know it knows."""
    known = sitrep.completeness
    if known.heard == 0:
        return "NoConfidence" if known.total == 0 else "Unsure"
    whole = known.heard == known.total and known.missing == 0
    return "HighlyConfident" if whole else "SomewhatConfident"


def _severity(sitrep: SitRep) -> str:
    """That of the severest incident that is open."""
    opened = {each.severity for each in sitrep.incidents.rows if each.state not in {"closed", "unfounded"}}
    found = next((each for each in _SEVEREST if each in opened), None)
    return found.capitalize() if found else "Minor"


def _begins(sitrep: SitRep) -> str:
    return min(midnight(sitrep.first_day, sitrep.zone), sitrep.at)


def _message_id(operation_id: str, number: int, sha256: str) -> str:
    return f"{operation_id}/sitreps/{number}/{sha256}"


def xml_moment(instant: str, zone: str) -> str:
    """As EDXLDateTimeType and CAP want it: whole seconds and an offset in figures, never Z."""
    offset_h = OFFSET_H[zone]
    local = datetime.fromtimestamp(to_ms(instant) // 1000 + offset_h * 3600, UTC)
    return f"{local:%Y-%m-%dT%H:%M:%S}+{offset_h:02d}:00"


def xml_text(text: str) -> str:
    """With a mark in place of what no XML 1.0 document can hold."""
    return _NOT_XML.sub("\ufffd", text)


def _cut(text: str) -> str:
    return text if len(text) <= WORDS_MAX else f"{text[: WORDS_MAX - 1]}…"


def _of(namespace: str, name: str) -> str:
    return QName(namespace, name).text


def _say(parent: Element, name: str, text: str, namespace: str = SITREP) -> None:
    SubElement(parent, _of(namespace, name)).text = xml_text(text)
