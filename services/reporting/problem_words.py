"""What a browser is told in place of a page: why not, and what to do; in Indonesian as the board is."""

from __future__ import annotations

from typing import Final

from services.reporting.words import number

REFUSALS: Final = {
    "used_ticket": "Tautan ini sudah pernah dipakai.",
    "expired_token": "Tautan atau sesi ini sudah kedaluwarsa.",
    "bad_token": "Tautan atau sesi ini tidak berlaku di sini.",
    "wrong_mode": "Tautan ini untuk mode yang lain: operasi nyata dan latihan dipisahkan.",
}
"""Code of a refusal → why a link or session does not let in."""
WAITING: Final = {
    "not_folded": "Pusat sedang membaca catatan operasi ini",
    "busy": "Terlalu banyak papan sedang dibuka di sini",
}
"""Code of a problem that passes by itself → why one waits."""
WAIT: Final = "Pusat belum siap"
"""The same for all others."""
PROBLEM: Final = (
    "Halaman ini tidak dapat ditampilkan",
    "Coba lagi; bila terulang, beritahukan kepada petugas sistem.",
)
PROBLEMS: Final = {
    "wrong_operation": (
        "Tautan Anda bukan untuk operasi ini",
        "Bukalah papan operasi Anda sendiri, atau mintalah tautan untuk operasi ini.",
    ),
    "wrong_role": (
        "Peran Anda tidak melihat halaman ini",
        "Yang boleh melihatnya dapat memberi tautan dengan peran yang sesuai.",
    ),
    "halted": (
        "Papan operasi ini berhenti",
        "Ada catatan yang tidak dapat dibaca; angkanya tidak diteruskan. Beritahukan kepada petugas sistem.",
    ),
}
"""Code of a problem → what it is, and what to do."""
ASKED_FOR: Final = {
    "venue": "lokasi",
    "place": "lokasi",
    "site": "pos dijaga",
    "post": "posko",
    "officer": "personel",
    "unit": "kesatuan",
    "kind": "jenis catatan",
    "severity": "tingkat kejadian",
    "election": "pemilihan",
    "kelurahan": "kelurahan",
    "kecamatan": "kecamatan",
    "satgas": "satgas",
    "pair": "paslon",
    "role": "tugas",
}
"""Parameter of a query → what it names."""
PROBLEM_OF: Final = {
    403: ("Tidak diizinkan", "Tautan Anda tidak memberi hak untuk halaman ini."),
    404: ("Tidak ditemukan", "Periksa alamatnya, atau mulailah dari papan."),
    422: ("Alamat ini kurang lengkap", "Periksa isian atau alamatnya, atau mulailah dari papan."),
    429: ("Terlalu banyak permintaan", "Tunggu sebentar, lalu coba lagi."),
    500: ("Terjadi kesalahan di pusat", "Coba lagi; bila terulang, beritahukan kepada petugas sistem."),
    503: ("Belum dapat dijawab", "Coba lagi sebentar lagi."),
}
"""Status → the same for all others."""


def unknown_name(parameter: str, asked: str, near: list[str], count: int) -> tuple[str, str]:
    """What a page says where a query names what nobody knows of: its title, and what there is."""
    what = ASKED_FOR.get(parameter, parameter)
    there = f"Yang ada: {', '.join(near)}" if near else f"Belum ada {what} yang diketahui"
    more = f", dan {number(count - len(near))} lagi" if count > len(near) else ""
    return f"Tidak dikenal: {what} “{asked[:80]}”", f"{there}{more}."
