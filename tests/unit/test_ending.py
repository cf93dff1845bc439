"""The end of a process: what it said is said, and nothing it holds is freed first."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logging, sys
from pamwal.ending import leave

class Held:
    def __del__(self):
        print("freed", flush=True)

held = Held()
logging.basicConfig(stream=sys.stderr, level=logging.INFO)
logging.info("ended")
print("said", end="")
{end}(3)
"""


def run(end: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_process_leaves_with_its_code_and_frees_nothing_first() -> None:
    ended = run("leave")
    assert (ended.returncode, ended.stdout) == (3, "said")
    assert "ended" in ended.stderr
    assert "freed" in run("sys.exit").stdout, "as Python would do"
