"""The words of a SitRep in the two languages it is told in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

from pamwal.contracts.reporting import RallyState
from pamwal.contracts.scheduling import RallyKind, SitRepForm
from pamwal.contracts.scheduling.terms import OverridableRule
from pamwal.contracts.sitreps import SitRepKind
from pamwal.incident_kinds import english_kind, kind_name
from pamwal.printing import words as indonesian
from services.reporting import words as screen

Language = Literal["id", "en"]


class Tongue(Struct, frozen=True, kw_only=True):
    """Everything that is said in one language; `{}` is filled in."""

    exercise: str
    forms: dict[SitRepForm, str]
    kinds: dict[SitRepKind, str]
    number: str
    headings: tuple[str, str, str, str, str]
    """In the customary order: day and date, strength, activities, notable incidents, situation."""
    days: tuple[str, ...]
    months: tuple[str, ...]
    at: str
    """Day, time of day, letters of the zone."""
    period: str
    posts: str
    posts_silent: str
    posts_open: str
    missing: str
    known: str
    columns: tuple[str, ...]
    """Of a strength: ordered, present, late, excused, absent, unknown."""
    total: str
    kecamatan: str
    satgas: str
    place: str
    no_satgas: str
    by_day: tuple[str, ...]
    rallies: str
    no_rallies: str
    rally_kinds: dict[RallyKind, str]
    rally_states: dict[RallyState, str]
    pair: str
    kelurahan: str
    attendance: str
    unnoticed: str
    no_incidents: str
    incident: str
    incident_states: dict[str, str]
    severities: dict[str, str]
    harm: tuple[str, str, str]
    open_incidents: str
    alerts: str
    map_incident: str
    first: str
    unchanged: str
    changed: str
    counts: dict[str, str]
    """Names of what changes are told of; what is not in it is left to the document."""
    children: str
    child: str
    """Operation, number, digest."""
    no_report: str
    below: str
    """Before what is said of an operation and all below it."""
    added_up: str
    """How many SitReps are added up, and the moment of the oldest."""
    not_added: str
    counted_elsewhere: str
    """Children whose counts are left out, because another child's are added that count the same operation."""
    operation: str
    incidents_below: str
    """How many, and how many of them are open."""
    situation_below: str
    """Posts heard, of how many; numbers missing; alerts."""
    overrides: str
    rules: dict[OverridableRule, str]
    no_overrides: str
    check: str
    place_and_date: str
    head: str
    rank: str


INDONESIAN: Final = Tongue(
    exercise="LATIHAN",
    forms={
        "situation": "LAPORAN SITUASI",
        "daily": "LAPORAN HARIAN",
        "weekly": "LAPORAN MINGGUAN (ANEV)",
        "operation": "LAPORAN AKHIR OPERASI",
    },
    kinds={"initial": "AWAL", "update": "PEMUTAKHIRAN", "final": "AKHIR"},
    number="NOMOR {} ({})",
    headings=("HARI/TANGGAL", "KEKUATAN", "GIAT", "KEJADIAN MENONJOL", "SITUASI"),
    days=indonesian.DAYS,
    months=indonesian.MONTHS,
    at="{}, pukul {} {}",
    period="Meliputi {} s.d. {}",
    posts="{} dari {} posko terdengar dalam {} menit terakhir; {} posko sudah menutup hari",
    posts_silent="Posko yang tidak terdengar: {}",
    posts_open="Posko yang belum menutup hari: {}",
    missing="Nomor laporan yang belum diterima: {}",
    known="Disusun dari semua yang diketahui sampai {} pukul {} {}",
    columns=("plotting", "hadir", "di lokasi", "salah lokasi", "tanpa plotting", "terlambat", "berhalangan",
             "tidak hadir", "belum diketahui", "tidak terdaftar"),
    total="Seluruhnya",
    kecamatan="Kecamatan",
    satgas="Satgas",
    place="Tempat",
    no_satgas="tidak terdaftar",
    by_day=("Hari", "plotting", "tepat waktu", "terlambat", "berhalangan", "tidak hadir", "belum diketahui",
            "giat", "kejadian"),
    rallies="{} kegiatan: {} direncanakan, {} berlangsung, {} selesai; {} dibatalkan",
    no_rallies="Tidak ada kegiatan",
    rally_kinds={
        "limited_meeting": "pertemuan terbatas",
        "face_to_face": "tatap muka",
        "dialogue": "dialog",
        "mass_rally": "rapat umum",
        "debate": "debat publik",
    },
    rally_states=screen.RALLY_STATES,
    pair="Paslon {} {}",
    kelurahan="Kel. {}",
    attendance="massa {}",
    unnoticed="tanpa STTP",
    no_incidents="Nihil",
    incident="{} pukul {}: {} ({}), {}: {}",
    incident_states=screen.INCIDENT_STATES,
    severities=screen.SEVERITIES,
    harm=("meninggal", "luka", "hilang"),
    open_incidents="Kejadian yang belum selesai: {}",
    alerts="Peringatan yang masih berlaku: {}",
    map_incident="kejadian terbuka",
    first="Laporan pertama",
    unchanged="Tidak ada perubahan sejak laporan nomor {}",
    changed="Perubahan sejak laporan nomor {}:",
    counts={
        "ordered": "plotting",
        "present": "hadir",
        "late": "terlambat",
        "excused": "berhalangan",
        "absent": "tidak hadir",
        "unknown": "belum diketahui",
        "relieved": "selesai atau digantikan",
        "left": "pergi sebelum selesai",
        "wrong_place": "salah lokasi",
        "unplanned": "tanpa plotting",
        "unregistered": "tidak terdaftar",
        "posts_heard": "posko terdengar",
        "posts_closed": "posko menutup hari",
        "rallies_active": "giat berlangsung",
        "rallies_ended": "giat selesai",
        "rallies_cancelled": "giat dibatalkan",
        "attendance": "massa",
        "incidents": "kejadian",
        "incidents_open": "kejadian belum selesai",
        "alerts": "peringatan",
    },
    children="Laporan satuan bawah: {}",
    child="{} nomor {} (SHA-256 {})",
    no_report="{} belum ada",
    below="Bersama satuan bawah",
    added_up="Jumlah dari {} laporan, yang tertua per {}; personel BKO terhitung di tiap laporan itu",
    not_added="Belum termasuk dalam jumlah: {}",
    counted_elsewhere="Dijumlahkan hanya sekali, sebagai bagian laporan lain: {}",
    operation="Operasi",
    incidents_below="{} kejadian, {} belum selesai",
    situation_below="{} dari {} posko terdengar; {} nomor laporan belum diterima; {} peringatan",
    overrides="Aturan yang dikesampingkan kepala operasi: {}",
    rules={
        "cannot_arrive": "waktu tempuh",
        "insufficient_rest": "waktu istirahat",
        "over_duty": "lama tugas",
        "officer_unavailable": "ketersediaan personel",
        "order_required": "sprin",
    },
    no_overrides="Tidak ada aturan yang dikesampingkan",
    check="SHA-256 {}; periksa: pamwal verify {} --operation {}",
    place_and_date="Dibuat di",
    head="Kepala Operasi",
    rank="Pangkat, NRP",
)  # fmt: skip

ENGLISH: Final = Tongue(
    exercise="EXERCISE / LATIHAN",
    forms={
        "situation": "SITUATION REPORT",
        "daily": "DAILY REPORT",
        "weekly": "WEEKLY REPORT (ANEV)",
        "operation": "END-OF-OPERATION REPORT",
    },
    kinds={"initial": "INITIAL", "update": "UPDATE", "final": "FINAL"},
    number="NUMBER {} ({})",
    headings=("DAY AND DATE", "STRENGTH", "ACTIVITIES", "NOTABLE INCIDENTS", "SITUATION"),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    at="{}, {} {}",
    period="Covers {} to {}",
    posts="{} of {} posts heard within the last {} minutes; {} posts have closed the day",
    posts_silent="Posts not heard: {}",
    posts_open="Posts that have not closed the day: {}",
    missing="Numbered reports not received yet: {}",
    known="Made from all that was known by {}, {} {}",
    columns=("ordered", "present", "at place", "wrong place", "without order", "late", "excused", "absent",
             "unknown", "not on roster"),
    total="In total",
    kecamatan="Kecamatan",
    satgas="Task force",
    place="Place",
    no_satgas="not registered",
    by_day=("Day", "ordered", "on time", "late", "excused", "absent", "unknown", "rallies", "incidents"),
    rallies="{} rallies: {} planned, {} under way, {} ended; {} cancelled",
    no_rallies="No rallies",
    rally_kinds={
        "limited_meeting": "limited meeting",
        "face_to_face": "face-to-face meeting",
        "dialogue": "dialogue",
        "mass_rally": "mass rally",
        "debate": "public debate",
    },
    rally_states={
        "planned": "planned", "active": "under way", "ended": "ended", "cancelled": "cancelled",
    },
    pair="pair {} ({})",
    kelurahan="kelurahan {}",
    attendance="attendance {}",
    unnoticed="no notice receipt",
    no_incidents="None",
    incident="{}, {}: {} ({}), {}: {}",
    incident_states={
        "reported": "reported", "verified": "verified", "unfounded": "unfounded", "assigned": "assigned",
        "on_scene": "on scene", "contained": "contained", "closed": "closed", "reopened": "reopened",
    },
    severities={"minor": "minor", "moderate": "moderate", "severe": "severe", "extreme": "extreme"},
    harm=("dead", "injured", "missing"),
    open_incidents="Incidents still open: {}",
    alerts="Alerts that stand: {}",
    map_incident="open incident",
    first="First report",
    unchanged="Nothing changed since report number {}",
    changed="Changes since report number {}:",
    counts={
        "ordered": "ordered", "present": "present", "late": "late", "excused": "excused", "absent": "absent",
        "unknown": "unknown", "relieved": "relieved", "left": "left early",
        "wrong_place": "wrong place", "unplanned": "without order", "unregistered": "not on roster",
        "posts_heard": "posts heard", "posts_closed": "posts closed",
        "rallies_active": "rallies under way", "rallies_ended": "rallies ended",
        "rallies_cancelled": "rallies cancelled", "attendance": "attendance", "incidents": "incidents",
        "incidents_open": "incidents open", "alerts": "alerts",
    },
    children="Reports of the operations below: {}",
    child="{} number {} (SHA-256 {})",
    no_report="{} none yet",
    below="With all below",
    added_up="Added up from {} reports, the oldest of {}; who was lent counts in each of them",
    not_added="Not in these sums yet: {}",
    counted_elsewhere="Added up only once, as part of another report: {}",
    operation="Operation",
    incidents_below="{} incidents, {} open",
    situation_below="{} of {} posts heard; {} numbered reports not received yet; {} alerts",
    overrides="Rules set aside by the head of operations: {}",
    rules={
        "cannot_arrive": "travel time", "insufficient_rest": "rest", "over_duty": "longest duty",
        "officer_unavailable": "availability", "order_required": "written order",
    },
    no_overrides="No rules were set aside",
    check="SHA-256 {}; check with: pamwal verify {} --operation {}",
    place_and_date="Made at",
    head="Head of operations",
    rank="Rank, NRP",
)  # fmt: skip

TONGUES: Final[dict[Language, Tongue]] = {"id": INDONESIAN, "en": ENGLISH}
KINDS: Final[dict[Language, Callable[[str], str]]] = {"id": kind_name, "en": english_kind}
"""What a kind of incident is called."""
