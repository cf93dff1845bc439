"""Removes metadata from pictures and films without touching what they show: positions, devices, thumbnails.

Nothing is decoded or encoded again, so a picture keeps every bit of its pixels, and the same file always
gives the same bytes. How a picture is to be turned (Exif orientation) and its colour profile are kept.

Sources: JPEG ITU-T T.81 annex B and Exif 2.32; PNG, third edition; WebP Container Specification;
ISO/IEC 14496-12 (boxes, `meta`, `iinf`, `iloc`) and 23008-12 (HEIF).
"""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final, NamedTuple

from pamwal.contracts.field import MediaType


class Damaged(ValueError):
    """The file does not have the structure of its type: it is not whole, or its metadata cannot be found."""


PIECES_MAX: Final = 65_536
"""Segments, chunks, boxes, items and their extents: to walk over the millions that 10 MB have room for takes
seconds, and extents may take no bytes of the file at all."""


def without_metadata(content: bytes, media: MediaType) -> bytes:
    """The file without its metadata; PDF, MP3 and Ogg as they are, with their tags. Damaged."""
    remove = _REMOVE.get(media)
    return content if remove is None else remove(content)


class _Pieces:
    """Counts the pieces of one file. Damaged beyond `PIECES_MAX`."""

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        """One more."""
        self._count += 1
        if self._count > PIECES_MAX:
            raise Damaged(f"it has over {PIECES_MAX:,} parts")


# --- Exif

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3


def _orientation(tiff: bytes) -> int | None:
    """2 to 8 if the picture is to be turned or mirrored, else None, also where the Exif cannot be read."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)  # type: ignore[arg-type]

    first = number(4, 4)
    for entry in range(first + 2, min(first + 2 + 12 * number(first, 2), len(tiff) - 11), 12):
        if number(entry, 2) == _ORIENTATION and number(entry + 2, 2) == _SHORT:
            value = number(entry + 8, 2)
            return value if 2 <= value <= 8 else None
    return None


def _exif_of(orientation: int) -> bytes:
    """A TIFF structure that says the orientation and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


# --- JPEG

_EXIF: Final = b"Exif\x00\x00"
_KEPT_APPLICATION: Final = {0xE0: (b"JFIF\x00",), 0xE2: (b"ICC_PROFILE\x00",), 0xEE: (b"Adobe",)}
"""Application segments that say how to read the pixels. Others are metadata, and comments are, too."""
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Frame headers: how large the picture is and how it is coded."""
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""A marker, and the fill bytes before it."""
_SCAN_END: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""The next marker behind entropy-coded data: no stuffed byte, and no restart within it. Has no repetition, so
that a search over a long run of fill bytes takes time linear in its length."""


def _jpeg(content: bytes) -> bytes:
    kept: list[bytes] = []
    found: set[int] = set()
    orientation: int | None = None
    for marker, segment in _segments(content):
        found.add(marker)
        payload = segment[4:]
        if marker == 0xE1 and payload.startswith(_EXIF):
            orientation = orientation or _orientation(payload[len(_EXIF) :])
        if 0xE0 <= marker <= 0xEF:
            if not payload.startswith(_KEPT_APPLICATION.get(marker, ())):
                continue
        elif marker == _COMMENT:
            continue
        kept.append(segment)
    if not found & _FRAMES:
        raise Damaged("it has no frame header")
    if _SCAN not in found:
        raise Damaged("it has no scan")
    if orientation is not None:
        exif = _EXIF + _exif_of(orientation)
        kept.insert(1, b"\xff\xe1" + (2 + len(exif)).to_bytes(2) + exif)
    return b"".join(kept)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment; a scan has its data, and what follows the end is left out."""
    yield _START, content[:2]
    at, pieces = 2, _Pieces()
    while at < len(content):
        pieces.add()
        found = _MARKER.match(content, at)
        if found is None:
            raise Damaged(f"no JPEG segment begins at byte {at}")
        marker, begin = found[1][0], found.end() - 2
        if marker == _END:
            yield marker, b"\xff\xd9"
            return
        end = begin + 2 + int.from_bytes(content[begin + 2 : begin + 4])
        if end < begin + 4 or end > len(content):
            raise Damaged(f"the JPEG segment at byte {at} is cut off")
        if marker == _SCAN:
            following = _SCAN_END.search(content, end)
            coded = len(content) if following is None else following.start()
            end += len(content[end:coded].rstrip(b"\xff"))
        yield marker, content[begin:end]
        at = end
    raise Damaged("its end is missing")


# --- PNG

_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI".split()
    + b"bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
"""Chunks that say how to draw the picture."""


def _png(content: bytes) -> bytes:
    """Without text, times, Exif, chunks that nobody knows, and what follows the end."""
    orientation: int | None = None
    kept, kinds, at, pieces = [content[:8]], [b""], 8, _Pieces()
    while kinds[-1] != b"IEND":
        pieces.add()
        if at >= len(content):
            raise Damaged(f"it has no {'IEND' if kinds[1:] else 'IHDR'} chunk")
        end = at + 12 + int.from_bytes(content[at : at + 4])
        if end > len(content):
            raise Damaged(f"the PNG chunk at byte {at} is cut off")
        kind = content[at + 4 : at + 8]
        kinds.append(kind)
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        elif kind == b"eXIf":
            orientation = orientation or _orientation(content[at + 8 : end - 4])
        at = end
    if kinds[1] != b"IHDR":
        raise Damaged("it does not begin with an IHDR chunk")
    if b"IDAT" not in kinds:
        raise Damaged("it has no IDAT chunk")
    if orientation is not None:
        exif = b"eXIf" + _exif_of(orientation)
        kept.insert(2, (len(exif) - 4).to_bytes(4) + exif + zlib.crc32(exif).to_bytes(4))
    return b"".join(kept)


# --- WebP

_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_PICTURES: Final = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
"""The flags of `VP8X` that say there is Exif or XMP."""


def _webp(content: bytes) -> bytes:
    """Without Exif and XMP, chunks that nobody knows, and what follows the end."""
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise Damaged(f"it says that it has {end} bytes and has {len(content)}")
    kept, at, pieces = [b"WEBP"], 12, _Pieces()
    orientation: int | None = None
    while at < end:
        pieces.add()
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        following = at + 8 + size + size % 2
        if at + 8 + size > end:
            raise Damaged(f"the WebP chunk at byte {at} is cut off")
        kind, chunk = content[at : at + 4], content[at:following]
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        elif kind == b"EXIF":
            orientation = orientation or _orientation(chunk[8:].removeprefix(_EXIF))
        at = following
    if not _WEBP_PICTURES & {chunk[:4] for chunk in kept}:
        raise Damaged("it has no picture")
    if kept[1].startswith(b"VP8X") and len(kept[1]) > 8:
        flags = kept[1][8] & ~(_WEBP_EXIF | _WEBP_XMP)
        if orientation is not None:
            exif = _exif_of(orientation)
            kept.append(b"EXIF" + len(exif).to_bytes(4, "little") + exif)
            flags |= _WEBP_EXIF
        kept[1] = kept[1][:8] + bytes([flags]) + kept[1][9:]
    body = b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


# --- HEIC, MP4 and 3GP: boxes

_FILM: Final = frozenset(b"ftyp styp moov moof mdat sidx ssix mfra pdin prft".split())
_KEPT_BOXES: Final[dict[bytes, frozenset[bytes]]] = {
    b"moov": frozenset(b"mvhd trak mvex iods".split()),
    b"trak": frozenset(b"tkhd tref trgr edts tapt clip load mdia".split()),
    b"mdia": frozenset(b"mdhd hdlr elng minf".split()),
    b"minf": frozenset(b"vmhd smhd hmhd nmhd sthd gmhd hdlr dinf stbl".split()),
    b"moof": frozenset(b"mfhd traf".split()),
    b"traf": frozenset(b"tfhd tfdt trun sbgp sgpd subs saiz saio sdtp".split()),
}
"""Box → the boxes in it that say how to play a film. Others are metadata: `udta` (its `©xyz` and `loci` are
positions), `meta`, `uuid` (XMP), and those that nobody knows; free space may hide anything."""
_SHOWN: Final = frozenset({b"vide", b"soun", b"auxv", b"pict"})
"""Handlers of tracks that are seen or heard. Timed metadata and subtitles, where cameras write positions, are
not."""


class _MediaBox(NamedTuple):
    kind: bytes
    begin: int
    body: int
    end: int


class _Extent(NamedTuple):
    begin: int
    size: int


def _film(content: bytes) -> bytes:
    """Without tracks that are neither seen nor heard, and without the bytes in `mdat` that are theirs."""
    found, pieces = bytearray(content), _Pieces()
    if not any(box.kind == b"moov" for box in _boxes(found, 0, len(found), pieces)):
        raise Damaged("it has no movie")
    _remove(found, _FILM, pieces)
    return bytes(found)


def _heic(content: bytes) -> bytes:
    """Without the items that are Exif or XMP. How it is to be turned is said by `irot`, not by Exif."""
    found, pieces = bytearray(content), _Pieces()
    boxes = list(_boxes(found, 0, len(found), pieces))
    data = [box for box in boxes if box.kind == b"mdat"]
    metas = [box for box in boxes if box.kind == b"meta"]
    if not metas and all(box.kind != b"moov" for box in boxes):
        raise Damaged("it has no picture")
    extents = [extent for meta in metas for extent in _metadata_items(found, meta, data, pieces)]
    if sum(extent.size for extent in extents) > len(content):
        raise Damaged("its items of metadata overlap")
    for extent in extents:
        found[extent.begin : extent.begin + extent.size] = bytes(extent.size)
    _remove(found, _FILM | {b"meta"}, pieces)
    return bytes(found)


def _remove(content: bytearray, kept: frozenset[bytes], pieces: _Pieces) -> None:
    """Makes tracks that are not shown, and boxes of other kinds, free space; all else stays at its offset."""
    whole = list(_boxes(content, 0, len(content), pieces))
    tracks = [
        track
        for movie in whole
        if movie.kind == b"moov"
        for track in _boxes(content, movie.body, movie.end, pieces)
        if track.kind == b"trak" and _handler(content, track, pieces) not in _SHOWN
    ]
    samples = [extent for track in tracks for extent in _samples(content, track, pieces)]
    data = [box for box in whole if box.kind == b"mdat"]
    _require_within(samples, data)
    if tracks:
        _require_no_fragments(content, whole, {_track_id(content, each, pieces) for each in tracks}, pieces)
    for extent in samples:
        content[extent.begin : extent.begin + extent.size] = bytes(extent.size)
    for track in tracks:
        _free(content, track)
    _drop(content, (0, len(content)), kept, pieces)


def _drop(content: bytearray, within: tuple[int, int], kept: frozenset[bytes], pieces: _Pieces) -> None:
    """Makes boxes of other kinds free space, also in boxes that are kept."""
    for box in _boxes(content, *within, pieces):
        if box.kind not in kept:
            _free(content, box)
        elif box.kind in _KEPT_BOXES:
            _drop(content, (box.body, box.end), _KEPT_BOXES[box.kind], pieces)


def _free(content: bytearray, box: _MediaBox) -> None:
    content[box.begin + 4 : box.begin + 8] = b"free"
    content[box.body : box.end] = bytes(box.end - box.body)


def _inside(content: bytearray, box: _MediaBox, path: tuple[bytes, ...], pieces: _Pieces) -> _MediaBox | None:
    """The first box at a path of kinds, such as mdia and hdlr; None if there is none."""
    for kind in path:
        found = next((each for each in _boxes(content, box.body, box.end, pieces) if each.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _handler(content: bytearray, track: _MediaBox, pieces: _Pieces) -> bytes:
    """`vide`, `soun`, `meta`, `text`, …; empty if the track does not say."""
    found = _inside(content, track, (b"mdia", b"hdlr"), pieces)
    return b"" if found is None else bytes(content[found.body + 8 : min(found.body + 12, found.end)])


def _track_id(content: bytearray, track: _MediaBox, pieces: _Pieces) -> int:
    header = _inside(content, track, (b"tkhd",), pieces)
    if header is None:
        raise Damaged("a track has no number")
    fields = _Reader(content, header)
    try:
        fields.number(16 if fields.version == 1 else 8)  # creation_time, modification_time
        return fields.number(4)
    except IndexError as error:
        raise Damaged("a track has no number") from error


_NOWHERE: Final = "it does not say where the samples of a track of metadata are"


def _samples(content: bytearray, track: _MediaBox, pieces: _Pieces) -> list[_Extent]:
    """Where the chunks of a track are: `stsc` says how many samples a chunk has, `stsz` how long they are."""
    tables = _inside(content, track, (b"mdia", b"minf", b"stbl"), pieces)
    if tables is None:
        raise Damaged(_NOWHERE)
    inside = {box.kind: box for box in _boxes(content, tables.body, tables.end, pieces)}
    chunks, runs, sizes = inside.get(b"stco", inside.get(b"co64")), inside.get(b"stsc"), inside.get(b"stsz")
    if chunks is None or runs is None or sizes is None:
        raise Damaged(_NOWHERE)
    try:
        return list(_chunks(content, chunks, _Reader(content, runs), _Reader(content, sizes), pieces))
    except IndexError as error:
        raise Damaged(_NOWHERE) from error


def _chunks(
    content: bytearray, chunks: _MediaBox, runs: _Reader, sizes: _Reader, pieces: _Pieces
) -> Iterator[_Extent]:
    """IndexError if a table ends too early, or samples are left that no chunk has."""
    per_chunk: list[tuple[int, int]] = []
    for _ in range(runs.number(4)):
        pieces.add()
        per_chunk.append((runs.number(4), runs.number(4)))
        runs.number(4)  # sample_description_index
    size_of_all, left = sizes.number(4), sizes.number(4)
    offsets, width, run = _Reader(content, chunks), 8 if chunks.kind == b"co64" else 4, 0
    for chunk in range(1, offsets.number(4) + 1):
        pieces.add()
        while run + 1 < len(per_chunk) and per_chunk[run + 1][0] <= chunk:
            run += 1
        samples = min(per_chunk[run][1], left)
        left -= samples
        size = samples * size_of_all
        if not size_of_all:
            for _ in range(samples):
                pieces.add()
                size += sizes.number(4)
        yield _Extent(offsets.number(width), size)
    if left:
        raise IndexError


def _require_within(samples: list[_Extent], data: list[_MediaBox]) -> None:
    """Damaged if a chunk lies outside the media data, or chunks lie over one another."""
    if not all(_is_within(extent, data) for extent in samples):
        raise Damaged(_NOWHERE)
    if sum(extent.size for extent in samples) > sum(box.end - box.body for box in data):
        raise Damaged("the samples of its tracks of metadata overlap")


def _is_within(extent: _Extent, boxes: list[_MediaBox]) -> bool:
    """Whether one of these boxes, which do not overlap and are in their order, holds the whole extent."""
    at = bisect_right(boxes, extent.begin, key=attrgetter("body"))
    return at > 0 and extent.begin + extent.size <= boxes[at - 1].end


def _require_no_fragments(content: bytearray, whole: list[_MediaBox], ids: set[int], pieces: _Pieces) -> None:
    """Damaged if one of these tracks has samples in fragments: `moov` does not say where they are."""
    for moof in whole:
        if moof.kind != b"moof":
            continue
        for traf in _boxes(content, moof.body, moof.end, pieces):
            header = _inside(content, traf, (b"tfhd",), pieces) if traf.kind == b"traf" else None
            if header is not None and int.from_bytes(content[header.body + 4 : header.body + 8]) in ids:
                raise Damaged("a track of metadata is in fragments; leave it out")


def _boxes(content: bytearray, begin: int, end: int, pieces: _Pieces) -> Iterator[_MediaBox]:
    """The boxes between two offsets; a few bytes behind the last are no box."""
    at = begin
    while at + 8 <= end:
        pieces.add()
        size, body = int.from_bytes(content[at : at + 4]), at + 8
        if size == 1:
            size, body = int.from_bytes(content[at + 8 : at + 16]), at + 16
        elif size == 0:
            size = end - at
        if body > at + size or at + size > end:
            raise Damaged(f"the box at byte {at} is cut off")
        yield _MediaBox(bytes(content[at + 4 : at + 8]), at, body, at + size)
        at += size


def _metadata_items(
    content: bytearray, meta: _MediaBox, data: list[_MediaBox], pieces: _Pieces
) -> list[_Extent]:
    """Where the bytes of the items are that are Exif, XMP or any other document: in `mdat` or `idat`."""
    inside = {box.kind: box for box in _boxes(content, meta.body + 4, meta.end, pieces)}
    items, places = inside.get(b"iinf"), inside.get(b"iloc")
    if items is None or places is None:
        raise Damaged("it does not list its items")
    ids = _metadata_ids(content, items, pieces)
    idat = inside.get(b"idat")
    try:
        places_of = _extents(_Reader(content, places), 0 if idat is None else idat.body, pieces)
        found = [extent for item_id, extent in places_of if item_id in ids]
    except IndexError as error:
        raise Damaged("its list of items is cut off") from error
    bodies = sorted((*data, idat) if idat else data, key=attrgetter("body"))
    for extent in found:
        if extent is None or extent.size == 0 or not _is_within(extent, bodies):
            raise Damaged("it does not say where an item of metadata is")
    return [extent for extent in found if extent is not None]


def _metadata_ids(content: bytearray, items: _MediaBox, pieces: _Pieces) -> set[int]:
    """`iinf`: the ids of its `infe` entries of type `Exif`, `mime` (XMP) or `uri `."""
    ids = set()
    wide = content[items.body] != 0
    for box in _boxes(content, items.body + (8 if wide else 6), items.end, pieces):
        version = content[box.body]
        if box.kind != b"infe" or version < 2:
            continue
        size = 2 if version == 2 else 4
        kind = bytes(content[box.body + 4 + size + 2 : box.body + 4 + size + 6])
        if kind in (b"Exif", b"mime", b"uri "):
            ids.add(int.from_bytes(content[box.body + 4 : box.body + 4 + size]))
    return ids


class _Reader:
    """Numbers of a full box, one after the other. IndexError behind its end."""

    def __init__(self, content: bytearray, box: _MediaBox) -> None:
        self._content, self._end = content, box.end
        self.version = content[box.body]
        self._at = box.body + 4

    def number(self, size: int) -> int:
        """The next `size` bytes, big-endian."""
        if self._at + size > self._end:
            raise IndexError
        found = self._content[self._at : self._at + size]
        self._at += size
        return int.from_bytes(found)


def _extents(iloc: _Reader, idat_begin: int, pieces: _Pieces) -> Iterator[tuple[int, _Extent | None]]:
    """`iloc`: item id and where each part of it is in the file; None where it is a part of other items."""
    sizes = iloc.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    id_size = 4 if iloc.version == 2 else 2
    for _ in range(iloc.number(id_size)):
        pieces.add()
        item_id = iloc.number(id_size)
        construction = iloc.number(2) & 15 if iloc.version in (1, 2) else 0
        iloc.number(2)  # data_reference_index
        base = iloc.number(base_size) + (idat_begin if construction == 1 else 0)
        for _ in range(iloc.number(2)):
            pieces.add()
            if iloc.version in (1, 2):
                iloc.number(index_size)
            begin, size = base + iloc.number(offset_size), iloc.number(length_size)
            yield item_id, _Extent(begin, size) if construction in (0, 1) else None


_REMOVE: Final[dict[MediaType, Callable[[bytes], bytes]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/heic": _heic,
    "video/mp4": _film,
    "video/3gpp": _film,
    "audio/mp4": _film,
}
