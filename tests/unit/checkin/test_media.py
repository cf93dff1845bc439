"""What a file is, by its first bytes."""

from __future__ import annotations

import pytest

from services.checkin.attachments.media import ALLOWED, ENDINGS, HEAD_BYTES, called, types_of

FILES = {  # the smallest that have the structure of their type
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    + bytes(17)
    + b"\x00\x00\x00\x00IDAT5\xaf\x06\x1e"
    + b"\x00\x00\x00\x00IEND\xaeB`\x82",
    "image/webp": b"RIFF\x0c\x00\x00\x00WEBPVP8 \x00\x00\x00\x00",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08moov",
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08moov",
    "video/3gpp": b"\x00\x00\x00\x18ftyp3gp5\x00\x00\x01\x003gp53gp4\x00\x00\x00\x08moov",
    "audio/ogg": b"OggS\x00\x02" + bytes(22) + b"OpusHead",
    "audio/mp4": b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A mp42isom\x00\x00\x00\x08moov",
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x23",
}


@pytest.mark.parametrize(("media", "head"), FILES.items())
def test_a_file_is_known_by_its_beginning(media: str, head: bytes) -> None:
    assert types_of(head)[0] == media


def test_each_type_that_is_taken_is_known_and_has_an_ending() -> None:
    assert set(FILES) == set(ALLOWED) == set(ENDINGS)
    assert all(len(head) <= HEAD_BYTES for head in FILES.values())


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>",
        b"<?xml version='1.0'?><svg>",
        b"PK\x03\x04",
        b"GIF89a",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypqt  ",
        b"\xff\xd8",
        b"\xff",
        b"\x7fELF",
        b"\xff\xfe<\x00h\x00",
        b" %PDF-1.7",
    ],
)
def test_anything_else_is_not(head: bytes) -> None:
    assert types_of(head) == ()


@pytest.mark.parametrize("sync", [b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"])
def test_sound_without_a_tag_begins_with_its_frames(sync: bytes) -> None:
    assert types_of(sync + b"\x90\x44") == ("audio/mpeg",)


def test_a_recording_may_be_in_a_container_for_films() -> None:
    assert types_of(FILES["video/mp4"]) == ("video/mp4", "audio/mp4")
    assert types_of(FILES["video/3gpp"]) == ("video/3gpp", "audio/mp4")
    assert types_of(FILES["audio/mp4"]) == ("audio/mp4",)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("image/JPG", "image/jpeg"),
        ("audio/opus; rate=48000", "audio/ogg"),
        (" audio/x-m4a ", "audio/mp4"),
        ("text/html", "text/html"),
        ("", ""),
    ],
)
def test_types_have_several_names(said: str, plain: str) -> None:
    assert called(said) == plain
