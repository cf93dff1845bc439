"""What a file is, by its first bytes: whoever sends it may be mistaken, or lie."""

from __future__ import annotations

from typing import Final, get_args

from pamwal.contracts.field import MediaType

HEAD_BYTES: Final = 64
"""So many of the first bytes say what a file is."""
ALLOWED: Final[tuple[MediaType, ...]] = get_args(MediaType)
ENDINGS: Final[dict[str, str]] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
}
UNSAID: Final = frozenset({"", "application/octet-stream"})
_ALSO_CALLED: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/heif": "image/heic",
    "application/x-pdf": "application/pdf",
    "video/3gpp2": "video/3gpp",
    "audio/3gpp": "video/3gpp",
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
}
_BEGINNINGS: Final[tuple[tuple[bytes, MediaType], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"OggS\x00", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
_HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_M4A: Final = frozenset({b"M4A ", b"M4B "})
_MP4: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"}
)


def called(content_type: str) -> str:
    """A media type as it is named here, without its parameters: `audio/ogg` for `audio/opus; rate=48000`."""
    plain = content_type.partition(";")[0].strip().lower()
    return _ALSO_CALLED.get(plain, plain)


def types_of(head: bytes) -> tuple[MediaType, ...]:
    """What the first bytes of a file allow it to be, the likeliest first; nothing if it is none we take.

    A container of MPEG-4 may hold pictures that move or sound alone: its beginning does not say which.
    """
    for beginning, media in _BEGINNINGS:
        if head.startswith(beginning):
            return (media,)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ("image/webp",)
    if head[4:8] == b"ftyp":
        return _of_container(head[8:12])
    if len(head) >= 2 and head[0] == 0xFF and head[1] in {0xFB, 0xFA, 0xF3, 0xF2}:
        return ("audio/mpeg",)
    return ()


def _of_container(brand: bytes) -> tuple[MediaType, ...]:
    if brand in _HEIC:
        return ("image/heic",)
    if brand in _M4A:
        return ("audio/mp4",)
    if brand[:3] in {b"3gp", b"3g2"}:
        return ("video/3gpp", "audio/mp4")
    if brand in _MP4:
        return ("video/mp4", "audio/mp4")
    return ()
