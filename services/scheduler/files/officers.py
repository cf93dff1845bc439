"""The columns of a roster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pamwal.contracts.persons import comparable_nrp
from pamwal.contracts.scheduling.terms import OfficerEntry
from services.scheduler.files.columns import Column, Subject

IDENTIFIER_WANTED: Final = "letters, digits, dot, underscore, colon or hyphen without spaces, at most 64 long"
TEXT_WANTED: Final = "some text of at most 200 letters"
_LATER: Final = "Hanya untuk BKO: "


def _finish(tree: dict[str, Any], cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """An officer without a name is refused: a roster with blank names helps nobody on the day."""
    if "officer_id" not in tree and cells.get("nrp"):
        tree["officer_id"] = cells["nrp"]
    name = tree.get("person", {}).get("name")
    if name is not None and not any(map(str.isalnum, name)):
        return [("name", f"{name!r} is no name", "write the officer's name")]
    if name is not None:
        return []
    if "person_ref" not in tree:
        return [("name", "the name is blank", "write the officer's name")]
    if "person" in tree:
        return [("name", "the name is blank, and would be lost", "write it too, or leave NRP and phone out")]
    return []


COLUMNS: Final = (
    Column(
        name="officer_id",
        header="id_personel",
        kind="id",
        path=("officer_id",),
        also=("id personil", "kode personel", "personel", "officer"),
        wants="an id of at most 32 letters, digits, dot, underscore, colon or hyphen",
        explains="Kunci tetap personel. Tersimpan selamanya dalam log; jangan memakai NRP bila tidak perlu."
        " Bila kolom ini tidak ada, NRP menjadi kuncinya.",
        example="KPG-0001",
        required=True,
    ),
    Column(
        name="name",
        header="nama",
        kind="text",
        path=("person", "name"),
        also=("nama lengkap", "nama personel", "full name"),
        wants="a name of at most 120 letters",
        explains="Nama lengkap, tidak boleh kosong.",
        example="Personel 001",
        required=True,
    ),
    Column(
        name="nrp",
        header="nrp",
        kind="id",
        path=("person", "nrp"),
        also=("nrp/nip", "nip", "no nrp", "service number"),
        wants="a service number of at most 32 letters",
        explains="Nomor registrasi pokok, satu untuk setiap personel;"
        " format sel sebagai teks agar angkanya utuh.",
        example="85040001",
    ),
    Column(
        name="rank",
        header="pangkat",
        kind="text",
        path=("rank",),
        also=("pangkat/gol",),
        wants=TEXT_WANTED,
        explains="Pangkat.",
        example="Bripka",
        required=True,
    ),
    Column(
        name="unit",
        header="satuan",
        kind="text",
        path=("unit",),
        also=("kesatuan", "satker", "fungsi"),
        wants=TEXT_WANTED,
        explains="Satuan asal.",
        example="Sat Samapta",
        required=True,
    ),
    Column(
        name="satgas",
        header="satgas",
        kind="id",
        path=("satgas",),
        also=("task force", "id satgas"),
        wants=f"the name or id of a satgas of the operation; an id has {IDENTIFIER_WANTED}",
        explains="Nama atau id satgas seperti dalam operasi.",
        example="preventif",
        required=True,
    ),
    Column(
        name="home_post",
        header="posko",
        kind="id",
        path=("home_post",),
        also=("pos", "posko asal", "post"),
        wants=f"the name or id of a post of the operation; an id has {IDENTIFIER_WANTED}",
        explains="Nama atau id posko asal seperti dalam operasi.",
        example="maulafa",
        required=True,
    ),
    Column(
        name="skills",
        header="keahlian",
        kind="skills",
        path=("skills",),
        also=("kemampuan", "skill"),
        wants="skills parted by semicolons, each begun by a letter: traffic; negotiation",
        explains="Keahlian, dipisah titik koma; boleh lebih dari satu kata.",
        example="traffic; negotiation",
    ),
    Column(
        name="phone",
        header="telepon",
        kind="id",
        path=("person", "phone"),
        also=("no hp", "hp", "no telepon", "telp"),
        wants="a telephone number of 3 to 32 characters",
        explains="Nomor telepon; format sel sebagai teks.",
        example="0812-0000-0001",
    ),
    Column(
        name="remarks",
        header="keterangan",
        kind="text",
        path=("person", "text"),
        also=("catatan", "ket", "remark"),
        wants="some text of at most 4000 letters",
        explains="Catatan bebas tentang personel.",
        example="-",
    ),
    Column(
        name="person_ref",
        header="ref_orang",
        kind="id",
        path=("person_ref", "ref"),
        wants="the reference that an export wrote",
        explains="Diisi oleh ekspor bila nama tidak ikut diekspor; jangan diubah.",
        example="",
    ),
    Column(
        name="person_digest",
        header="digest_orang",
        kind="id",
        path=("person_ref", "digest"),
        wants="the digest that an export wrote",
        explains="Diisi oleh ekspor bersama ref_orang; jangan diubah.",
        example="",
    ),
    Column(
        name="lent_by",
        header="bko_dari",
        kind="id",
        path=("attachment", "operation_id"),
        also=("operasi asal",),
        wants=f"the operation that lends the officer: {IDENTIFIER_WANTED}",
        explains=_LATER + "operasi yang meminjamkan.",
        example="",
    ),
    Column(
        name="loan_id",
        header="id_bko",
        kind="id",
        path=("attachment", "loan_id"),
        wants=f"the loan it is lent under: {IDENTIFIER_WANTED}",
        explains=_LATER + "id peminjaman.",
        example="",
    ),
    Column(
        name="lent_from",
        header="bko_mulai",
        kind="instant",
        path=("attachment", "starts_at"),
        wants="a time with its zone such as 2024-10-03 08:00 WITA",
        explains=_LATER + "mulai, dengan zona waktu.",
        example="",
    ),
    Column(
        name="lent_until",
        header="bko_selesai",
        kind="instant",
        path=("attachment", "ends_at"),
        wants="a time with its zone such as 2024-10-03 20:00 WITA",
        explains=_LATER + "selesai, dengan zona waktu.",
        example="",
    ),
)

ROSTER: Final = Subject(
    name="roster",
    title="Daftar personel",
    columns=COLUMNS,
    contract=OfficerEntry,
    identity="officer_id",
    stand_in={"officer_id": "nrp", "name": "person_ref"},
    unique={"nrp": comparable_nrp},
    finish=_finish,
)
