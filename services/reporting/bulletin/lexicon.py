"""The words of a bulletin: what is counted, what only tells of persons, and what stands around a number."""

from __future__ import annotations

from typing import Final, Literal

Claim = Literal[
    "officers", "rallies", "venues", "kelurahan", "kecamatan", "satgas", "pairs",
    "present", "late", "absent", "incidents", "attendees",
]  # fmt: skip
NOUNS: Final[dict[tuple[str, ...], Claim]] = {
    **dict.fromkeys(
        [("personel",), ("personil",), ("personnel",), ("pers",), ("anggota",), ("kekuatan",)], "officers"
    ),
    **dict.fromkeys([("giat",), ("kegiatan",), ("kampanye",)], "rallies"),
    **dict.fromkeys([("lokasi",), ("lok",), ("titik",), ("tempat",)], "venues"),
    **dict.fromkeys([("kelurahan",), ("kel",)], "kelurahan"),
    **dict.fromkeys([("kecamatan",), ("kec",)], "kecamatan"),
    **dict.fromkeys([("satgas",), ("satuan", "tugas")], "satgas"),
    **dict.fromkeys([("paslon",), ("pasangan", "calon"), ("pasang", "calon")], "pairs"),
    **dict.fromkeys([("kejadian",), ("kejadian", "menonjol"), ("insiden",)], "incidents"),
    **dict.fromkeys([("massa",), ("peserta",), ("hadirin",), ("simpatisan",)], "attendees"),
}
"""What a bulletin counts, in its spellings."""
STATES: Final[dict[tuple[str, ...], Claim]] = {
    ("hadir",): "present",
    ("kehadiran",): "present",
    ("terlambat",): "late",
    ("telat",): "late",
    ("tidak", "hadir"): "absent",
    ("tdk", "hadir"): "absent",
    ("absen",): "absent",
}
"""What is said of persons, with or without the word for them."""
OTHER_STATES: Final[frozenset[tuple[str, ...]]] = frozenset(
    {
        ("tidak", "terlambat"), ("tdk", "terlambat"), ("tidak", "telat"), ("tidak", "absen"),
        ("belum", "hadir"), ("blm", "hadir"),
    }
)  # fmt: skip
"""Like a state to the eye, and not counted here."""
ATTENDED_BY: Final = ("dihadiri",)
PERSONS: Final = frozenset({"orang", "org", "jiwa"})
PIECES: Final = frozenset({"buah", "bh"})
LINKS: Final = frozenset(
    {
        "sebanyak", "sejumlah", "berjumlah", "jumlah", "jml", "total", "totalnya", "jumlahnya", "adalah",
        "ada", "hanya", "oleh", "sebesar", "tercatat", "mencapai", "sebanyaknya",
    }
)  # fmt: skip
"""They may stand between what is counted and how many there are."""
JOINERS: Final = frozenset({"yang", "yg", "dinyatakan"})
"""They may stand between a person and what is said of him."""
FUNCTION_WORDS: Final = frozenset(
    {
        "di", "pada", "dari", "dengan", "dgn", "dlm", "dalam", "untuk", "utk", "ke", "oleh", "serta", "dan",
        "atau", "karena", "krn", "sehingga", "saat", "sampai", "yang", "yg", "guna", "selama", "sedangkan",
        "sementara", "kemudian", "lalu", "tersebar", "saja", "telah", "sudah", "secara", "adapun", "bahwa",
        "sesuai", "berdasarkan",
    }
)  # fmt: skip
"""Behind one of these the words are no unit of the number before."""
PLAIN_QUALITIES: Final = frozenset(
    {
        "pengamanan", "pam", "pengawalan", "polri", "polisi", "polres", "polresta", "gabungan", "siaga",
        "ops", "operasi", "omp", "pilkada", "se", "itu", "tersebut", "lainnya", "keseluruhan",
        "seluruh", "seluruhnya", "plotting", "ploting", "kawal", "jaga", "kecil", "ringan",
        "wali", "walikota", "gubernur", "bupati", "apel", "ini",
    }
)  # fmt: skip
"""Behind what is counted they narrow it to no kind of its own."""
FORCES: Final = frozenset({"polri", "polisi", "polres", "polresta", "polsek"})
JOINT: Final = frozenset({"gabungan", "gab"})
"""Whose officers an operation counts: they name a part only beside another force, `120 Polri, 31 TNI`."""
ELECTIONS: Final = {"wali": "walikota", "walikota": "walikota", "gubernur": "gubernur", "bupati": "bupati"}
"""First word of an office → the election of its candidate pairs."""
VERB_PREFIXES: Final = ("di", "me", "ber", "ter")
VERB_SUFFIX: Final = "kan"
"""A word that begins or ends so and is longer than five letters is what is done, no kind of its own."""
LISTING: Final = frozenset(
    {
        ("yaitu",), ("yakni",), ("meliputi",), ("terdiri",), ("rincian",), ("rinciannya",), ("perincian",),
    }
)  # fmt: skip
"""What follows is a list of what was counted, not where it was counted."""
INCLUDING: Final = frozenset(
    {("antara",), ("antara", "lain"), ("di", "antaranya"), ("diantaranya",), ("antaranya",), ("termasuk",)}
)
"""What follows lists some of what was counted."""
EACH: Final = frozenset(
    {
        ("masing", "-", "masing"), ("setiap",), ("tiap",), ("tiap", "-", "tiap"), ("per",), ("@",), ("x",),
        ("×",),
    }
)  # fmt: skip
"""The number beside one of these is said of each of several."""
BEFORE_EACH: Final = frozenset({"setiap", "tiap", "per"})
"""The noun behind one of these is no name that a number follows: `tiap regu 10 personel`."""
AVERAGE: Final = frozenset({("rata", "-", "rata"), ("rerata",)})
"""The number beside one of these is what each of several has in the middle."""
DAILY: Final = frozenset({("setiap", "hari"), ("tiap", "hari"), ("per", "hari"), ("per", "tanggal")})
"""Of every day: what is counted of one day is the total still."""
TARGETS: Final = frozenset(
    {
        ("target",), ("targetnya",), ("ditargetkan",), ("kebutuhan",), ("dibutuhkan",), ("seharusnya",),
        ("idealnya",), ("kuota",),
    }
)  # fmt: skip
"""The number is what was wanted, not what there is."""
SHARES: Final = frozenset(
    {
        ("setengah",), ("separuh",), ("separo",), ("sepertiga",), ("seperempat",), ("sebagian",),
        ("mayoritas",), ("dua", "pertiga"), ("tiga", "perempat"),
    }
)  # fmt: skip
"""The number behind one of these is what the share is taken of."""
CHANGES: Final = frozenset(
    {
        ("bertambah",), ("berkurang",), ("penambahan",), ("pengurangan",), ("tambahan",), ("ditambah",),
        ("naik",), ("turun",), ("kekurangan",), ("kelebihan",), ("selisih",),
    }
)  # fmt: skip
"""The number is a change or a difference."""
OTHER_DAYS: Final = frozenset({("kemarin",), ("besok",), ("esok",), ("lusa",), ("sehari", "sebelumnya")})
THIS_DAY: Final = frozenset({("hari", "ini"), ("saat", "ini"), ("sekarang",)})
DOCUMENTS: Final = frozenset(
    {
        "sprin", "surat", "sttp", "perintah", "keputusan", "peraturan", "pkpu", "uu", "telegram", "renops",
        "rengiat", "nomor",
    }
)  # fmt: skip
"""The date behind one of these is that of a document."""
PERIODS: Final = frozenset({"sejak", "mulai", "terhitung", "sampai", "hingga", "sebelum"})
"""The date behind one of these bounds a period."""
WEEKDAYS: Final = frozenset({"senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"})
DATE_HEADING: Final = WEEKDAYS | {"hari", "tanggal", "tgl", "jum", "at"}
"""A line of no more than these and a date says of which day the lines below it are."""
PART_WORDS: Final = frozenset(
    {
        "polsek", "polda", "brimob", "samapta", "sabhara", "intelkam", "reskrim", "lantas", "binmas",
        "propam", "polwan", "perwira", "bintara", "tamtama", "subsatgas", "kompi", "peleton", "pleton",
        "regu", "tni", "satpol", "linmas", "kodim", "koramil", "bko", "tps", "padal", "satlantas",
        "satintelkam", "satreskrim",
    }
)  # fmt: skip
"""Of one of these a bulletin tells a part, whose numbers are no totals."""
NAMED_UNITS: Final = frozenset(
    {"polsek", "polda", "polres", "polresta", "satpol", "kodim", "koramil", "kompi", "satgas", "subsatgas"}
)
COUNTED_UNITS: Final = frozenset(
    {"polsek", "polda", "kodim", "koramil", "kompi", "peleton", "pleton", "regu", "subsatgas", "tps"}
)
"""Directly behind a number they are what it counts, `6 polsek`, and no force that persons are of."""
OF_A_CITY: Final = frozenset({"polres", "polresta"})
"""Words behind one of these are its name, and that of no part: Polresta Kupang Kota."""
NAMED_PLACES: Final = frozenset({"kelurahan", "kel", "kecamatan", "kec", "tps"})
"""The word behind one of these is its name: Polsek Maulafa, Kel. Oebobo."""
OTHER_KINDS: Final = frozenset(
    {
        "sakit", "izin", "ijin", "cuti", "dinas", "luar", "cadangan", "kurang", "lepas", "piket",
        "keterangan", "alpa", "dik",
    }
)  # fmt: skip
"""As labels they tell of a kind of persons that is no total here: `sakit 2 orang`."""
ALL_OF_THEM: Final = frozenset({"jajaran", "sejajaran"})
"""`Polsek jajaran` are all of them, no part."""
PART_NOUNS: Final = frozenset({"kelurahan", "kecamatan", "satgas", "pairs"})
"""What names a part when a name follows: kelurahan Oebobo, satgas Preventif."""
Bound = Literal["about", "at_least", "at_most", "more_than", "less_than", "unclear"]
NEGATIONS: Final = ("tidak", "tak", "tdk", "belum", "bukan")
"""Before a number that no bound follows they deny it: `bukan 151`, `tidak hanya 151`."""
_BOUND_PHRASES: Final[dict[Bound, tuple[str, ...]]] = {
    "about": (
        "sekitar", "kira - kira", "kurang lebih", "lebih kurang", "hampir", "mendekati", "nyaris",
        "kisaran", "±",
    ),
    "at_least": (
        "minimal", "min", "sedikitnya", "setidaknya", "setidak - tidaknya", "sekurangnya",
        "sekurang - kurangnya", "paling sedikit", "paling kurang", "paling tidak", "paling minim", "≥", "> =",
    ),
    "at_most": ("maksimal", "maks", "paling banyak", "paling lama", "sebanyak - banyaknya", "≤", "< ="),
    "more_than": ("lebih dari", "melebihi", "melampaui", "di atas", "diatas", ">"),
    "less_than": ("kurang dari", "di bawah", "dibawah", "<"),
    "unclear": ("hingga", "sampai", "sampai dengan", "lebih"),
}  # fmt: skip
_NEGATED: Final[dict[str, Bound]] = {
    "kurang dari": "at_least", "kurang": "at_least", "di bawah": "at_least",
    "lebih dari": "at_most", "lebih": "at_most", "melebihi": "at_most", "melampaui": "at_most",
    "di atas": "at_most",
    "sampai": "less_than", "mencapai": "less_than", "hingga": "less_than",
}  # fmt: skip
BOUNDS: Final[dict[tuple[str, ...], Bound]] = {
    **{tuple(phrase.split()): kind for kind, phrases in _BOUND_PHRASES.items() for phrase in phrases},
    **{(no, *phrase.split()): kind for no in NEGATIONS for phrase, kind in _NEGATED.items()},
}
"""What stands before a number and bounds it. `unclear`: a bound, but which one is not certain."""
FILLERS: Final = frozenset({"sebanyak", "sejumlah", "jumlah", "hanya", "cuma", "sekadar", "sebesar", "ada"})
"""They may stand between a bound or a negation and its number."""
ZEROS: Final[frozenset[tuple[str, ...]]] = frozenset(
    {("nihil",), ("tidak", "ada"), ("tdk", "ada"), ("belum", "ada"), ("tanpa",)}
)
"""None of what stands beside them."""
MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "januari jan", "februari pebruari feb", "maret mar", "april apr", "mei", "juni jun", "juli jul",
            "agustus agu agt ags", "september sep sept", "oktober okt", "november nopember nov nop",
            "desember des",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
ZONE_LETTERS: Final = frozenset({"wib", "wita", "wit"})
TIME_WORDS: Final = frozenset({"pukul", "pkl", "jam"})
DATE_WORDS: Final = frozenset({"tanggal", "tgl"})
PHONE_WORDS: Final = frozenset({"hp", "wa", "telp", "telepon", "tlp", "hotline"})
REFERENCES: Final = frozenset(
    {
        "pasal", "psl", "ayat", "huruf", "angka", "butir", "bab", "nomor", "nmr", "no", "urut", "rt", "rw",
        "blok", "lantai", "sprin", "sttp", "uu", "pkpu", "tps", "kompi", "pleton", "peleton", "regu",
        "subsatgas", "jl", "jalan", "km", "gang", "lampiran", "halaman", "seri", "nrp", "nip", "nik",
    }
)  # fmt: skip
"""The number behind one of these says which one, not how many."""
PERSONAL_NUMBERS: Final = frozenset({"nrp", "nip", "nik"})
MEASURES: Final = frozenset(
    {
        "persen", "jam", "menit", "mnt", "detik", "hari", "minggu", "bulan", "tahun", "km", "m", "meter",
        "cm", "kg", "liter", "rupiah", "kali", "x",
    }
)  # fmt: skip
"""A number with one of these is a measure of something else."""
ABBREVIATIONS: Final = frozenset(
    {
        "kel", "kec", "lok", "pers", "org", "no", "nmr", "tgl", "pkl", "jl", "jml", "telp", "tlp", "hp",
        "wa", "sdr", "bpk", "psl", "nrp", "nip", "yg", "dgn", "utk", "tdk", "s", "d", "ops", "bh", "dr",
        "h",
    }
)  # fmt: skip
"""A full stop behind one of these ends no sentence."""
