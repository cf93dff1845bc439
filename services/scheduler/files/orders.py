"""The columns of a table of deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pamwal.vocabulary import DUTIES
from services.scheduler.files.columns import Column, Subject
from services.scheduler.files.officers import IDENTIFIER_WANTED, TEXT_WANTED
from services.scheduler.files.parsed import OrderLine
from services.scheduler.files.rallies import DAY_COLUMN, ENDS_NAMES, STARTS_NAMES
from services.scheduler.files.times import WANTED

PURPOSE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "regular": ("reguler", "biasa"),
    "reinforcement": ("penebalan",),
    "on_call": ("siaga", "on call"),
}


def _finish(tree: dict[str, Any], _cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    override = tree.get("order", {}).get("override", {})
    if len(override) == 1:
        lacking = "override_cause" if "rules" in override else "override_rules"
        return [(lacking, "an override names its rules and its cause", "fill in both, or neither")]
    return []


COLUMNS: Final = (
    Column(
        name="deployment_id",
        header="kode_plotting",
        kind="id",
        path=("order", "deployment_id"),
        also=("id plotting", "kode", "id"),
        wants=f"an id: {IDENTIFIER_WANTED}",
        explains="Kode tetap plotting.",
        example="D-0001",
        required=True,
    ),
    Column(
        name="officer_id",
        header="id_personel",
        kind="id",
        path=("order", "officer_id"),
        also=("personel", "id personil", "officer"),
        wants="an id of at most 32 letters, digits, dot, underscore, colon or hyphen",
        explains="Kunci personel seperti dalam daftar personel.",
        example="KPG-0001",
        required=True,
    ),
    Column(
        name="place",
        header="tempat",
        kind="id",
        path=("order", "place"),
        also=("lokasi", "kegiatan"),
        wants="rally/ or site/ and its id: rally/KK-2024-10-03-01",
        explains="rally/kode kegiatan atau site/kode pos tetap.",
        example="rally/KK-2024-10-03-01",
        required=True,
    ),
    Column(
        name="role",
        header="tugas",
        kind="words",
        path=("order", "role"),
        words=DUTIES,
        wants="one of " + ", ".join(f"{words[0]} ({value})" for value, words in DUTIES.items()),
        explains="Salah satu: " + ", ".join(words[0] for words in DUTIES.values()) + ".",
        example="penjagaan",
        required=True,
    ),
    DAY_COLUMN,
    Column(
        name="starts",
        header="mulai",
        kind="instant",
        path=("order", "starts_at"),
        also=STARTS_NAMES,
        wants=WANTED,
        explains="Waktu setempat, misalnya 2024-10-03 15:00.",
        example="2024-10-03 15:00",
        required=True,
        calendar="DTSTART",
    ),
    Column(
        name="ends",
        header="selesai",
        kind="instant",
        path=("order", "ends_at"),
        also=ENDS_NAMES,
        wants=WANTED,
        explains="Seperti mulai.",
        example="2024-10-03 19:00",
        required=True,
        calendar="DTEND",
    ),
    Column(
        name="sprin",
        header="sprin",
        kind="text",
        path=("sprin",),
        also=("nomor sprin", "no sprin", "surat perintah"),
        wants=TEXT_WANTED,
        explains="Nomor surat perintah.",
        example="Sprin/101/X/2024",
    ),
    Column(
        name="purpose",
        header="keperluan",
        kind="words",
        path=("order", "purpose"),
        words=PURPOSE_WORDS,
        wants="one of " + ", ".join(f"{words[0]} ({value})" for value, words in PURPOSE_WORDS.items()),
        explains="reguler, penebalan atau siaga; kosong berarti reguler.",
        example="reguler",
    ),
    Column(
        name="override_rules",
        header="aturan_dikesampingkan",
        kind="list",
        path=("order", "override", "rules"),
        wants="rules parted by semicolons: cannot_arrive, insufficient_rest, over_duty,"
        " officer_unavailable, order_required",
        explains="Hanya kepala operasi: aturan yang dikesampingkan, dipisah titik koma.",
        example="",
    ),
    Column(
        name="override_cause",
        header="alasan",
        kind="text",
        path=("order", "override", "cause"),
        wants=TEXT_WANTED,
        explains="Alasan mengesampingkan aturan.",
        example="",
    ),
)

ORDERS: Final = Subject(
    name="orders",
    title="Plotting",
    columns=COLUMNS,
    contract=OrderLine,
    identity="deployment_id",
    location="place",
    finish=_finish,
)
