"""What facts are called on a page, in Indonesian as the glossary has them."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.reporting_alerts import Ending
from pamwal.contracts.timeline import ToldFact
from pamwal.incident_kinds import kind_name
from services.reporting.forms.sheets import ROLES
from services.reporting.sheets.tongues import INDONESIAN
from services.reporting.words import ALERT_KINDS, INCIDENT_STATES

FACTS: Final = {
    "operation_opened": "operasi dibuka",
    "operation_amended": "operasi diubah",
    "operation_closed": "operasi ditutup",
    "operation_reopened": "operasi dibuka kembali",
    "child_admitted": "operasi diterima sebagai jajaran",
    "child_dismissed": "operasi dikeluarkan dari jajaran",
    "day_closed": "hari operasi ditutup",
    "day_reopened": "hari operasi dibuka kembali",
    "site_registered": "pos dijaga didaftarkan",
    "site_withdrawn": "pos tidak dijaga lagi",
    "import_reverted": "impor dibatalkan",
    "officer_registered": "personel didaftarkan",
    "officer_withdrawn": "personel dikeluarkan dari daftar",
    "absence_recorded": "ketidakhadiran dicatat",
    "absence_withdrawn": "ketidakhadiran dicabut",
    "officer_lent": "personel diperbantukan (BKO)",
    "officer_recalled": "perbantuan berakhir",
    "rally_planned": "kegiatan direncanakan",
    "rally_noticed": "STTP dicatat",
    "rally_moved": "kegiatan dipindahkan",
    "rally_cancelled": "kegiatan dibatalkan",
    "rally_reinstated": "kegiatan diadakan kembali",
    "rally_closed": "kegiatan ditutup",
    "deployment_reserved": "personel dicadangkan",
    "deployment_ordered": "personel diplot",
    "deployment_acknowledged": "plotting diketahui",
    "deployment_moved": "plotting mengikuti kegiatan",
    "deployment_cancelled": "plotting dibatalkan",
    "deployment_swapped": "plotting ditukar",
    "deployment_rejected": "plotting ditolak",
    "deployment_reinstated": "plotting berlaku kembali",
    "deployment_stood_down": "tugas selesai",
    "deployments_proposed": "usulan plotting",
    "proposal_discarded": "usulan ditutup",
    "checked_in": "datang",
    "checked_out": "pulang",
    "voided": "laporan dicabut",
    "incident_reported": "kejadian dilaporkan",
    "incident_witnessed": "kejadian disaksikan",
    "incident_advanced": "kejadian ditindaklanjuti",
    "incident_step_held": "tindak lanjut menunggu",
    "incident_amended": "kejadian diperbaiki",
    "incident_escalated": "kejadian dinaikkan",
    "incident_merged": "kejadian digabung",
    "incident_unmerged": "kejadian dipisah kembali",
    "incident_attached": "berkas kejadian",
    "heartbeat_heard": "tanda hidup posko",
    "source_reset": "nomor urut disetel ulang",
    "device_invited": "perangkat diundang",
    "device_enrolled": "perangkat terdaftar",
    "device_revoked": "perangkat hilang",
    "person_erased": "data pribadi dihapus",
    "roll_called": "apel",
    "rally_started": "kegiatan dimulai",
    "rally_ended": "kegiatan berakhir",
    "attendance_counted": "massa dihitung",
    "post_closed": "posko menutup hari",
    "post_reopened": "posko membuka hari kembali",
    "watch_handed_over": "serah terima jaga",
    "watch_answered": "jawaban serah terima",
    "poll_started": "PAR dimulai",
    "poll_acked": "PAR dijawab",
    "poll_ended": "PAR berakhir",
    "alert_raised": "peringatan muncul",
    "alert_revised": "peringatan berubah",
    "alert_retracted": "peringatan ditarik",
    "alert_acknowledged": "peringatan ditangani",
    "alert_snoozed": "peringatan ditunda",
    "alert_assigned": "peringatan ditugaskan",
    "sitrep_published": "laporan situasi terbit",
    "sitrep_signed": "laporan situasi ditandatangani",
    "sitrep_due": "laporan situasi jatuh waktu",
    "delivery_noted": "peringatan dikirim",
}
"""Type of a fact → its words."""


def fact_words(kind: str) -> str:
    """The words of a type, itself where there are none."""
    return FACTS.get(kind, kind)


ENDINGS: Final[dict[Ending, str]] = {
    "heard": "posko terdengar lagi",
    "day_closed": "posko menutup hari",
    "unlisted": "posko tidak terdaftar lagi",
    "arrived": "sudah tiba",
    "reset": "nomor urut disetel ulang",
    "seen": "sudah terlihat",
    "excused": "berhalangan",
    "released": "tidak berlaku lagi",
    "filled": "sudah cukup",
    "over": "jamnya selesai",
    "gone": "sudah pulang",
    "acknowledged": "sprin sudah dijawab",
    "noticed": "STTP sudah diketahui",
    "stepped": "kejadian sudah ditindaklanjuti",
    "accounted": "semua sudah menjawab",
    "changed": "batas waktunya berubah",
    "expired": "lewat waktu",
    "operation_closed": "operasi ditutup",
}
"""Why an alert is retracted."""
METHODS: Final = {
    "gps": "GPS", "qr": "kode QR", "manual": "manual", "paper": "daftar kertas", "radio": "radio",
}  # fmt: skip
"""How a presence was told."""
_KINDS: Final = {str(kind): word for kind, word in ALERT_KINDS.items()}
_STATES: Final = {str(state): word for state, word in INCIDENT_STATES.items()}
_OF_ALERTS: Final = _KINDS | {str(reason): word for reason, word in ENDINGS.items()}
_OF_SITREPS: Final = {str(kind): word.lower() for kind, word in INDONESIAN.kinds.items()}
_RALLIES: Final = {str(kind): word for kind, word in INDONESIAN.rally_kinds.items()}
_OTHERS: Final = METHODS | _RALLIES | {str(role): word for role, word in ROLES.items()}


def in_words(told: ToldFact) -> str:
    """`kejadian dilaporkan · bentrokan massa`: a fact's type and what else it says by codes."""
    return " · ".join(each for each in (fact_words(told.type), _alert(told), what_words(told)) if each)


def spoken(told: ToldFact) -> str:
    """`personel tidak hadir · KPG-1 · rally/a · sudah terlihat`: what the log says behind a fact's type."""
    about = None if told.officer_id or told.place else told.about
    said = (_alert(told), told.officer_id, told.incident_id, told.place, about, what_words(told))
    return " · ".join(dict.fromkeys(each for each in said if each))


def what_words(told: ToldFact) -> str | None:
    """What a fact says by a code of its own: an incident's kind, a step, a role, why an alert ended."""
    if told.what is None:
        return None
    family = told.type.partition("_")[0]
    if family == "incident":
        return _STATES.get(told.what) or kind_name(told.what)
    names = _OF_ALERTS if family == "alert" else _OF_SITREPS if family == "sitrep" else _OTHERS
    return names.get(told.what, told.what.replace("_", " "))


def _alert(told: ToldFact) -> str | None:
    """Which kind of alert a fact speaks of, by the alert's id."""
    return _KINDS.get((told.subject or "").rpartition("-")[0])
