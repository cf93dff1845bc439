"""Kafka's classes are archived once; a start uses what fits and goes without what does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pamwal.local.classes import make_archive
from pamwal.local.java import using_archive
from pamwal.local.kafka import running_kafka
from pamwal.local.sources import JavaKafka, find_source, state_folder

pytestmark = pytest.mark.kafka


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JavaKafka:
    """The jars of this run in a folder that is the test's own."""
    found = find_source(state_folder())
    if not isinstance(found, JavaKafka):
        pytest.skip("without Java there is no archive to make")
    jars = tmp_path / "jars"
    jars.symlink_to(found.jars)
    monkeypatch.setenv("PAMWAL_KAFKA_JARS", str(jars))
    return JavaKafka(found.java, jars, "this test")


def test_it_is_made_once_and_a_broker_starts_by_it(source: JavaKafka, state: Path) -> None:
    of_older_jars = source.jars.with_name("jars-0123456789ab.jsa")
    of_older_jars.touch()
    assert using_archive(source) == []
    assert make_archive(source) is None
    made = source.class_archive.stat()
    assert made.st_size > 10_000_000
    assert not of_older_jars.exists()
    assert make_archive(source) is None
    assert source.class_archive.stat().st_mtime_ns == made.st_mtime_ns, "made again"
    left = {each.name for each in source.jars.parent.iterdir() if not each.is_dir()}
    assert left == {source.class_archive.name, "jars.lock"}
    assert "source: shared objects file (top)" in classes_loaded(source)


def classes_loaded(source: JavaKafka) -> str:
    """Where a start that only prints its usage has each class from."""
    words = [*using_archive(source), "-Xlog:class+load", "-cp", str(source.jars / "*"), "kafka.Kafka"]
    return subprocess.run([source.java, *words], capture_output=True, text=True, check=False).stdout


def test_a_broker_starts_without_one_that_is_damaged(source: JavaKafka, state: Path) -> None:
    source.class_archive.write_bytes(b"no archive")
    with running_kafka(state) as broker:
        assert broker.pid is not None
    assert "shared objects file (top)" not in classes_loaded(source)


def test_where_none_can_be_made_that_is_said(source: JavaKafka, tmp_path: Path) -> None:
    of_another_maker = tmp_path / "java"
    of_another_maker.write_text(
        "#!/bin/sh\n"
        'case "$*" in *ArchiveClassesAtExit*) echo Unrecognized VM option; exit 1;; esac\n'
        f'exec "{source.java}" "$@"\n'
    )
    of_another_maker.chmod(0o755)
    other = JavaKafka(str(of_another_maker), source.jars, "this test")
    assert "Unrecognized VM option" in str(make_archive(other))
    assert using_archive(other) == []
    (tmp_path / "file").touch()
    assert "file" in str(make_archive(JavaKafka(source.java, tmp_path / "file" / "jars", "this test")))
