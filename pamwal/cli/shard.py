"""`pamwal shard`: which replicas of reporting have an operation, where they share the partitions."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pamwal.cli._console import console
from pamwal.cli._settings import identifier
from pamwal.contracts.topics import PARTITIONS_DEFAULT
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import SHARDS_MAX, shard_of

PARTITIONS_MAX: Final = 10_000
app = typer.Typer(add_completion=False)


@app.command(
    name="shard",
    epilog="Examples:  pamwal shard kupang-2024 --of 4  |  pamwal shard kupang-2024 ntt-2024 --of 2",
)
def shard(
    *,
    operations: Annotated[list[str], typer.Argument(help="Operations, a line for each.")],
    of: Annotated[int, typer.Option("--of", min=1, max=SHARDS_MAX, help="How many shards there are.")],
    partitions: Annotated[
        int,
        typer.Option(min=1, max=PARTITIONS_MAX, help="How many partitions the cluster was made with."),
    ] = PARTITIONS_DEFAULT,
) -> None:
    """The partition an operation lives in, and the PAMWAL_SHARD of the replicas of reporting that have it."""
    for operation in operations:
        partition = partition_of(identifier("OPERATIONS", operation).encode(), partitions)
        said = f"{operation}  partition {partition}  shard {shard_of(partition, of)}"
        console().print(said, highlight=False, markup=False, soft_wrap=True)
