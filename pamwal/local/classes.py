"""Kafka's classes as the virtual machine holds them: parsed once, and mapped by every later start.

A start of the broker reads thousands of classes from 90 jars, which is most of its work. Java can keep what
one run loaded in an archive (class data sharing, JEP 350) that later runs only map. The archive is of one
Java and one set of jars, and Java goes without one that does not fit: a start gets faster, never wrong.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import failures, readiness
from pamwal.local.java import JavaBroker
from pamwal.local.record import only_one
from pamwal.local.sources import JavaKafka

LIMIT_S = 120.0
"""For the start of the run that is recorded, and again for its end, which writes the archive of 50 MB."""


def make_archive(source: JavaKafka) -> str | None:
    """Record the start of a broker on a folder of its own, if no archive fits; None, or why there is none."""
    try:
        with only_one(source.jars.with_name(source.jars.name + ".lock"), 2 * LIMIT_S):
            if source.class_archive.exists():
                return None
            with tempfile.TemporaryDirectory(prefix="classes-", dir=source.jars.parent) as folder:
                return _record(source, Path(folder))
    except (OSError, LocalKafkaError) as error:
        return str(error)


def _record(source: JavaKafka, folder: Path) -> str | None:
    arriving = folder / "arriving.jsa"
    port, log_file = readiness.free_port(), folder / "broker.log"
    broker = JavaBroker(source, folder, log_file, archive_to=arriving)
    broker.prepare(port, readiness.free_port(), {})
    broker.launch(guarded=True)
    try:
        readiness.wait_until_ready(port, LIMIT_S, ended=lambda: broker.exit_code() is not None)
        if broker.identity is not None:
            broker.identity.end(LIMIT_S)
    finally:
        broker.end()
    if not arriving.exists():
        return f"this Java made none. It said:\n{failures.last_lines(log_file)}"
    for of_others in source.jars.parent.glob(f"{source.jars.name}-*.jsa"):
        of_others.unlink()
    arriving.rename(source.class_archive)
    return None
