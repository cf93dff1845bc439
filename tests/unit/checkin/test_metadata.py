"""Positions and other metadata are removed from pictures and films, and nothing of what they show."""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts.field import MediaType
from services.checkin.attachments.metadata import PIECES_MAX, Damaged, without_metadata
from tests.unit.checkin.house import Field
from tests.unit.checkin.test_attachments import attach
from tests.unit.checkin.test_media import FILES

POSITION = b"S 10 10 21.5 E 123 36 27.1"
"""Stands in each piece of metadata."""
XMP = b"<x:xmpmeta>" + POSITION


def tiff(order: str = "<", orientation: int = 6) -> bytes:
    """Exif as a phone writes it: the orientation, and a pointer to the GPS part behind it."""
    mark = b"II" if order == "<" else b"MM"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(order + "HHII", 0x8825, 4, 1, 38)
    return mark + struct.pack(order + "HIH", 42, 8, 2) + entries + bytes(4) + POSITION


TURNED = struct.pack(">2sHIH HHIHH I", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
"""Exif that says the orientation 6 and nothing else."""


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload


JFIF = segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
ICC = segment(0xE2, b"ICC_PROFILE\x00\x01\x01profile")
TABLES = segment(0xDB, bytes(65)) + segment(0xC2, bytes(15)) + segment(0xC4, bytes(20))
SCANS = (
    segment(0xDA, bytes(10)) + b"\x12\xff\x00\x34\xff\xd0\x56" * 40 + segment(0xC4, bytes(20))
    + segment(0xDA, bytes(6)) + b"\x78\xff\x00" * 9
)  # fmt: skip
"""Two scans of a progressive picture, with stuffed bytes and restart markers."""
JPEG = (
    b"\xff\xd8" + JFIF + segment(0xE1, b"Exif\x00\x00" + tiff())
    + segment(0xE1, b"http://ns.adobe.com/" + XMP) + ICC + segment(0xED, b"Photoshop 3.0\x00" + POSITION)
    + segment(0xFE, POSITION) + TABLES + SCANS
    + b"\xff\xd9" + b"MotionPhoto" + POSITION
)  # fmt: skip
PLAIN_JPEG = b"\xff\xd8" + segment(0xE1, b"Exif\x00\x00" + TURNED) + JFIF + ICC + TABLES + SCANS + b"\xff\xd9"


def chunk(kind: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4) + kind + payload + zlib.crc32(kind + payload).to_bytes(4)


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


HEADER, PIXELS = chunk(b"IHDR", bytes(13)), chunk(b"gAMA", bytes(4)) + chunk(b"IDAT", b"pixels")
PNG = png(
    HEADER, chunk(b"iTXt", XMP), chunk(b"tEXt", POSITION), chunk(b"tIME", bytes(7)), PIXELS,
    chunk(b"eXIf", tiff()),
)  # fmt: skip
PLAIN_PNG = png(HEADER, chunk(b"eXIf", TURNED), PIXELS)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + len(payload).to_bytes(4, "little") + payload + bytes(len(payload) % 2)
        for kind, payload in chunks
    )
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


FRAME = (b"VP8 ", b"an odd frame!")
WEBP = webp((b"VP8X", b"\x2c" + bytes(9)), (b"ICCP", b"profile"), FRAME, (b"EXIF", tiff(">")), (b"XMP ", XMP))
PLAIN_WEBP = webp((b"VP8X", b"\x28" + bytes(9)), (b"ICCP", b"profile"), FRAME, (b"EXIF", TURNED))


def box(kind: bytes, payload: bytes) -> bytes:
    return (len(payload) + 8).to_bytes(4) + kind + payload


def freed(payload: bytes) -> bytes:
    return box(b"free", bytes(len(payload)))


FTYP = box(b"ftyp", b"mp42" + bytes(4) + b"isom")
MOVIE, LOCATION, KEYS = box(b"mvhd", bytes(20)), box(b"\xa9xyz", POSITION), box(b"ilst", POSITION)
FRAMES = b"udta frames"


def header(number: int) -> bytes:
    return box(b"tkhd", bytes(12) + number.to_bytes(4) + bytes(4))


def media(handler: bytes, tables: bytes, inside: bytes = b"") -> bytes:
    named = box(b"hdlr", bytes(8) + handler + bytes(12))
    return box(b"mdia", named + inside + box(b"minf", box(b"stbl", tables)))


def tables(sizes: list[int], chunks: list[int], *, wide: bool = False) -> bytes:
    """Two samples in the first chunk, and one in each other."""
    runs = struct.pack(">IIIIIIII", 0, 2, 1, 2, 1, 2, 1, 1)
    same = sizes[0] if len(set(sizes)) == 1 else 0
    listed = b"" if same else struct.pack(f">{len(sizes)}I", *sizes)
    offsets = struct.pack(f">{len(chunks)}{'Q' if wide else 'I'}", *chunks)
    return (
        box(b"stsd", bytes(8) + box(b"mett", bytes(8))) + box(b"stsc", runs)
        + box(b"stsz", struct.pack(">III", 0, same, len(sizes)) + listed)
        + box(b"co64" if wide else b"stco", struct.pack(">II", 0, len(chunks)) + offsets)
    )  # fmt: skip


def film(user: bytes, metadata: bytes, extension: bytes, timed: bytes = b"", data: bytes = FRAMES) -> bytes:
    """A film with metadata in the movie, in its track and in the track's media, and with another track."""
    shown = box(b"trak", header(1) + media(b"vide", b"", user) + metadata)
    return FTYP + box(b"mdat", data) + box(b"moov", MOVIE + shown + user + metadata + timed) + extension


def timed(handler: bytes = b"meta", sizes: tuple[int, ...] = (10, 12, 4), *, wide: bool = False) -> bytes:
    """A track whose samples are `POSITION`, in two chunks behind the frames."""
    at = len(FTYP) + 8 + len(FRAMES)
    first = sum(sizes[:2])
    return header(2) + media(handler, tables([*sizes], [at, at + first + 2], wide=wide))


def with_track(inside: bytes) -> bytes:
    """Its data: the frames, the first chunk of positions, two bytes of sound, and the second chunk."""
    data = FRAMES + POSITION[:22] + b"so" + POSITION[22:]
    return film(b"", b"", b"", box(b"trak", inside), data)


def freed_track(inside: bytes) -> bytes:
    return film(b"", b"", b"", freed(inside), FRAMES + bytes(22) + b"so" + bytes(4))


ONE_SIZE = FRAMES + bytes(4) + POSITION[4:6] + bytes(2) + POSITION[8:22] + b"so" + POSITION[22:]
"""Two samples of two bytes in the first chunk, and one in the second, two bytes behind."""
MP4 = film(box(b"udta", LOCATION), box(b"meta", KEYS), box(b"uuid", XMP))
PLAIN_MP4 = film(freed(LOCATION), freed(KEYS), freed(XMP))
HIDDEN = film(box(b"free", POSITION), box(b"gps ", POSITION), box(b"skip", POSITION))
PLAIN_HIDDEN = film(freed(POSITION), freed(POSITION), freed(POSITION))


def heic_of_extents(items: int, extents: int, size: int) -> bytes:
    """A picture whose items have extents that say where they begin and how long they are in `size` bytes."""
    infe = box(b"infe", struct.pack(">IHH4s", 2 << 24, 1, 0, b"Exif"))
    listed = box(b"iinf", struct.pack(">IH", 0, 1) + infe)
    ftyp = box(b"ftyp", b"heic" + bytes(4) + b"mif1")
    mdat = box(b"mdat", bytes(32))
    extent = (len(ftyp) + 8).to_bytes(size) + (32).to_bytes(size) if size else b""
    item = struct.pack(">HHH", 1, 0, extents) + extent * extents
    iloc = struct.pack(">IBBH", 0, size * 0x11, 0, items) + item * items
    return ftyp + mdat + box(b"meta", bytes(4) + listed + box(b"iloc", iloc))


def heic(exif: bytes, document: bytes, *, extents: int = 1) -> bytes:
    """A picture, and items that are Exif in `mdat` and XMP in `idat`."""
    entries = [(1, b"hvc1"), (2, b"Exif"), (3, b"mime")]
    infe = b"".join(box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, kind)) for number, kind in entries)
    listed = box(b"iinf", struct.pack(">IH", 0, len(entries)) + infe)
    inside = box(b"idat", document)
    picture = b"the picture"
    iloc_size = 8 + 4 + 2 + 2 + 3 * 16
    ftyp = box(b"ftyp", b"heic" + bytes(4) + b"mif1")
    mdat = len(ftyp) + 8 + 4 + len(listed) + iloc_size + len(inside) + 8
    places = [(1, 0, mdat, len(picture)), (2, 0, mdat + len(picture), len(exif)), (3, 1, 0, len(document))]
    iloc = struct.pack(">IBBH", 1 << 24, 0x44, 0x00, len(places))
    for number, construction, begin, size in places:
        iloc += struct.pack(">HHHHII", number, construction, 0, extents, begin, size)
    meta = box(b"meta", bytes(4) + listed + box(b"iloc", iloc) + inside)
    return ftyp + meta + box(b"mdat", picture + exif)


EXIF = b"\x00\x00\x00\x00" + tiff()
HEIC = heic(EXIF, XMP)
PLAIN_HEIC = heic(bytes(len(EXIF)), bytes(len(XMP)))
CASES: dict[str, tuple[MediaType, bytes, bytes]] = {
    "jpeg": ("image/jpeg", JPEG, PLAIN_JPEG),
    "png": ("image/png", PNG, PLAIN_PNG),
    "webp": ("image/webp", WEBP, PLAIN_WEBP),
    "heic": ("image/heic", HEIC, PLAIN_HEIC),
    "mp4": ("video/mp4", MP4, PLAIN_MP4),
    "free space": ("video/mp4", HIDDEN, PLAIN_HIDDEN),
    "timed": ("video/mp4", with_track(timed() + LOCATION), freed_track(timed() + LOCATION)),
    "subtitles": (
        "video/3gpp",
        with_track(timed(b"text", wide=True) + LOCATION),
        freed_track(timed(b"text", wide=True) + LOCATION),
    ),
    "samples of one size": (
        "video/mp4",
        with_track(timed(sizes=(2, 2, 2)) + LOCATION),
        film(b"", b"", b"", freed(timed(sizes=(2, 2, 2)) + LOCATION), ONE_SIZE),
    ),
    "3gp": ("video/3gpp", MP4, PLAIN_MP4),
    "m4a": ("audio/mp4", MP4, PLAIN_MP4),
}


@pytest.mark.parametrize("name", CASES)
def test_metadata_is_removed_and_what_is_shown_stays_bit_for_bit(name: str) -> None:
    media, content, plain = CASES[name]
    assert POSITION in content
    assert without_metadata(content, media) == plain
    assert POSITION not in plain


@pytest.mark.parametrize("name", CASES)
def test_of_a_file_without_metadata_every_byte_stays(name: str) -> None:
    media, _, plain = CASES[name]
    assert without_metadata(plain, media) == plain


@pytest.mark.parametrize("orientation", [0, 1, 9])
@pytest.mark.parametrize("order", "<>")
def test_an_orientation_that_turns_nothing_is_removed_as_well(order: str, orientation: int) -> None:
    exif = segment(0xE1, b"Exif\x00\x00" + tiff(order, orientation))
    picture = TABLES + SCANS + b"\xff\xd9"
    assert without_metadata(b"\xff\xd8" + exif + picture, "image/jpeg") == b"\xff\xd8" + picture


@pytest.mark.parametrize(
    ("media", "content", "why"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe1\x00\x20Exif", "cut off"),
        ("image/jpeg", b"\xff\xd8\xff\xe1\x00\x01" + JPEG, "cut off"),
        ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x02" + POSITION, "no JPEG segment"),
        ("image/jpeg", b"\xff\xd8\xff\xd9", "no frame header"),
        ("image/jpeg", b"\xff\xd8" + SCANS + b"\xff\xd9", "no frame header"),
        ("image/jpeg", b"\xff\xd8" + TABLES + b"\xff\xd9", "no scan"),
        ("image/jpeg", b"\xff\xd8\xff", "no JPEG segment"),
        ("image/jpeg", b"\xff\xd8" + TABLES + SCANS, "its end is missing"),
        ("image/png", PNG[:60], "cut off"),
        ("image/png", PNG[:8], "no IHDR chunk"),
        ("image/png", png(PIXELS), "not begin with an IHDR"),
        ("image/png", png(HEADER), "no IDAT"),
        ("image/png", PNG[:8] + HEADER + PIXELS, "no IEND chunk"),
        ("image/webp", webp((b"ICCP", b"profile")), "no picture"),
        ("image/webp", WEBP[:60], "says that it has"),
        ("image/webp", WEBP[:4] + (len(WEBP) - 10).to_bytes(4, "little") + WEBP[8:], "cut off"),
        ("image/jpeg", b"\xff\xd8" + segment(0xFE, b"") * PIECES_MAX + TABLES, "over 65,536 parts"),
        ("image/png", png(HEADER, chunk(b"tEXt", b"") * PIECES_MAX, PIXELS), "over 65,536 parts"),
        ("image/webp", webp(*[FRAME] * (PIECES_MAX + 1)), "over 65,536 parts"),
        ("video/mp4", FTYP + box(b"moov", box(b"udta", b"") * PIECES_MAX), "over 65,536 parts"),
        ("image/heic", HEIC[:100], "cut off"),
        ("image/heic", HEIC.replace(b"iinf", b"skip"), "does not list its items"),
        ("image/heic", heic(EXIF, XMP, extents=9), "is cut off"),
        ("image/heic", heic(b"", XMP), "does not say where"),
        ("image/heic", HEIC.replace(b"mdat", b"iinf"), "does not say where"),
        ("image/heic", heic_of_extents(2, 65_535, 0), "over 65,536 parts"),
        ("image/heic", heic_of_extents(65_535, 1, 0), "over 65,536 parts"),
        ("image/heic", heic_of_extents(1, 200, 4), "overlap"),
        ("video/mp4", film(b"", b"", b"", box(b"trak", header(2))), "does not say where the samples"),
        ("video/mp4", film(b"", b"", b"", box(b"trak", timed())), "does not say where the samples"),
        ("video/mp4", with_track(timed(sizes=(10, 12, 4, 4))), "does not say where the samples"),
        (
            "video/mp4",
            with_track(timed()) + box(b"moof", box(b"traf", box(b"tfhd", b"\0\0\0\0\0\0\0\2"))),
            "in fragments",
        ),
        (
            "video/mp4",
            film(b"", b"", b"", box(b"trak", header(2) + media(b"meta", tables([5] * 6, [28] * 5)))),
            "overlap",
        ),
        ("image/heic", FTYP, "no picture"),
        ("video/mp4", FTYP + box(b"mdat", FRAMES), "no movie"),
        ("video/mp4", MP4[:36], "cut off"),
        ("video/mp4", FTYP + b"\x00\x00\x00\x04moov" + bytes(9), "cut off"),
    ],
)
def test_a_file_without_the_structure_of_its_type_is_refused(
    media: MediaType, content: bytes, why: str
) -> None:
    with pytest.raises(Damaged, match=why):
        without_metadata(content, media)


def test_the_search_for_the_end_of_a_scan_takes_time_linear_in_its_fill_bytes() -> None:
    """8 MB of fill bytes before a stuffed one: a search that looks at them again from each would not end."""
    fill = b"\xff" * 8_000_000
    plain = b"\xff\xd8" + TABLES + segment(0xDA, bytes(6)) + fill + b"\x00" + fill + b"\xd9"
    assert without_metadata(plain, "image/jpeg") == plain[: -len(fill) - 1] + b"\xff\xd9"


@given(st.sampled_from(list(CASES)), st.data())
def test_a_damaged_file_is_refused_or_stays_as_it_is_the_second_time(name: str, data: st.DataObject) -> None:
    """Whatever bytes are changed: no other error, and the result has nothing left to be removed."""
    media, content, _ = CASES[name]
    changed = bytearray(content)
    for at in data.draw(st.lists(st.integers(8, len(content) - 1), min_size=1, max_size=4)):
        changed[at] = data.draw(st.integers(0, 255))
    try:
        once = without_metadata(bytes(changed), media)
    except Damaged:
        return
    assert without_metadata(once, media) == once


async def test_a_photo_is_kept_without_its_position_and_sent_again_it_is_the_same(field: Field) -> None:
    answers = [await field.upload(JPEG, "image/jpeg"), await field.upload(JPEG, "image/jpeg")]
    sha256 = hashlib.sha256(PLAIN_JPEG).hexdigest()
    reference = {"sha256": sha256, "size": len(PLAIN_JPEG), "media_type": "image/jpeg"}
    assert [answer.status_code for answer in answers] == [201, 200]
    assert [answer.json() for answer in answers] == [reference] * 2
    last = await attach(field, file=reference)
    assert (await field.get(f"/attachments/{sha256}", after=last)).content == PLAIN_JPEG


async def test_only_their_owner_reads_the_files_of_incidents(field: Field) -> None:
    assert (await field.upload(JPEG, "image/jpeg")).status_code == 201
    there = (field.state / "attachments").rglob("*")
    modes = {(each.is_dir(), stat.S_IMODE(each.stat().st_mode)) for each in there}
    assert modes == {(True, 0o700), (False, 0o600)}


async def test_a_damaged_photo_is_answered_with_what_to_do(field: Field) -> None:
    answer = await field.upload(FILES["image/jpeg"][:12], "image/jpeg")
    assert (answer.status_code, answer.json()["code"]) == (422, "damaged_file")
    assert "save or export it once more" in answer.json()["detail"]
    assert [each for each in (field.state / "attachments").rglob("*") if each.is_file()] == []
