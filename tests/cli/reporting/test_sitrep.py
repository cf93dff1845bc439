"""`pamwal sitrep` and `pamwal verify`: published, listed and shown by a service; verified with none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from pamwal.contracts.sitreps import PublishSitRep
from pamwal.contracts.sitreps_shown import SitRepShown
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import TopicPartition
from pamwal.wire.log_file import write_log_file
from tests.cli.conftest import Pamwal
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import OPERATION, REPORTING, House, Written, a_house, until

REQUESTS = TopicPartition(REPORTING.requests_topic, 0)
PLACES = [
    TopicPartition(topic, 0)
    for topic in (REPORTING.requests_topic, REPORTING.decisions_topic, *REPORTING.follows)
]


async def publish_one(house: House) -> None:
    """The first SitRep, signed by the house."""
    log = house.written.log
    await house.written.ask(PublishSitRep(), "09:31", post="ops")
    await house.written.judge("09:31")
    await until(lambda: log.partition(REQUESTS).end >= 2)
    await house.written.judge("09:32")
    await house.until_folded()


async def test_they_are_listed_shown_and_saved(house: House, call: Run, tmp_path: Path) -> None:
    await publish_one(house)
    listed = await call("sitrep", "list")
    assert listed.exit_code == 0, listed.output
    assert house.issuer.kid in listed.output
    shown = await call("sitrep", "show", "1")
    assert "*NOMOR 1 (AWAL)*" in shown.stdout
    assert "*NUMBER 1 (INITIAL)*" in (await call("sitrep", "show", "1", "--lang", "en")).stdout
    plain = await call("sitrep", "show", "1", "--as", "json")
    assert msgspec.json.decode(plain.stdout, type=SitRepShown).number == 1
    pdf = tmp_path / "1.pdf"
    assert (await call("sitrep", "show", "1", "--as", "pdf", "--to", str(pdf))).exit_code == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    missing = await call("sitrep", "show", "2")
    assert (missing.exit_code, "no SitRep 2" in missing.output) == (5, True)


async def test_publishing_is_asked_for_and_its_refusal_told(
    house: House, pamwal: Pamwal, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post may not; the decider says so once it gets to it."""
    asking = asyncio.create_task(call("sitrep", "publish", "--form", "daily"))
    await until(lambda: house.written.log.partition(REQUESTS).end >= 1)
    await house.written.judge("09:31")
    refused = await asking
    assert refused.exit_code == 3, refused.output
    assert "not_yours" in refused.output
    wrong = await call("sitrep", "publish", "--kind", "last")
    assert "none of initial, update, final" in wrong.output
    assert "--at" in (await call("sitrep", "publish", "--at", "noon")).output


@pytest.fixture
async def copied(tmp_path: Path) -> Path:
    """A copy of a log with a signed SitRep, beside the folder of the key that signed it."""
    written = Written()
    await written.plan()
    async with a_house(tmp_path / "house", written) as house:
        await publish_one(house)
    file = tmp_path / "operation.log"
    await write_log_file(written.log, PLACES, file)
    return file


@pytest.fixture
def verify(pamwal: Pamwal, copied: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`verify("1")` of the copy, with the key that signed."""
    monkeypatch.setenv("PAMWAL_ISSUER", str(copied.parent / "house" / "issuer"))

    async def run(*arguments: str) -> Result:
        words = ["verify", *arguments, "--operation", OPERATION, "--log", str(copied)]
        return await asyncio.to_thread(pamwal, *words)

    return run


async def test_a_copied_log_is_verified_without_a_service(verify: Any, copied: Path) -> None:
    found = await verify("1")
    assert found.exit_code == 0, found.output
    for name in ("signature", "chain", "refold"):
        assert f"{name}: holds" in found.output
    copied.write_bytes(copied.read_bytes().replace(b"memory", b"mammal", 1))
    found = await verify("1")
    assert found.exit_code == 5, found.output
    assert "does not chain" in found.output


async def test_keys_that_are_given_are_the_only_ones_trusted(verify: Any, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(msgspec.json.encode(Issuer(tmp_path / "stranger").jwks()))
    found = await verify("1", "--keys", str(keys), "--json")
    assert found.exit_code == 1
    told = msgspec.json.decode(found.stdout)
    assert ([each["found"] for each in told["seals"]], told["chain"], told["refold"]) == (
        ["key_unknown"], None, None,
    )  # fmt: skip


async def test_a_copy_of_a_copy_holds_as_well(verify: Any, tmp_path: Path) -> None:
    assert (await verify("1", "--copy-to", str(tmp_path / "again.log"))).exit_code == 0
    assert (await verify("1", "--log", str(tmp_path / "again.log"))).exit_code == 0


async def test_what_is_no_sitrep_is_told(verify: Any, tmp_path: Path) -> None:
    assert "neither a number nor a file" in (await verify("nothing.json")).output
    assert "no SitRep 9" in (await verify("9")).output
