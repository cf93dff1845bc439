"""Workbooks and calendars as tests make them by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from pamwal.contracts.scheduling import PlanRally
from pamwal.contracts.zones import Zone
from services.scheduler.files import (
    CalendarEntry,
    CalendarHead,
    OrderLine,
    orders_calendar,
    plan_calendar,
)


def workbook(*rows: Sequence[Any], formats: dict[str, str] | None = None) -> bytes:
    """A workbook of one sheet; `formats` gives cells a number format."""
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_excel_writes(cells: str, strings: list[str]) -> bytes:
    """A workbook as Excel writes one: texts shared, and no more than is needed; `cells`: its sheetData."""
    shared = "".join(f"<si>{string}</si>" for string in strings)
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        "xl/sharedStrings.xml": f"<sst {main}>{shared}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>",
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return written.getvalue()


def calendar(*entries: str, zones: str = "") -> bytes:
    """A calendar of entries, each given by its lines."""
    events = "".join(f"BEGIN:VEVENT\n{entry.strip()}\nEND:VEVENT\n" for entry in entries)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//other//EN\n{zones}{events}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def in_calendar(rallies: Iterable[PlanRally], zone: Zone) -> bytes:
    """Rallies as a calendar of ours."""
    entries = [CalendarEntry(value=each, sequence=1, status="CONFIRMED") for each in rallies]
    return plan_calendar(entries, _head(zone))


def orders_in_calendar(orders: Iterable[OrderLine], zone: Zone) -> bytes:
    """Orders as a calendar of ours."""
    entries = [
        CalendarEntry(value=each, sequence=1, status="CONFIRMED", location="Lapangan Oepura")
        for each in orders
    ]
    return orders_calendar(entries, _head(zone))


def _head(zone: Zone) -> CalendarHead:
    return CalendarHead(operation_id="op", mode="real", zone=zone, written_at="2024-10-02T00:00:00.000Z")
