"""Shared runs of a small tree: a folder of whole services on one worker, and every test once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.sharing_out import turn_of, unit_of

REPOSITORY = Path(__file__).resolve().parents[1]
CONFTEST = (
    "from tests.conftest import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401\n"
)
NOTES_ITS_WORKER = """
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(3))
def test_it(number):
    with pathlib.Path("workers").open("a") as said:
        said.write(f"{__file__} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def shared_run(tree: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """`pytest -n 2` in a tree of these files."""
    for file in files:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(NOTES_ITS_WORKER)
    (tree / "conftest.py").write_text(f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n{CONFTEST}")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "xdist",
        "-n",
        "2",
        "--import-mode=importlib",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "--rootdir", str(tree), "tests"],
        cwd=tree, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip


def workers_of(tree: Path) -> dict[str, list[str]]:
    """For each file, the workers of its tests, as they ran."""
    found: dict[str, list[str]] = {}
    for line in (tree / "workers").read_text().splitlines():
        file, _, worker = line.rpartition(" ")
        found.setdefault(Path(file).relative_to(tree).as_posix(), []).append(worker)
    return found


def test_a_folder_of_whole_services_is_on_one_worker_and_every_test_runs_once(tmp_path: Path) -> None:
    files = (
        "tests/unit/test_a.py",
        "tests/chaos/test_b.py",
        "tests/integration/test_c.py",
        "tests/integration/test_d.py",
        "tests/wire/test_e.py",
    )
    done = shared_run(tmp_path, *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "units waiting" not in done.stdout, "what the scheduler logs is for its makers"
    assert re.search(r"^=+ 15 passed in [0-9.]+s =+$", done.stdout, re.MULTILINE), done.stdout
    found = workers_of(tmp_path)
    assert {file: len(workers) for file, workers in found.items()} == dict.fromkeys(files, 3)
    assert all(len(set(workers)) == 1 for workers in found.values()), found
    assert found["tests/integration/test_c.py"] == found["tests/integration/test_d.py"]
    assert found["tests/integration/test_c.py"] != found["tests/chaos/test_b.py"], (
        "both folders begin at once"
    )


def test_a_failure_on_a_worker_fails_the_run(tmp_path: Path) -> None:
    fails = tmp_path / "tests/unit/test_fails.py"
    fails.parent.mkdir(parents=True)
    fails.write_text("def test_it(): assert not 'right'\n")
    done = shared_run(tmp_path, "tests/unit/test_a.py")
    assert done.returncode == 1
    assert re.search(r"^=+ 1 failed, 3 passed in [0-9.]+s =+$", done.stdout, re.MULTILINE), done.stdout


def test_the_longest_unit_is_given_out_first_and_other_brokers_last() -> None:
    addresses = ["tests/wire/test_w.py::a[@]", "tests/edge/test_e.py::b", "tests/integration/test_i.py::c"]
    assert sorted(addresses, key=turn_of) == addresses[::-1]
    assert [unit_of(each) for each in addresses] == [
        "tests/wire/test_w.py", "tests/edge/test_e.py", "tests/integration/",
    ]  # fmt: skip
