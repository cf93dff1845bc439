"""Resolves Kafka's jars once, by Maven, into a folder. Make runs it with the state folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.classes import make_archive
from pamwal.local.record import only_one
from pamwal.local.sources import POM, JavaKafka, MavenKafka, Source, find_source, holds_kafka, jars_folder

RESOLVE_LIMIT_S = 900.0


def resolve(source: MavenKafka) -> None:
    """Fetch the jars into `source.jars` (about 55 MB).

    They arrive in a folder beside it that is renamed when complete, so an interrupted download is never
    taken for a Kafka. Raises LocalKafkaError with Maven's last lines.
    """
    with only_one(source.jars.with_name(source.jars.name + ".lock"), RESOLVE_LIMIT_S):
        if not holds_kafka(source.jars):
            _fetch(source)


def _fetch(source: MavenKafka) -> None:
    arriving = source.jars.with_name(source.jars.name + ".arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    arriving.mkdir(parents=True)
    command = [
        source.maven, "--quiet", "--batch-mode", "-Dstyle.color=never", "--file", str(POM),
        "dependency:copy-dependencies", f"-DoutputDirectory={arriving}", "-DincludeScope=runtime",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=RESOLVE_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise LocalKafkaError(
            f"Maven did not fetch Kafka's jars within {RESOLVE_LIMIT_S:.0f} s. Check the network and retry."
        ) from late
    if done.returncode != 0 or not holds_kafka(arriving):
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise LocalKafkaError(
            f"Maven could not fetch Kafka's jars (exit code {done.returncode}). It said:\n{last}\n"
            "Mend that, as the network or the room on the disk, and give the command again."
        )
    shutil.rmtree(source.jars, ignore_errors=True)
    arriving.rename(source.jars)


def prepare(state: Path) -> Source | None:
    """Find a source for `state` and, if that needs Maven, let it fetch the jars now."""
    source = find_source(state)
    if not isinstance(source, MavenKafka):
        return source
    print("fetching Kafka's jars once (about 55 MB)", file=sys.stderr)  # noqa: T201  the reader waits for a network
    resolve(source)
    found = find_source(state)
    make_starts_fast(state, found)
    return found


def make_starts_fast(state: Path, source: Source | None) -> None:
    """Let every later start of our own jars map its classes; where that fails, starts read them as before."""
    if not isinstance(source, JavaKafka) or source.jars != jars_folder(state):
        return
    if (why := make_archive(source)) is not None:
        print(f"Kafka will start a little slower, without an archive of its classes: {why}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    try:
        folder = Path(sys.argv[1])
        make_starts_fast(folder, prepare(folder))
    except LocalKafkaError as error:
        sys.exit(f"pamwal: {error}")
