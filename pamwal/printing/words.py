"""Words of every sheet, in Indonesian; days and times in an operation's own zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H, local_day

DAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: Final = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
CHANNELS: Final = {
    "app": "aplikasi", "web": "web", "radio": "radio", "phone": "telepon", "chat": "obrolan",
    "paper": "kertas", "import": "impor", "api": "API",
}  # fmt: skip
"""How somebody spoke."""
UNBROKEN_MAX: Final = 18
"""Characters of a word after which a line may break, where nothing narrower is asked for."""
GLYPHS: Final = ((0x20, 0x52F), (0x600, 0x6FF), (0x1E00, 0x20CF))
"""Code points the sheets' fonts have: Latin, Greek, Cyrillic, Arabic, punctuation; both ends included."""
_ZERO_WIDTH_SPACE: Final = "\u200b"


def printable(text: str, unbroken_max: int = UNBROKEN_MAX) -> str:
    """A person's text as one line of paper can hold it: nothing that controls, turns or breaks a line.

    A word of more characters than `unbroken_max` may be parted, so that it stays in its column.
    """
    plain = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)
    return re.sub(rf"(\S{{{unbroken_max}}})(?=\S)", rf"\1{_ZERO_WIDTH_SPACE}", " ".join(plain.split()))


def legible(text: str, otherwise: str) -> str:
    """`text` on one line, or `otherwise` where nothing of it is left or a box would stand for a letter."""
    said = printable(text)
    if said and all(any(first <= ord(each) <= last for first, last in GLYPHS) for each in said):
        return said
    return printable(otherwise)


def clock(instant: str, zone: str) -> str:
    """`16.05`."""
    return f"{_local(instant, zone):%H.%M}"


def moment(instant: str, zone: str) -> str:
    """`3 Oktober 2024 pukul 16.05 WITA`."""
    return f"{short_day(local_day(instant, zone))} pukul {clock(instant, zone)} {LETTERS[zone]}"


def hours(starts_at: str, ends_at: str, zone: str) -> str:
    """`16.00–20.00`; with days where it does not begin and end on one."""
    first, last = _local(starts_at, zone), _local(ends_at, zone)
    if last.date() == first.date() or (
        ends_at and f"{last:%H:%M}" == "00:00" and last - first <= timedelta(1)
    ):
        return f"{first:%H.%M}–{'24.00' if last.date() != first.date() else f'{last:%H.%M}'}"
    return f"{first:%d/%m %H.%M}–{last:%d/%m %H.%M}"


def short_day(day: str) -> str:
    """`3 Oktober 2024` of `2024-10-03`."""
    date = datetime.fromisoformat(day)
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def long_day(day: str) -> str:
    """`Kamis, 3 Oktober 2024` of `2024-10-03`."""
    return f"{DAYS[datetime.fromisoformat(day).weekday()]}, {short_day(day)}"


def _local(instant: str, zone: str) -> datetime:
    return datetime.fromtimestamp(to_ms(instant) / 1000, UTC) + timedelta(hours=OFFSET_H[zone])
