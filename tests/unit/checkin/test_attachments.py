"""Files of incidents over HTTP, in a folder and in a bucket: whole or not at all, for who may see them."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Request

from pamwal.contracts.claims import Claims
from pamwal.contracts.errors import HttpProblem, SettingsError
from pamwal.edge.app import Caller
from services.checkin.attachments import spool as spooling
from services.checkin.attachments.quotas import Quotas
from services.checkin.attachments.routes import Uploads
from services.checkin.attachments.s3 import BucketStore
from services.checkin.attachments.spool import sweep
from services.checkin.attachments.stores import FolderStore
from services.checkin.settings import AttachmentSettings, UploadQuota
from tests.unit.checkin.house import OPERATION, ROOT, Field
from tests.unit.checkin.s3_stand_in import Bucket
from tests.unit.checkin.test_media import FILES

PHOTO = FILES["image/jpeg"][:-2] + bytes(range(255)) * 400 + b"\xff\xd9"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
REFERENCE = {"sha256": SHA256, "size": len(PHOTO), "media_type": "image/jpeg"}
OFFICER: dict[str, Any] = {
    "role": "officer",
    "post": "maulafa",
    "officer": "NTT-0042",
    "subject": "officer-42",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a service is told of its store; by itself it is a folder."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return {}


@pytest.fixture(params=["folder", "bucket"])
def bucket(
    request: pytest.FixtureRequest, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bucket | None]:
    """The bucket that the service uses; None: it uses a folder."""
    if request.param == "folder":
        yield None
        return
    with Bucket() as found:
        for name, value in {**found.environment, "PAMWAL_ATTACHMENTS": "s3://pamwal/a/b/"}.items():
            monkeypatch.setenv(name, value)
        yield found
        assert found.refused == []


@pytest.fixture
def stored(bucket: Bucket | None, field: Field) -> Field:
    """A service on one of the stores."""
    return field


def kept(field: Field, bucket: Bucket | None) -> dict[str, bytes]:
    """What the store has, by the end of its name; and nothing is left of what came in."""
    folder = field.state / "attachments"
    assert list((folder / ".incoming").glob("*")) == []
    if bucket is not None:
        return {path.removeprefix("/pamwal/a/b/"): body for path, body in bucket.objects.items()}
    files = (path for path in folder.rglob("*") if path.is_file())
    return {f"{path.parent.parent.name}/{path.name}": path.read_bytes() for path in files}


async def upload(field: Field, body: Any = PHOTO, media: str | None = "image/jpeg", **more: Any) -> Any:
    return await field.upload(body, media, **more)


async def attach(field: Field, incident_id: str = "k-1", **more: Any) -> httpx.Response:
    """The incident is reported, and the photo belongs to it."""
    what = {"kind": "fire", "severity": "minor", "kelurahan": "53.71.02.1008"}
    envelope = {"source": "/posts/maulafa/devices/1", "time": "2024-10-03T03:00:00.000Z", "channel": "app"}
    said = [
        ("report_incident", {"incident_id": incident_id, **what}),
        ("attach_to_incident", {"incident_id": incident_id, "attachment": more.pop("file", REFERENCE)}),
    ]
    answer = None
    for name, data in said:
        identity = f"{name}-{incident_id}"
        body = {"id": identity, "type": f"pamwal.field.{name}.v1", "data": data, **envelope}
        answer = await field.post(body)
        assert answer.status_code == 201, answer.text
    assert answer is not None
    return answer


async def test_a_file_goes_in_is_cited_and_comes_out_again(stored: Field, bucket: Bucket | None) -> None:
    answer = await upload(stored)
    assert (answer.status_code, answer.json()) == (201, REFERENCE)
    assert answer.headers["location"].endswith(f"/attachments/{SHA256}")
    assert kept(stored, bucket) == {f"{OPERATION}/{SHA256}": PHOTO}
    last = await attach(stored, file=answer.json())
    got = await stored.get(f"/attachments/{SHA256}", after=last)
    assert (got.status_code, got.content) == (200, PHOTO)
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-disposition"] == f'attachment; filename="{SHA256[:12]}.jpg"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-length"] == str(len(PHOTO))
    found = (await stored.get("/incidents/k-1", after=last)).json()
    assert [each["attachment"] for each in found["attached"]] == [REFERENCE]


async def test_the_same_bytes_twice_are_one_object(stored: Field, bucket: Bucket | None) -> None:
    answers = [await upload(stored), await upload(stored, media=None), await upload(stored)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [answer.json() for answer in answers] == [REFERENCE] * 3
    assert list(kept(stored, bucket).values()) == [PHOTO]
    if bucket is not None:
        assert [method for method, _ in bucket.asked].count("PUT") == 1


async def test_two_at_once_are_one_object(stored: Field, bucket: Bucket | None) -> None:
    answers = await asyncio.gather(*(upload(stored) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert kept(stored, bucket) == {f"{OPERATION}/{SHA256}": PHOTO}


@pytest.mark.parametrize(("media", "head"), FILES.items())
async def test_each_type_is_taken_as_it_is_called(field: Field, media: str, head: bytes) -> None:
    assert (await upload(field, head, media)).json()["media_type"] == media
    assert (await upload(field, head + b".", "application/octet-stream")).json()["media_type"] == media


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/html", b"<html>"),
        ("image/svg+xml", b"<svg/>"),
        ("image/jpeg", b"<html><script>alert(1)</script>"),
        ("image/jpeg", FILES["image/png"]),
        ("audio/mpeg", FILES["video/mp4"]),
        (None, b"MZ\x90\x00" + bytes(100)),
        ("image/jpeg", b"\xff"),
    ],
)
async def test_what_is_not_taken_or_not_what_was_said_is_answered_with_what_is(
    field: Field, media: str | None, body: bytes
) -> None:
    answer = await upload(field, body, media)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    assert all(each in answer.json()["detail"] for each in FILES)
    assert kept(field, None) == {}


async def test_a_recording_in_a_films_container_is_what_it_is_said_to_be(field: Field) -> None:
    answer = await upload(field, FILES["video/mp4"], "audio/mp4")
    assert answer.json()["media_type"] == "audio/mp4"


async def test_an_empty_body_is_no_file(field: Field) -> None:
    assert (await upload(field, b"")).status_code == 400


async def test_a_file_over_the_limit_leaves_nothing(monkeypatch: pytest.MonkeyPatch, small: Field) -> None:
    said = await upload(small, FILES["image/jpeg"] + bytes(2048))
    streamed = await upload(small, _pieces(FILES["image/jpeg"], *[bytes(512)] * 5))
    for answer in (said, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert "2048" in answer.json()["detail"]
    assert kept(small, None) == {}
    head = FILES["image/jpeg"]
    assert (await upload(small, _pieces(head, bytes(2048 - len(head))))).status_code == 201


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMWAL_ATTACHMENT_BYTES_MAX", "2048")


@pytest.fixture
def small(limit: None, field: Field) -> Field:
    """A service that takes files up to 2,048 bytes."""
    return field


async def _pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_file_in_pieces_is_known_by_bytes_that_come_one_by_one(field: Field) -> None:
    answer = await upload(field, _pieces(*[PHOTO[n : n + 1] for n in range(80)], PHOTO[80:]))
    assert (answer.status_code, answer.json()) == (201, REFERENCE)


@pytest.mark.parametrize("whole", [False, True])
async def test_a_cut_upload_leaves_nothing(field: Field, whole: bool) -> None:
    """The sender goes away after a part; also where the part had begun like a whole file."""
    sent = [{"type": "http.request", "body": PHOTO if whole else PHOTO[:10], "more_body": True}]
    folder = field.state / "attachments"
    store = FolderStore(folder)
    quotas = Quotas(store, lambda *_: False, UploadQuota(), knows=lambda _: True)
    uploads = Uploads(store, folder / ".incoming", 10**7, 10**7, quotas)

    async def receive() -> dict[str, Any]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    claims = Claims(role="command_post", operation=OPERATION, mode="exercise", post="maulafa")
    caller = Caller(claims, "operator-1", claims.to_text(), 0, "operator-1")
    answer = await uploads.take(OPERATION, caller, Request({"type": "http", "headers": []}, receive))
    assert (answer.status_code, kept(field, None)) == (400, {})


# --- who may have it


async def test_a_file_is_for_who_may_see_an_incident_it_belongs_to(stored: Field) -> None:
    await upload(stored)
    path = f"/attachments/{SHA256}"
    assert (await stored.get(path)).json()["code"] == "unknown_attachment"
    last = await attach(stored)
    assert (await stored.get(path, after=last, post="oebobo")).status_code == 200
    assert (await stored.get(path, after=last, role="ops_head", post=None)).status_code == 200
    assert (await stored.get(path, after=last, role="viewer")).status_code == 403
    assert (await stored.get(path, after=last, **OFFICER)).status_code == 404
    assert (await stored.get(path, operation="another")).status_code == 404


async def test_an_officer_has_the_files_of_his_incidents(field: Field) -> None:
    assert (await upload(field, **OFFICER)).status_code == 201
    await attach(field)
    data = {"incident_id": "k-1", "assignees": ["officer/NTT-0042"]}
    body = {
        "id": "assign", "type": "pamwal.field.amend_incident.v1", "source": "/posts/maulafa/devices/1",
        "time": "2024-10-03T03:10:00.000Z", "channel": "app", "data": data,
    }  # fmt: skip
    last = await field.post(body)
    assert (await field.get(f"/attachments/{SHA256}", after=last, **OFFICER)).content == PHOTO


async def test_what_was_taken_away_is_given_no_more(field: Field) -> None:
    await upload(field)
    attached = await attach(field)
    body = {
        "id": "void", "type": "pamwal.field.void.v1", "source": "/posts/maulafa/devices/1",
        "time": "2024-10-03T03:10:00.000Z", "channel": "app",
        "data": {"observation": attached.json()["facts"][0], "cause": "foto salah"},
    }  # fmt: skip
    last = await field.post(body)
    assert (await field.get(f"/attachments/{SHA256}", after=last)).status_code == 404


async def test_who_may_not_report_may_not_upload(field: Field) -> None:
    for role in ("viewer", "propam"):
        assert (await upload(field, role=role)).status_code == 403
    assert (await upload(field, operation="another")).status_code == 403
    assert kept(field, None) == {}


async def test_a_reference_may_come_before_its_bytes(stored: Field, bucket: Bucket | None) -> None:
    last = await attach(stored)
    early = await stored.get(f"/attachments/{SHA256}", after=last)
    assert (early.status_code, early.json()["code"]) == (404, "not_uploaded")
    await upload(stored)
    assert (await stored.get(f"/attachments/{SHA256}", after=last)).content == PHOTO


async def test_a_lie_about_the_type_is_not_passed_on(field: Field) -> None:
    await upload(field)
    last = await attach(field, file={**REFERENCE, "media_type": "application/pdf"})
    got = await field.get(f"/attachments/{SHA256}", after=last)
    assert (got.headers["content-type"], got.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")


@pytest.mark.parametrize("name", ["..%2F..%2Fissuer", "A" * 64, "abc", f"{SHA256}.jpg", f"{SHA256}%0A"])
async def test_only_a_digest_names_a_file(field: Field, name: str) -> None:
    assert (await field.get(f"/attachments/{name}")).status_code in {404, 422}


# --- a store that does not answer


async def test_a_dead_store_is_503_with_what_to_do_and_incidents_go_on(
    stored: Field, bucket: Bucket | None
) -> None:
    if bucket is None:
        (stored.state / "attachments").write_bytes(b"a file where the folder should be")
    else:
        bucket.broken = True
    answer = await upload(stored)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "send it again later" in answer.json()["detail"]
    assert not any(word in answer.json()["detail"] for word in ("127.0.0.1", SHA256, str(stored.state)))
    assert answer.headers["retry-after"] == "5"
    last = await attach(stored)
    got = await stored.get(f"/attachments/{SHA256}", after=last)
    assert (got.status_code, got.json()["code"]) == (503, "store_unavailable")
    assert stored.ready() is None
    if bucket is not None:
        bucket.broken = False
        assert (await upload(stored)).status_code == 201
        assert kept(stored, bucket) == {f"{OPERATION}/{SHA256}": PHOTO}


async def test_where_nobody_listens_is_said_as_well(monkeypatch: pytest.MonkeyPatch, nowhere: Field) -> None:
    answer = await upload(nowhere)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert kept(nowhere, None) == {}


@pytest.fixture
def gone(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Bucket() as bucket:
        told = {**bucket.environment, "PAMWAL_ATTACHMENTS": "s3://pamwal"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def nowhere(gone: None, field: Field) -> Field:
    """A service whose bucket's server has ended."""
    return field


# --- what is on this machine


async def test_what_a_killed_process_left_is_swept_and_what_is_under_way_is_not(tmp_path: Path) -> None:
    left, underway = tmp_path / "left", tmp_path / "underway"
    left.write_bytes(b"x")
    underway.write_bytes(b"x")
    os.utime(left, (0, 0))
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["underway"]
    sweep(tmp_path / "nowhere")
    assert spooling.FORGOTTEN_S == 3600


async def test_a_file_in_the_folder_is_never_half_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    file = tmp_path / "spooled"
    file.write_bytes(PHOTO)
    assert await store.keep("op", SHA256, file)
    assert not file.exists()
    found = await store.open("op", SHA256)
    assert found is not None
    assert b"".join([part async for part in found.parts]) == PHOTO
    assert await store.open("other", SHA256) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ("state/attachments", None, "", 10 * 1024 * 1024)),
        ({"PAMWAL_ATTACHMENTS": "share/files"}, ("share/files", None, "", 10 * 1024 * 1024)),
        ({"PAMWAL_ATTACHMENTS": "s3://bukti"}, ("state/attachments", "bukti", "", 10 * 1024 * 1024)),
        (
            {"PAMWAL_ATTACHMENTS": "s3://bukti/ntt/", "PAMWAL_ATTACHMENT_BYTES_MAX": "4096"},
            ("state/attachments", "bukti", "ntt/", 4096),
        ),
    ],
)
def test_where_files_are_is_a_setting(told: dict[str, str], expected: tuple[Any, ...]) -> None:
    found = AttachmentSettings.from_environment(Path("state"), told)
    assert (str(found.folder), found.bucket, found.prefix, found.bytes_max) == expected


@pytest.mark.parametrize(
    "told",
    [
        {"PAMWAL_ATTACHMENTS": "s3://"},
        {"PAMWAL_ATTACHMENTS": "s3://Bukti"},
        {"PAMWAL_ATTACHMENTS": "s3:bukti"},
        {"PAMWAL_ATTACHMENT_BYTES_MAX": "10MB"},
        {"PAMWAL_ATTACHMENT_BYTES_MAX": "1"},
    ],
)
def test_a_setting_that_cannot_be_used_is_named(told: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(told))):
        AttachmentSettings.from_environment(Path("state"), told)


async def test_a_bucket_with_another_secret_is_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    """It also shows that the stand-in holds a signature to its secret."""
    file = tmp_path / "spooled"
    file.write_bytes(PHOTO)
    with Bucket() as bucket:
        store = BucketStore("pamwal", "", {**bucket.environment, "AWS_SECRET_ACCESS_KEY": "another"})
        with pytest.raises(HttpProblem) as refused:
            await store.keep("op", SHA256, file)
        assert (refused.value.code, bucket.objects) == ("store_unavailable", {})
        assert "the bucket refuses" in str(refused.value)
        assert set(bucket.refused) == {"the signature is another"}


async def test_the_routes_are_described(field: Field) -> None:
    described = (await field.read("/openapi.json", role="viewer")).json()["paths"]
    path = "/checkin/v1/operations/{operation_id}/attachments"
    assert set(described[path]["post"]["requestBody"]["content"]) == set(FILES)
    assert "415" in described[path]["post"]["responses"]
    given = set(described[f"{path}/{{sha256}}"]["get"]["responses"]["200"]["content"])
    assert given == {*FILES, "application/octet-stream"}, "as what its bytes are, if they were changed since"


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system")],
)
async def test_a_disk_that_takes_no_file_is_said_and_leaves_nothing(
    field: Field, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        full = await field.upload(PHOTO, "image/jpeg")
    assert (full.status_code, full.json()["code"]) == (503, "store_unavailable")
    assert told in full.json()["detail"]
    assert "send it again later" in full.json()["detail"]
    assert [each for each in (field.state / "attachments").rglob("*") if each.is_file()] == []
    assert (await field.upload(PHOTO, "image/jpeg")).status_code == 201


def test_a_disk_that_is_read_only_keeps_no_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left").write_bytes(b"x")
    os.utime(tmp_path / "left", (0, 0))

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        sweep(tmp_path)
    assert (tmp_path / "left").exists()
    sweep(tmp_path)
    assert not (tmp_path / "left").exists()


async def test_a_packed_file_is_turned_away_with_what_to_do(field: Field) -> None:
    """Its digest would be that of what nobody meant to send."""
    headers = field.token("command_post", "maulafa", None, "operator-1") | {"content-encoding": "gzip"}
    async with httpx.AsyncClient(transport=field.transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(f"{ROOT}/attachments", content=gzip.compress(PHOTO), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "packed"), answer.text
