"""Bulletins as they are pasted into chat groups: every number is a total with its unit, or is none."""

from __future__ import annotations

import pytest

from pamwal.places import kupang
from services.reporting.bulletin.reading import Reading, read_bulletin
from services.reporting.bulletin.scopes import Stated
from services.reporting.bulletin.tokens import tokens_of

NAMES = [
    tuple(token.fold for token in tokens_of(name))
    for place in kupang().places
    for name in (place.kelurahan, place.kecamatan)
]


def read(text: str) -> Reading:
    return read_bulletin(text, [*NAMES, ("satgas", "preventif")])


def short(stated: Stated) -> str:
    """`officers 151`, `venues 10..15`, `late about 3`."""
    quantity = stated.quantity
    number = f"{quantity.low}..{quantity.high}" if quantity.high is not None else str(quantity.low)
    how = quantity.precision if quantity.precision not in {"exact", "range"} else ""
    differs = f"({quantity.in_words})" if quantity.in_words is not None else ""
    return " ".join(part for part in (stated.claim, how, number + differs) if part)


def totals(found: Reading) -> list[str]:
    return [short(each) for each in found.stated if each.scope == "total"]


def reasons_of(found: Reading) -> list[str]:
    """Why each number is no total, in the order of the text."""
    parts = [(each.start, each.scope) for each in found.stated if each.scope != "total"]
    return [
        reason for _, reason in sorted([*parts, *((each.start, each.reason) for each in found.not_taken)])
    ]


TOTALS = [
    ("151 personel", ["officers 151"]),
    ("Dikerahkan 151 personil gabungan Polri", ["officers 151"]),
    ("151personel", ["officers 151"]),
    ("151 Pers. di 14 lok. kampanye", ["officers 151", "venues 14"]),
    ("14 lokasi pada 11 kelurahan", ["venues 14", "kelurahan 11"]),
    ("di 6 kecamatan", ["kecamatan 6"]),
    ("11 Kel. dan 6 Kec. se-Kota Kupang", ["kelurahan 11", "kecamatan 6"]),
    ("151 / 14 / 11 / 6", []),
    ("151 personel / 14 lokasi / 11 kelurahan / 6 kecamatan", [
        "officers 151", "venues 14", "kelurahan 11", "kecamatan 6",
    ]),
    ("151 personel 14 titik 11 kelurahan", ["officers 151", "venues 14", "kelurahan 11"]),
    ("Personel: 151 Lokasi: 14 Kelurahan = 11", ["officers 151", "venues 14", "kelurahan 11"]),
    ("seratus lima puluh satu personil", ["officers 151"]),
    ("Sebanyak empat belas titik lokasi kegiatan", ["venues 14"]),
    ("sebelas kelurahan, enam kecamatan", ["kelurahan 11", "kecamatan 6"]),
    ("limabelas personel", ["officers 15"]),
    ("seribu dua ratus lima puluh anggota", ["officers 1250"]),
    ("1.250 personel", ["officers 1250"]),
    ("2 ribu personel", ["officers 2000"]),
    ("2 ribu 500 orang massa", ["attendees 2500"]),
    ("massa 2,5 ribu orang", ["attendees 2500"]),
    ("dihadiri oleh sekitar 400 orang", ["attendees about 400"]),
    ("151 (seratus lima puluh satu) personel", ["officers 151"]),
    ("seratus lima puluh satu (151) orang personel", ["officers 151"]),
    ("151 (seratus lima puluh dua) personel", ["officers 151(152)"]),
    ("Kekuatan : 151 (seratus lima puluh satu orang)", ["officers 151"]),
    ("nihil kejadian", ["incidents 0"]),
    ("Situasi aman, kejadian menonjol : NIHIL.", ["incidents 0"]),
    ("tidak ada kejadian", ["incidents 0"]),
    ("2 kejadian menonjol", ["incidents 2"]),
    ("hadir 150, terlambat 3, tidak hadir 1 orang", ["present 150", "late 3", "absent 1"]),
    ("150 hadir, 3 orang telat, 1 absen", ["present 150", "late 3", "absent 1"]),
    ("Personel hadir 150 dan tidak hadir 1", ["present 150", "absent 1"]),
    ("3 personel terlambat", ["late 3"]),
    ("Tidak hadir: nihil", ["absent 0"]),
    ("150 dari 151 personel hadir", ["present 150", "officers 151"]),
    ("dari 151 personel hadir 150", ["officers 151", "present 150"]),
    ("Jumlah personel yang dilibatkan sebanyak 151 orang dari 6 satgas", ["officers 151", "satgas 6"]),
    ("14 giat kampanye oleh 5 pasangan calon", ["rallies 14", "pairs 5"]),
    ("10-15 personel, 10 s.d. 12 lokasi", ["officers 10..15", "venues 10..12"]),
    ("antara 140 dan 160 personel", ["officers 140..160"]),
    ("lebih dari 150 personel; kurang dari 7 kecamatan", ["officers at_least 151", "kecamatan at_most 6"]),
    ("minimal 150 personel, maksimal 14 titik", ["officers at_least 150", "venues at_most 14"]),
    ("tidak kurang dari 150 personel, tak kurang 14 titik", ["officers at_least 150", "venues at_least 14"]),
    ("tidak lebih dari 150 personel; tdk melebihi 14 titik", ["officers at_most 150", "venues at_most 14"]),
    ("tidak sampai 150 personel hadir, belum sampai 14 titik", ["present at_most 149", "venues at_most 13"]),
    ("paling tidak 150 personel, setidak-tidaknya 14 titik", ["officers at_least 150", "venues at_least 14"]),
    ("di atas 150 personel dan di bawah 7 kecamatan", ["officers at_least 151", "kecamatan at_most 6"]),
    ("tidak kurang dari sebanyak 150 personel, >= 14 titik", ["officers at_least 150", "venues at_least 14"]),
    ("belasan personel terlambat, 150-an personel", ["late 11..19", "officers about 150"]),
    ("*151* _personel_, ~14~ lokasi", ["officers 151", "venues 14"]),
    ("𝟏𝟓𝟏 personel, １４ lokasi", ["officers 151", "venues 14"]),
    ("1. 151 personel\n2) 14 lokasi\n(3) 11 kelurahan", ["officers 151", "venues 14", "kelurahan 11"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TOTALS)
def test_a_total_is_the_number_with_what_it_counts(text: str, expected: list[str]) -> None:
    assert totals(read(text)) == expected


NO_TOTALS = [
    ("Kamis, 3 Oktober 2024", ["date"]),
    ("25 September s.d. 23 November 2024, 1-3 Oktober 2024", ["date"] * 2),
    ("tgl 03/10/2024, 3-10-24, 2024-10-03, 3.10.2024", ["date"] * 4),
    ("bulan Oktober 2024, tahun 2024, tanggal 3", ["date"] * 3),
    ("pukul 16.00 WITA, pkl. 16.00-18.00, jam 4, 18:30", ["time"] * 4),
    ("HP. 0812-3456-7890, WA +62 812 3456 7890, 081234567890", ["phone"] * 3),
    ("NRP 87010203 dan NIP: 198701022010011001", ["personal_number"] * 2),
    ("Pasal 5 ayat (2) PKPU No. 13", ["reference"] * 3),
    ("paslon nomor urut 3, Paslon 2, Pasangan calon no. 1", ["reference"] * 3),
    ("Nomor STTP/12/X/2024, Sprin-77, TPS 012, hari ke-8, H-1, kendaraan R4", ["reference"] * 6),
    (
        "95 %, 2 jam, tiga hari, Rp 500.000, 3 km",
        ["measure", "measure", "unit_unknown", "measure", "measure"],
    ),
    ("salah satu personel, satu per satu", ["idiom"] * 2),
    ("Kelurahan Naikoten Dua dan Bakunase Dua", []),
    ("1.250 orang", ["no_unit"]),
    ("Pilkada 2024", ["no_unit"]),
    ("nihil", ["no_unit"]),
    ("tanpa keterangan", []),
    ("3 partai pengusung, hadir 2 pejabat", ["unit_unknown"] * 2),
    ("3 anggota keluarga, 9 kegiatan tatap muka", ["kind_unknown"] * 2),
    ("1 250 personel; 1,250 personel; 150/151 personel", ["ambiguous"] * 5),
    ("10 atau 15 personel, 11 dan 10 personel, 15-10 personel", ["ambiguous"] * 5),
    ("personel 151 lokasi 14 kelurahan 11", ["ambiguous"] * 3),
    ("bukan 151 personel, tidak hanya 14 lokasi, tidak ada 11 kelurahan", ["denied"] * 3),
    ("bukan sekitar 151 personel, lebih dari sekitar 14 lokasi", ["ambiguous"] * 2),
    ("hingga 150 personel, lebih 3 personel", ["ambiguous"] * 2),
    ("12.5 personel, 2,5 personel", ["unreadable"] * 2),
    ("9999999999999999 personel", ["too_large"]),
    ("54 personel Polsek Maulafa", ["part"]),
    ("Oebobo: 21 personel", ["part"]),
    ("Kel. Oebobo (21 personel)", ["part"]),
    ("21 personel di Kelurahan Oebobo", ["part"]),
    ("25 anggota Satgas Preventif", ["part"]),
    ("massa paslon 3 sebanyak 400 orang", ["reference", "no_unit"]),
    ("400 massa paslon 3", ["part", "reference"]),
    ("1. Wilayah Kec. Oebobo\n- 21 personel\n- 2 lokasi", ["list_mark", "part", "part"]),
]


@pytest.mark.parametrize(("text", "reasons"), NO_TOTALS)
def test_what_is_no_total_is_said_with_its_reason(text: str, reasons: list[str]) -> None:
    found = read(text)
    assert totals(found) == []
    assert reasons_of(found) == reasons


BULLETIN = """\
*LAPORAN HARIAN OPS MANTAP PRAJA TURANGGA*
Hari/tanggal : Kamis, 3 Oktober 2024
Pukul : 07.00 s.d. 22.00 WITA

Dilaporkan pengamanan kampanye paslon nomor urut 1:
1. Kekuatan personel : 151 (seratus lima puluh satu) orang dari 6 satgas.
2. Giat kampanye sebanyak 14 kegiatan pada 14 titik lokasi di 11 kelurahan dan 6 kecamatan.
3. Personel hadir 150, terlambat 3, tidak hadir 1 orang.
4. Massa yang hadir sekitar 2.500 orang.
5. Kejadian menonjol : nihil.

Rincian:
Kec. Alak
- Kel. Batu Plat : 11 personel
- 1 lokasi
Kec. Oebobo
- 21 personel, 2 lokasi

Jumlah 151 personel
Dasar: Pasal 5 ayat (2), Sprin/123/IX/2024.
CP: 0812-3456-7890 (Posko)
"""


def test_a_whole_bulletin_its_parts_are_no_totals_and_its_day_is_known() -> None:
    found = read(BULLETIN)
    assert totals(found) == [
        "officers 151", "satgas 6", "rallies 14", "venues 14", "kelurahan 11", "kecamatan 6", "present 150",
        "late 3", "absent 1", "attendees about 2500", "incidents 0", "officers 151",
    ]  # fmt: skip
    assert [BULLETIN[each.start : each.end] for each in found.stated if each.scope == "part"] == [
        "11 personel", "1 lokasi", "21 personel", "2 lokasi",
    ]  # fmt: skip
    assert found.days == ["2024-10-03"]
    assert BULLETIN[found.stated[0].start : found.stated[0].end] == (
        "Kekuatan personel : 151 (seratus lima puluh satu) orang"
    )


def test_a_list_of_what_was_counted_makes_no_part_of_what_follows() -> None:
    found = read("11 kelurahan yaitu Batu Plat, Oebobo, Bakunase Dua, 6 kecamatan")
    assert totals(found) == ["kelurahan 11", "kecamatan 6"]
    found = read("Kelurahan:\nBatu Plat\nOebobo\nOepura\nPersonel: 151")
    assert totals(found) == ["officers 151"]


LISTS = [
    ("1. Aula GMIT, 11 personel\n2. Gedung Sonaf, 10 personel\n3. Jumlah 21 personel", ["officers 21"]),
    ("- Perwira, 11 personel\n- Bintara, 140 personel\n\n151 personel", ["officers 151"]),
    ("1. Personel 151\n2. Lokasi 14\n3. Kelurahan 11", ["officers 151", "venues 14", "kelurahan 11"]),
    ("Lokasi 1\nLokasi 2", []),
    ("Lokasi 1: Aula GMIT, 11 personel", []),
    ("Lokasi 1 di Aula GMIT", []),
    ("Kegiatan 1: 11 personel\nSatgas 1: 10 personel\nRegu 2: 10 personel\nTPS 012: 2 personel", []),
    ("hadir : 150 pers, kurang : 1 pers, sakit 2 orang, Perwira: 10 personel", ["present 150"]),
    ("151 personel Polresta dan Polsek jajaran", ["officers 151"]),
    ("lokasi 14 dan kelurahan 11", ["venues 14", "kelurahan 11"]),
]


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_the_lines_of_a_list_tell_parts_and_what_is_numbered_is_not_counted(
    text: str, expected: list[str]
) -> None:
    assert totals(read(text)) == expected


def test_a_word_for_none_is_a_number_only_beside_what_is_counted() -> None:
    assert read("tidak ada hambatan, tanpa gangguan").not_taken == []
    assert [each.reason for each in read("hambatan nihil").not_taken] == ["no_unit"]


def test_of_two_days_neither_is_the_day_and_an_impossible_one_is_none() -> None:
    assert read("3 Oktober 2024 dan 4 Oktober 2024, lagi 3 Oktober 2024").days == ["2024-10-03", "2024-10-04"]
    assert read("31 Februari 2024").days == []
