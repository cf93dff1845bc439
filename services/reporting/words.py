"""The board's words, in Indonesian as the glossary has them; dates and times in an operation's own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pamwal import vocabulary
from pamwal.contracts.alerts_shown import AlertState
from pamwal.contracts.claim_check import ClaimChecked, NotTakenReason, Precision
from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.field import Casualties
from pamwal.contracts.instants import to_ms
from pamwal.contracts.posts_shown import Polls, PostRow
from pamwal.contracts.reporting import RallyState
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import SiteKind
from pamwal.contracts.zones import LETTERS, OFFSET_H, local_day
from pamwal.places import known_places
from pamwal.printing.words import CHANNELS
from pamwal.vocabulary import usual

DAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: Final = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
RALLY_STATES: Final[dict[RallyState, str]] = {
    "planned": "direncanakan",
    "active": "berlangsung",
    "ended": "selesai",
    "cancelled": "dibatalkan",
}
SITE_KINDS: Final[dict[SiteKind, str]] = {
    "fixed_post": "pos tetap",
    "polling_station": "TPS",
    "logistics": "gudang logistik",
    "election_office": "kantor KPU",
}
SEVERITIES: Final = usual(vocabulary.SEVERITIES)
INCIDENT_STATES: Final = usual(vocabulary.INCIDENT_STATES)
ALERT_KINDS: Final[dict[AlertKind, str]] = {
    "silent_post": "posko senyap",
    "sequence_gap": "nomor urut hilang",
    "no_show": "personel tidak hadir",
    "understrength": "kekuatan kurang",
    "uncovered": "plotting kurang",
    "overstay": "belum terlihat pulang",
    "order_unacknowledged": "sprin belum dijawab",
    "unnoticed_rally": "tanpa STTP",
    "overdue_incident": "kejadian terlambat ditangani",
    "missed_par": "cek personel tak terjawab",
}
ALERT_KINDS_ENGLISH: Final[dict[AlertKind, str]] = {
    "silent_post": "silent command post",
    "sequence_gap": "missing sequence numbers",
    "no_show": "officer not present",
    "understrength": "understrength",
    "uncovered": "too few officers ordered",
    "overstay": "not seen leaving",
    "order_unacknowledged": "order not acknowledged",
    "unnoticed_rally": "rally without notice receipt",
    "overdue_incident": "incident overdue",
    "missed_par": "accountability poll not answered",
}
ALERT_STATES: Final[dict[AlertState, str]] = {
    "new": "baru",
    "acknowledged": "ditangani",
    "snoozed": "ditunda",
    "retracted": "dicabut",
}
CLAIMS: Final = {
    "officers": "personel",
    "rallies": "kegiatan",
    "venues": "lokasi",
    "kelurahan": "kelurahan",
    "kecamatan": "kecamatan",
    "satgas": "satgas",
    "pairs": "paslon",
    "present": "hadir",
    "late": "terlambat",
    "absent": "tidak hadir",
    "incidents": "kejadian",
    "attendees": "massa",
}
NO_DAY: Final = "tidak ada hari seperti itu; isi tanggal yang ada, atau kosongkan."
NO_BULLETIN: Final = "teksnya kosong, lebih dari 20.000 huruf atau tidak terbaca; tempelkan sekali lagi."
LONG_BULLETIN: Final = "teks atau jumlah di dalamnya terlalu banyak; periksa sebagian demi sebagian."
"""Why the form of a bulletin was not checked."""
NOT_TAKEN: Final[dict[NotTakenReason, str]] = {
    "date": "tanggal",
    "time": "waktu",
    "phone": "nomor telepon",
    "personal_number": "NRP atau nomor pribadi",
    "reference": "nomor urut, pasal atau nomor surat",
    "list_mark": "nomor butir",
    "measure": "ukuran, bukan jumlah",
    "idiom": "ungkapan",
    "name": "bagian nama",
    "ambiguous": "dapat dibaca dengan dua cara",
    "denied": "disangkal oleh teks",
    "unreadable": "penulisan angka tidak pasti",
    "too_large": "terlalu besar",
    "no_unit": "tidak disebut jumlah apa",
    "unit_unknown": "yang dihitung tidak dikenal di sini",
    "kind_unknown": "hanya satu jenis, bukan jumlah seluruhnya",
    "part": "jumlah satu bagian, bukan seluruhnya",
    "each": "jumlah tiap-tiap, bukan seluruhnya",
    "target": "target, bukan yang ada",
    "share": "sebagian dari jumlah ini yang dimaksud",
    "change": "perubahan atau selisih",
    "other_day": "tentang hari lain",
    "day_unclear": "teks menyebut beberapa hari; pilih salah satu",
    "uncounted": "tidak ada hitungan di lapangan",
}
"""Why a number of a bulletin is taken for no total."""
_REFERENCES: Final = {
    "deployment": "plotting", "incident": "kejadian", "poll": "PAR", "officer": "personel",
}  # fmt: skip
_REFERENCE: Final = re.compile(rf"(?<![^\s(])({'|'.join(_REFERENCES)})/")
_PRECISIONS: Final[dict[Precision, str]] = {
    "exact": "{}",
    "range": "{}–{}",
    "about": "sekitar {}",
    "at_least": "sedikitnya {}",
    "at_most": "paling banyak {}",
}
UNSEEN: Final = {
    "halted": "ada catatan yang tidak dapat dibaca",
    "misdirected": "dimuat bagian lain",
    "not_folded": "catatannya sedang dibaca",
    "not_counted": "belum dihitung",
    "not_opened": "belum dibuka",
    "no_parent": "disebut sebagai induk, tetapi belum dibuka",
    "asks_to_belong": "meminta menjadi jajaran; terima atau tolak",
    "not_admitted": "disebut sebagai induk, tetapi belum menerima operasi ini",
}
"""Code → why an operation is missing in the numbers of a family."""


def clock(instant: str | None, zone: str, *, seconds: bool = False) -> str:
    """`14.05`, or `14.05.12`; a dash for no moment."""
    if not instant:
        return "–"
    return f"{_local(instant, zone):{'%H.%M.%S' if seconds else '%H.%M'}}"


def dated_clock(instant: str | None, zone: str, day: str, *, seconds: bool = False) -> str:
    """`14.05`, with its date where that is not `day`: `2 Okt 2024 14.05`; a dash for no moment."""
    if not instant or local_day(instant, zone) == day:
        return clock(instant, zone, seconds=seconds)
    return f"{short_date(instant, zone)} {clock(instant, zone, seconds=seconds)}"


def short_date(instant: str, zone: str) -> str:
    """`3 Okt 2024`."""
    local = _local(instant, zone)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}"


def letters(zone: str) -> str:
    """WIB, WITA or WIT."""
    return LETTERS.get(zone, "UTC")


def long_day(day: str) -> str:
    """`Kamis, 3 Oktober 2024` of `2024-10-03`."""
    date = datetime.fromisoformat(day)
    return f"{DAYS[date.weekday()]}, {date.day} {MONTHS[date.month - 1]} {date.year}"


def number(count: int) -> str:
    """`12.345`."""
    return f"{count:,}".replace(",", ".")


def casualties(of: Casualties) -> str:
    """`1 meninggal, 2 luka`; empty where nobody came to harm."""
    counts = ((of.dead, "meninggal"), (of.injured, "luka"), (of.missing, "hilang"))
    return ", ".join(f"{number(count)} {word}" for count, word in counts if count)


def counted_of(claim: ClaimChecked) -> str:
    """`personel`, `personel – Oebobo`, `personel tiap lokasi (rata-rata)`: what a claim counts."""
    shown = CLAIMS[claim.claim]
    if claim.of is not None:
        return f"{shown} – {claim.of.name}"
    each = f"{shown} tiap {CLAIMS[claim.per]}" if claim.per is not None else shown
    return f"{each} (rata-rata)" if claim.average else each


def stated(claim: ClaimChecked) -> str:
    """`151`, `10–15`, `sekitar 150`, `151 (152)`: the number as a bulletin states it."""
    upper = "" if claim.stated_to is None else number(claim.stated_to)
    shown = _PRECISIONS[claim.precision].format(number(claim.stated), upper)
    return shown if claim.in_brackets is None else f"{shown} ({number(claim.in_brackets)})"


def minutes(seconds: int) -> str:
    """`12 menit`, less than one as such."""
    return f"{seconds // 60} menit" if seconds >= 60 else "di bawah 1 menit"


def bare(reference: str) -> str:
    """`oebobo` of `post/oebobo`."""
    return reference.rpartition("/")[2]


def par(polls: Polls) -> str:
    """`PAR: 12 dari 14 menjawab, 2 ditunggu`, for the polls of a day together; the excused are not asked."""
    parts = [f"PAR: {number(polls.acked)} dari {number(polls.asked - polls.excused)} menjawab"]
    parts += [f"{number(polls.pending)} ditunggu"] if polls.pending else []
    parts += [f"{number(polls.missed)} tidak menjawab"] if polls.missed else []
    return ", ".join(parts)


def posts_heard(heard: int, total: int, within_min: int) -> str:
    """`4 dari 5 posko terdengar dalam 15 menit`."""
    return f"{heard} dari {total} posko terdengar dalam {within_min} menit"


def about(words: str) -> str:
    """What an alert is about, what is no place in words: `plotting D-7` of `deployment/D-7`."""
    return _REFERENCE.sub(lambda found: f"{_REFERENCES[found[1]]} ", words)


def channel(code: str) -> str:
    """The words of a channel, itself where there are none."""
    return CHANNELS.get(code, code)


def closed(post: PostRow, zone: str, day: str) -> str:
    """`ditutup 21.10, 2 laporan sesudahnya`; empty while the post's day is open. `day` is the board's."""
    if post.closed_at is None:
        return ""
    after = f", {number(post.after_closing)} laporan sesudahnya" if post.after_closing else ""
    return f"ditutup {dated_clock(post.closed_at, zone, day)}{after}"


def watch(post: PostRow) -> str:
    """`jaga NTT-0007, serah terima ke NTT-0008`; empty if nobody handed the watch over."""
    if post.on_watch is None:
        return ""
    handing = f", serah terima ke {post.handing_to}" if post.handing_to else ""
    return f"jaga {post.on_watch}{handing}"


def name_of(code: str) -> str:
    """The name of a kelurahan or kecamatan, its code where the gazetteer has none."""
    gazetteer = known_places()
    try:
        return gazetteer.place(code).kelurahan if len(code) > 8 else gazetteer.kecamatan_name(code)
    except UnknownPlace:
        return code


def place_names() -> dict[str, str]:
    """The name of every kelurahan and kecamatan of the gazetteer, by code."""
    gazetteer = known_places()
    return {**{place.code: place.kelurahan for place in gazetteer.places}, **gazetteer.kecamatan}


def _local(instant: str, zone: str) -> datetime:
    return datetime.fromtimestamp(to_ms(instant) / 1000, UTC) + timedelta(hours=OFFSET_H.get(zone, 0))
