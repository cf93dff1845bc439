"""What a post asked, as a line of its activity log in Indonesian: what, of whom, where, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from pamwal import vocabulary
from pamwal.contracts.field import IncidentStep
from pamwal.contracts.field_reads import LogLine
from pamwal.incident_kinds import kind_name
from pamwal.printing.words import CHANNELS
from pamwal.vocabulary import usual

HEARTBEAT: Final = "heartbeat"
REQUESTS: Final = {
    "check_in": "datang",
    "check_out": "pulang",
    "relieve": "serah terima tugas",
    "check_in_squad": "regu datang",
    "call_roll": "apel",
    "start_rally": "kegiatan dimulai",
    "end_rally": "kegiatan berakhir",
    "count_attendance": "massa dihitung",
    "void": "laporan dicabut",
    "report_incident": "kejadian dilaporkan",
    "advance_incident": "kejadian ditindaklanjuti",
    "amend_incident": "kejadian diperbaiki",
    "escalate_incident": "kejadian dinaikkan",
    "merge_incident": "kejadian digabung",
    "unmerge_incident": "kejadian dipisah kembali",
    "attach_to_incident": "berkas kejadian",
    HEARTBEAT: "tanda hidup",
    "invite_devices": "perangkat diundang",
    "enrol_device": "perangkat didaftarkan",
    "revoke_devices": "perangkat dicabut",
    "erase_person": "data pribadi dihapus",
    "reset_source": "nomor urut disetel ulang",
    "close_post": "posko menutup hari",
    "reopen_post": "posko membuka hari kembali",
    "hand_over_watch": "serah terima jaga",
    "confirm_watch": "jawaban serah terima jaga",
    "start_poll": "PAR dimulai",
    "ack_poll": "PAR dijawab",
    "end_poll": "PAR berakhir",
}
"""Name of a request's type → its words."""
STEPS: Final = {step: usual(vocabulary.INCIDENT_STATES)[step] for step in get_args(IncidentStep)}
SEVERITIES: Final = usual(vocabulary.SEVERITIES)
OUTCOMES: Final = {"refused": "ditolak", "parked": "belum dapat diputuskan"}
WARNINGS: Final = {
    "witness": "saksi",
    "early": "mendahului",
    "clock_suspect": "jam perangkat diragukan",
    "frequent": "terlalu sering",
    "after_closing": "sesudah posko menutup hari",
    "still_open": "masih ada yang terbuka",
    "ambiguous": "lebih dari satu kemungkinan",
    "circular": "berputar pada dirinya sendiri",
    "crowded": "terlalu banyak perangkat",
    "device_lost": "perangkat hilang",
    "voided": "sudah dicabut",
    "without_effect": "tidak mengubah apa-apa",
}
REASONS: Final = {
    "malformed": "isinya tidak sesuai",
    "not_yours": "bukan wewenangnya",
    "key_reused": "nomor permintaan sudah dipakai",
    "code_taken": "kode sudah dimiliki perangkat lain",
    "illegal_transition": "langkahnya tidak mungkin",
    "stale": "keadaan sudah berubah",
    "unknown_operation": "operasi belum dibuka",
    "undecodable": "tidak terbaca",
    "unknown_type": "jenisnya tidak dikenal",
}
"""Why something was refused or parked, by code."""
_SAID: Final = (
    "officer_id", "relieved_by", "unit", "rally_id", "place", "incident_id", "duplicate_of", "poll_id",
    "watch_id", "device_id", "day", "to", "post",
)  # fmt: skip
"""What is told of a request as it stands, in this order."""


def name_of(line: LogLine) -> str:
    """`check_in` of `pamwal.field.check_in.v1`; empty of what nobody can read."""
    return line.type.split(".")[2] if line.type.count(".") >= 2 else ""


def activity_of(line: LogLine) -> str:
    """`datang: KPG-1, rally/a; oleh operator-7 (aplikasi) [saksi]`, and what became of it."""
    said = line.said if isinstance(line.said, dict) else {}
    name = name_of(line)
    what = REQUESTS.get(name, name.replace("_", " ") or "tidak terbaca")
    about = ", ".join(_about(said))
    by = f"; oleh {line.actor}" if line.actor else ""
    channel = f" ({CHANNELS.get(line.channel, line.channel)})" if line.channel else ""
    became = OUTCOMES.get(line.outcome, "")
    why = f": {REASONS.get(line.reason, line.reason.replace('_', ' '))}" if became and line.reason else ""
    return (
        f"{what}{': ' if about else ''}{about}{by}{channel}"
        f"{' – ' if became else ''}{became}{why}{_bracketed(line.warnings)}"
    )


def _about(said: dict[str, Any]) -> list[str]:
    found = [str(said[name]) for name in _SAID if isinstance(said.get(name), str | int)]
    kind, step, severity = said.get("kind"), said.get("step"), said.get("severity")
    found += [kind_name(kind)] if isinstance(kind, str) else []
    found += [SEVERITIES.get(severity, severity)] if isinstance(severity, str) else []
    found += [STEPS.get(step, step)] if isinstance(step, str) else []
    people = said.get("people")
    found += [f"{people} orang"] if isinstance(people, int) else []
    present, missing = said.get("present"), said.get("not_present")
    found += [f"{len(present)} hadir"] if isinstance(present, list) else []
    found += [f"{len(missing)} tidak hadir"] if isinstance(missing, list) and missing else []
    return found


def _bracketed(warnings: Sequence[str]) -> str:
    return "".join(f" [{WARNINGS.get(code, code.replace('_', ' '))}]" for code in warnings)
