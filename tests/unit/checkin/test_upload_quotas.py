"""How much is uploaded, and what becomes of files that no incident cites, over HTTP and on both stores."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pamwal.contracts.errors import HttpProblem
from services.checkin.app import edge_spec
from services.checkin.attachments.quotas import DAY_S, Quotas
from services.checkin.attachments.stores import FolderStore
from services.checkin.core import CheckinCore
from services.checkin.reads import FieldReads
from services.checkin.settings import UploadQuota
from tests.unit.checkin.house import OPERATION, Field
from tests.unit.checkin.s3_stand_in import Bucket
from tests.unit.checkin.test_attachments import OFFICER, attach, kept
from tests.unit.edges import an_edge

SIZE = 1000
DEADLINE_S = 60.0


def photo(number: int) -> bytes:
    """A file of its own, of 1,000 bytes."""
    return b"ID3" + bytes([number]) * (SIZE - 3)


def reference(number: int) -> dict[str, Any]:
    content = photo(number)
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": SIZE, "media_type": "audio/mpeg"}


@asynccontextmanager
async def a_field(folder: Path, **quota: Any) -> AsyncIterator[Field]:
    spec = partial(edge_spec, quota=UploadQuota(**quota))
    async with an_edge(folder, spec, CheckinCore()) as running:
        yield Field(running.log, running.client, running.issuer, running.edge, folder)


@pytest.fixture(params=["folder", "bucket"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket | None]:
    """The bucket that the service uses; None: it uses a folder."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    if request.param == "folder":
        yield None
        return
    with Bucket() as found:
        for name, value in {**found.environment, "PAMWAL_ATTACHMENTS": "s3://pamwal/a/b/"}.items():
            monkeypatch.setenv(name, value)
        yield found
        assert found.refused == []


async def upload(field: Field, number: int, **more: Any) -> Any:
    return await field.upload(photo(number), "audio/mpeg", **more)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_token_uploads_so_much_a_day_and_another_its_own(tmp_path: Path) -> None:
    async with a_field(tmp_path, caller_day_bytes=2 * SIZE) as field:
        for number in range(2):
            assert (await upload(field, number)).status_code == 201
        assert (await upload(field, 1)).status_code == 429, "asked before it is known that it is there"

        refused = await upload(field, 2)

        assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota")
        assert 0 < int(refused.headers["retry-after"]) <= DAY_S + 1
        assert (await upload(field, 2, **OFFICER)).status_code == 201


async def test_a_file_that_says_no_length_is_counted_as_well(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield photo(1)

    async with a_field(tmp_path, caller_day_bytes=SIZE - 1) as field:
        refused = await field.upload(pieces(), "audio/mpeg")

        assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota")
        assert kept(field, None) == {}


@pytest.mark.parametrize("limit", [{"uncited_bytes": 2 * SIZE}, {"uncited_files": 2}])
async def test_an_operation_has_so_much_that_no_incident_cites(tmp_path: Path, limit: dict[str, int]) -> None:
    async with a_field(tmp_path, **limit) as field:
        for number in range(2):
            assert (await upload(field, number)).status_code == 201

        refused = await upload(field, 2, **OFFICER)

        assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota")
        assert "that no incident cites" in refused.json()["detail"]
        await field.get("", after=await attach(field, file=reference(0)))
        assert (await upload(field, 2, **OFFICER)).status_code == 201


async def test_what_no_incident_cites_is_removed_and_what_one_cites_stays(
    tmp_path: Path, bucket: Bucket | None
) -> None:
    async with a_field(tmp_path, grace_s=-3600.0, collect_every_s=0.01) as field:
        last = await attach(field, file=reference(1))
        await field.get("", after=last)
        assert (await upload(field, 1)).status_code == 201

        assert (await upload(field, 2)).status_code == 201

        await until(lambda: len(kept(field, bucket)) == 1)
        assert kept(field, bucket) == {f"{OPERATION}/{reference(1)['sha256']}": photo(1)}
        found = await field.get(f"/attachments/{reference(1)['sha256']}", after=last)
        assert (found.status_code, found.content) == (200, photo(1))


async def test_a_file_stays_for_the_grace_period_and_again_when_it_is_sent_again(tmp_path: Path) -> None:
    async with a_field(tmp_path) as field:
        assert (await upload(field, 1)).status_code == 201
    store, now_s = FolderStore(tmp_path / "attachments"), [0.0]
    quotas = Quotas(
        store, lambda *_: False, UploadQuota(grace_s=100.0), lambda: now_s[0], knows=lambda _: True
    )
    (path,) = (each for each in (tmp_path / "attachments").rglob("*") if each.is_file())
    uploaded_s = path.stat().st_mtime

    now_s[0] = uploaded_s + 99
    assert await quotas.collect() == 0
    os.utime(path, (uploaded_s - 50, uploaded_s - 50))
    async with a_field(tmp_path) as field:
        assert (await upload(field, 1)).status_code == 200
    assert await quotas.collect() == 0
    now_s[0] = path.stat().st_mtime + 101
    assert await quotas.collect() == 1
    assert not path.exists()


async def test_nothing_is_removed_while_the_decisions_are_not_read(tmp_path: Path) -> None:
    async with a_field(tmp_path) as field:
        assert (await upload(field, 1)).status_code == 201
        unread = FieldReads(field.log)
        store, quota = FolderStore(tmp_path / "attachments"), UploadQuota(grace_s=-3600.0)
        quotas = Quotas(store, unread.cites, quota, knows=unread.knows)

        with pytest.raises(HttpProblem, match="still reads the log"):
            await quotas.collect()

        assert len(kept(field, None)) == 1


async def test_nothing_is_removed_of_an_operation_that_the_log_does_not_know(tmp_path: Path) -> None:
    """A process that is started on another log does not take the files of its own one."""
    async with a_field(tmp_path) as field:
        await field.get("", after=await attach(field, file=reference(1)))
        assert (await upload(field, 1)).status_code == 201
        before = kept(field, None)
    # given an edge on a log that has decided nothing
    async with a_field(tmp_path) as field:
        reads = FieldReads(field.log)
        await reads.follower.start()
        try:
            await until(lambda: reads.follower.trouble() is None)
            store = FolderStore(tmp_path / "attachments")
            quotas = Quotas(store, reads.cites, UploadQuota(grace_s=-3600.0), knows=reads.knows)
            assert await quotas.collect() == 0
            assert kept(field, None) == before
        finally:
            await reads.follower.stop()
