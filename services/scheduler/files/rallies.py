"""The columns of a plan of rallies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from pamwal.contracts.scheduling import PlanRally
from pamwal.vocabulary import DUTIES
from services.scheduler.files.columns import Column, Subject, folded
from services.scheduler.files.officers import IDENTIFIER_WANTED, TEXT_WANTED
from services.scheduler.files.times import WANTED

KIND_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "limited_meeting": ("pertemuan terbatas",),
    "face_to_face": ("tatap muka", "pertemuan tatap muka", "tatap muka dan dialog"),
    "dialogue": ("dialog",),
    "mass_rally": ("rapat umum", "kampanye akbar"),
    "debate": ("debat", "debat publik"),
}
STAGE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "planned": ("direncanakan", "rencana"),
    "notified": ("diberitahukan",),
}
_SLUG_MAX = 40


def venue_id(kelurahan: str, name: str) -> str:
    """The id of a venue that has none in the file: the same for the same name in the same kelurahan."""
    slug = folded(name)
    if 0 < len(slug) <= _SLUG_MAX:
        return f"{kelurahan}-{slug}"
    return f"{kelurahan}-{slug[:_SLUG_MAX]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _finish(tree: dict[str, Any], _cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    venue = tree.get("venue", {})
    if "venue_id" not in venue and "name" in venue and "kelurahan" in venue:
        venue["venue_id"] = venue_id(venue["kelurahan"], venue["name"])
    receipt = tree.get("receipt", {})
    if len(receipt) == 1:
        lacking = "received_at" if "number" in receipt else "receipt"
        return [(lacking, "a receipt has a number and the time it was given", "fill in both, or neither")]
    point = venue.get("point", {})
    if len(point) == 1:
        lacking = "longitude" if "latitude" in point else "latitude"
        return [(lacking, "a point has a latitude and a longitude", "fill in both, or neither")]
    return []


def _strength(role: str) -> Column:
    word = DUTIES[role][0]
    return Column(
        name=f"required_{role}",
        header=f"kuat_{folded(word)}",
        kind="count",
        path=("required", role),
        also=(role, *DUTIES[role], f"kebutuhan {word}"),
        wants="how many are needed, a whole number from 0 to 100000",
        explains=f"Kebutuhan kuat untuk tugas {word}.",
        example="4",
    )


DAY_COLUMN: Final = Column(
    name="date",
    header="tanggal",
    kind="day",
    also=("tgl", "day"),
    wants="a day such as 2024-10-03 or 03/10/2024 (day first)",
    explains="Boleh dipisah: bila mulai dan selesai hanya berisi jam, tanggalnya di sini.",
    example="",
)
STARTS_NAMES: Final = ("starts_at", "start", "jam mulai", "waktu mulai", "dari", "pukul")
ENDS_NAMES: Final = ("ends_at", "end", "jam selesai", "waktu selesai", "sampai", "berakhir")

COLUMNS: Final = (
    Column(
        name="rally_id",
        header="kode_kegiatan",
        kind="id",
        path=("rally_id",),
        also=("id kegiatan", "kode", "id"),
        wants=f"an id: {IDENTIFIER_WANTED}",
        explains="Kode tetap kegiatan; kode yang sama berarti kegiatan yang sama.",
        example="KK-2024-10-03-01",
        required=True,
    ),
    DAY_COLUMN,
    Column(
        name="starts",
        header="mulai",
        kind="instant",
        path=("starts_at",),
        also=STARTS_NAMES,
        wants=WANTED,
        explains="Waktu setempat, misalnya 2024-10-03 16:00 atau 03/10/2024 16.00 (tanggal dahulu).",
        example="2024-10-03 16:00",
        required=True,
        calendar="DTSTART",
    ),
    Column(
        name="ends",
        header="selesai",
        kind="instant",
        path=("ends_at",),
        also=ENDS_NAMES,
        wants=WANTED,
        explains="Seperti mulai.",
        example="2024-10-03 18:00",
        required=True,
        calendar="DTEND",
    ),
    Column(
        name="kind",
        header="bentuk",
        kind="words",
        path=("kind",),
        also=("jenis", "bentuk kegiatan", "jenis kegiatan", "bentuk kampanye"),
        words=KIND_WORDS,
        wants="one of " + ", ".join(f"{words[0]} ({value})" for value, words in KIND_WORDS.items()),
        explains="Salah satu: " + ", ".join(words[0] for words in KIND_WORDS.values()) + ".",
        example="tatap muka",
        required=True,
    ),
    Column(
        name="pairs",
        header="paslon",
        kind="list",
        path=("pairs",),
        also=("pair", "pasangan calon"),
        wants="one or more of election/number parted by semicolons: walikota/3; gubernur/1",
        explains="Pemilihan/nomor urut, dipisah titik koma.",
        example="walikota/3; gubernur/1",
        required=True,
    ),
    Column(
        name="venue",
        header="lokasi",
        kind="text",
        path=("venue", "name"),
        also=("tempat", "nama lokasi", "location"),
        wants=TEXT_WANTED,
        explains="Nama lokasi.",
        example="Lapangan Oepura",
        required=True,
        calendar="LOCATION",
    ),
    Column(
        name="venue_id",
        header="kode_lokasi",
        kind="id",
        path=("venue", "venue_id"),
        also=("id lokasi",),
        wants=f"an id: {IDENTIFIER_WANTED}",
        explains="Boleh kosong; lalu dibentuk dari kelurahan dan nama lokasi.",
        example="oepura-1",
    ),
    Column(
        name="kelurahan",
        header="kelurahan",
        kind="place",
        path=("venue", "kelurahan"),
        also=("kode kelurahan", "desa", "kelurahan/desa", "kel"),
        wants="the code of a kelurahan such as 53.71.02.1001",
        explains="Kode Kemendagri atau nama kelurahan; nama yang meragukan ditanyakan.",
        example="53.71.02.1001",
        required=True,
    ),
    Column(
        name="kecamatan",
        header="kecamatan",
        kind="hint",
        also=("kec",),
        wants="the name or the code of a kecamatan",
        explains="Boleh kosong; membantu bila nama kelurahan meragukan.",
        example="",
    ),
    Column(
        name="latitude",
        header="lintang",
        kind="decimal",
        path=("venue", "point", "latitude"),
        also=("lat",),
        wants="degrees from -90 to 90 such as -10.19015",
        explains="Lintang dalam derajat, boleh kosong.",
        example="-10.19015",
    ),
    Column(
        name="longitude",
        header="bujur",
        kind="decimal",
        path=("venue", "point", "longitude"),
        also=("lon", "long", "lng"),
        wants="degrees from -180 to 180 such as 123.61162",
        explains="Bujur dalam derajat, boleh kosong.",
        example="123.61162",
    ),
    Column(
        name="radius_m",
        header="radius_m",
        kind="count",
        path=("venue", "radius_m"),
        also=("radius",),
        wants="metres, a whole number from 1 to 10000",
        explains="Radius lokasi dalam meter; kosong berarti 150.",
        example="150",
    ),
    *(_strength(role) for role in DUTIES),
    Column(
        name="pattern",
        header="pola_kekuatan",
        kind="id",
        path=("pattern",),
        also=("pola",),
        wants=f"the id of a pattern of the operation: {IDENTIFIER_WANTED}",
        explains="Id pola kekuatan operasi, boleh kosong.",
        example="",
    ),
    Column(
        name="expected_attendance",
        header="perkiraan_massa",
        kind="count",
        path=("expected_attendance",),
        also=("massa", "estimasi massa", "jumlah massa", "attendance"),
        wants="a whole number from 0 to 100000",
        explains="Perkiraan jumlah peserta.",
        example="200",
    ),
    Column(
        name="receipt",
        header="nomor_sttp",
        kind="text",
        path=("receipt", "number"),
        also=("sttp", "no sttp", "receipt number"),
        wants=TEXT_WANTED,
        explains="Nomor STTP; kosong berarti belum ada pemberitahuan.",
        example="STTP/12/X/2024",
    ),
    Column(
        name="received_at",
        header="sttp_diterima",
        kind="instant",
        path=("receipt", "received_at"),
        also=("tanggal sttp", "tgl sttp", "receipt received"),
        wants=WANTED,
        explains="Waktu STTP diterbitkan.",
        example="2024-10-01 10:00",
    ),
    Column(
        name="stage",
        header="tahap",
        kind="words",
        path=("stage",),
        words=STAGE_WORDS,
        wants="planned or notified",
        explains="direncanakan atau diberitahukan; kosong berarti direncanakan.",
        example="direncanakan",
    ),
    Column(
        name="series_id",
        header="kode_seri",
        kind="id",
        path=("series_id",),
        also=("seri", "series"),
        wants=f"an id: {IDENTIFIER_WANTED}",
        explains="Diisi oleh ekspor untuk kegiatan yang berulang.",
        example="",
    ),
    Column(
        name="expected_version",
        header="versi",
        kind="count",
        path=("expected_version",),
        also=("version",),
        wants="a whole number from 1",
        explains="Boleh kosong; bila diisi, baris ditolak jika rencana sudah berubah.",
        example="",
    ),
)

PLAN: Final = Subject(
    name="plan",
    title="Rencana kegiatan kampanye",
    columns=COLUMNS,
    contract=PlanRally,
    identity="rally_id",
    location="venue",
    finish=_finish,
)
