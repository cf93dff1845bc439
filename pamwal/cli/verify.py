"""`pamwal verify`: whether a situation report is what it says, by the log and the public keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console

from pamwal.citations import operations_cited
from pamwal.cli._console import console
from pamwal.cli._cores import core_of
from pamwal.cli._scheduler import JsonOption, OperationOption, as_json, or_turned_away
from pamwal.cli._settings import kafka_log, trusted_keys
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.sitreps_shown import SitRepShown
from pamwal.contracts.topics import REPORTING_REQUESTS, decisions_of
from pamwal.verifying import Verified, verify_sitrep
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.log_file import read_log_file, write_log_file
from pamwal.wire.partitioning import partition_of

app = typer.Typer(add_completion=False)
SEALS: Final = {
    "good": "good",
    "bad": "BAD, not over this document",
    "key_unknown": "by a key not given here",
}


@app.command(
    epilog="Examples:  pamwal verify 3 --operation kupang-2024  |  "
    "pamwal verify 3 --operation kupang-2024 --copy-to kupang.log  |  "
    "pamwal verify 3.json --operation kupang-2024 --log kupang.log --keys keys.json"
)
def verify(
    sitrep: Annotated[
        str, typer.Argument(help="Its number; or a file, as 'pamwal sitrep show 3 --as json' writes it.")
    ],
    *,
    operation: OperationOption,
    log: Annotated[
        Path | None, typer.Option("--log", help="A copy of the log in place of the cluster's own.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            help="Public keys, as /reporting/v1/keys has them; the local issuer's if left out.",
        ),
    ] = None,
    copy_to: Annotated[
        Path | None,
        typer.Option(
            "--copy-to", help="Write what verifying it elsewhere needs into this file, and no more."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Answer three things: who signed it, whether the log's chains lead to it, whether it folds again.

    What a SitRep cites of the operations below its own is asked the same. Needs no service: the log of
    PAMWAL_BOOTSTRAP_SERVERS or of the local Kafka, or a copy, and this code.
    Exit code 0 if all three hold, of what it cites too, 1 if one does not.
    """
    if copy_to is not None:
        _, number = _asked(sitrep)
        count = asyncio.run(_copy(operation, number, log, copy_to))
        console().print(f"{copy_to}: {count:,} records", highlight=False, soft_wrap=True)
        return
    held, number = _asked(sitrep)
    trusted = trusted_keys(keys)
    found = or_turned_away(lambda: asyncio.run(_verify(operation, log, number, held, trusted)))
    if json:
        as_json(found)
    else:
        show(console(), found)
    raise typer.Exit(0 if found.holds else 1)


def show(to: Console, found: Verified) -> None:
    """The three answers."""
    signed = "; ".join(f"{each.kid}: {SEALS[each.found]}" for each in found.seals) or "nobody has signed it"
    answers = (
        ("signature", found.signed, signed),
        ("chain", found.chain is None, found.chain or "every decision up to its vector, to the signed heads"),
        ("refold", found.refold is None, found.refold or "the same document from the log, byte for byte"),
    )
    to.print(f"SitRep {found.number} of {found.operation_id}, SHA-256 {found.sha256}", highlight=False)
    for name, good, told in answers:
        style = "green" if good else "bold red"
        to.print(f"  [{style}]{name}: {'holds' if good else 'DOES NOT HOLD'}[/]", highlight=False)
        to.print(f"    {told}", highlight=False, soft_wrap=True, markup=False)
    for cited in found.cited:
        style, holds = ("green", "holds") if cited.wrong is None else ("bold red", "DOES NOT HOLD")
        name = f"cites SitRep {cited.number} of {cited.operation_id}"
        to.print(f"  [{style}]{name}: {holds}[/]", highlight=False)
        if cited.wrong is not None:
            to.print(f"    {cited.wrong}", highlight=False, soft_wrap=True, markup=False)


async def _verify(
    operation: str,
    copy: Path | None,
    number: int,
    held: SitRepShown | None,
    keys: dict[str, Ed25519PublicKey],
) -> Verified:
    core = core_of(REPORTING_REQUESTS.name)
    if not isinstance(core, WatchingCore):
        raise SettingsError(f"the core of {core.service} sees no other log")
    log = _log(copy)
    try:
        return await verify_sitrep(core, log, keys, operation, number, held)
    finally:
        await log.close()


async def _copy(operation: str, number: int, copy: Path | None, to: Path) -> int:
    """The partitions that it and all it cites are made from, and the requests they answer."""
    core, log = core_of(REPORTING_REQUESTS.name), _log(copy)
    own = core.requests_topic
    topics = (own, decisions_of(own).name, *(core.follows if isinstance(core, WatchingCore) else ()))
    try:
        partitions = await log.partition_count(own)
        operations = await operations_cited(log, decisions_of(own).name, operation, number)
        numbers = sorted({partition_of(each.encode(), partitions) for each in operations})
        places = [TopicPartition(topic, each) for each in numbers for topic in topics]
        return await write_log_file(log, places, to)
    except OSError as error:
        raise SettingsError(f"--copy-to {to}: {error.strerror}") from error
    finally:
        await log.close()


def _log(copy: Path | None) -> Log:
    if copy is None:
        return kafka_log()
    try:
        return read_log_file(copy)
    except OSError as error:
        raise SettingsError(f"--log {copy}: {error.strerror}") from error


def _asked(sitrep: str) -> tuple[SitRepShown | None, int]:
    """A copy of it if one was given, and its number. SettingsError if it is neither."""
    if sitrep.isdigit():
        return None, int(sitrep)
    try:
        held = msgspec.json.decode(Path(sitrep).read_bytes(), type=SitRepShown)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        sentence = f"{sitrep!r} is neither a number nor a file of 'pamwal sitrep show --as json'"
        raise SettingsError(f"{sentence}: {error}") from error
    return held, held.number
