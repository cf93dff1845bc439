"""Ctrl-C ends a command with 130 and without a word, also while it is still being imported."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLOW = "import time\nprint('here', flush=True)\ntime.sleep(60)\n"
ASKS = """
import typer
from pamwal.cli._console import require_yes

app = typer.Typer()
app.command()(lambda: require_yes("Import 1 change?", "nothing was imported"))
app()
"""


def interrupt(running: subprocess.Popen[Any]) -> None:
    """Ctrl-C, again while it is not heard: one just before a read begins is heard only after it."""
    while running.poll() is None:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(timeout=2)


def interrupted(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python until it says where it is, and interrupts it there."""
    running = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "", "PYTHONPATH": f"{folder}:{ROOT}", "PAMWAL_STATE": str(folder)},
        cwd=folder,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "here\n", running.communicate()[1]
    interrupt(running)
    told, wrong = running.communicate(timeout=30)
    return subprocess.CompletedProcess(arguments, running.returncode, told, wrong)


def test_the_command_is_quiet_while_it_is_imported(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(SLOW)
    ended = interrupted(tmp_path, "-c", "from pamwal.quiet import command; command()")
    assert (ended.returncode, ended.stderr, ended.stdout) == (130, "", "")


def test_a_module_that_make_runs_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    ended = interrupted(tmp_path, "-m", "pamwal.quiet", "slow")
    assert (ended.returncode, ended.stderr, ended.stdout) == (130, "", "")


def test_a_question_is_quiet_and_nothing_is_taken_for_a_yes(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(ASKS)
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "pamwal.quiet", "asks"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )
    assert running.stdout is not None
    told = b""
    while not told.endswith(b"[y/N]: "):
        letter = running.stdout.read(1)
        assert letter, running.communicate()[1]
        told += letter
    interrupt(running)
    assert (running.communicate(timeout=30), running.returncode) == ((b"\n", b""), 130)
    assert told.startswith(b"Import 1 change?")
    for end in (ours, theirs):
        os.close(end)


def test_a_module_gets_its_arguments_and_its_exit_code_goes_on(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text("import sys\nprint(__name__, sys.argv[1:])\nsys.exit(7)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pamwal.quiet", "told", "--brief", "x"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )
    assert (ended.returncode, ended.stdout) == (7, "__main__ ['--brief', 'x']\n")


@pytest.mark.parametrize("called", ["pamwal.doctor", "pamwal.local.jars", "pamwal.local.stop"])
def test_make_and_the_installed_command_begin_there(called: str) -> None:
    assert f"-m {called}" not in (ROOT / "Makefile").read_text()
    assert f"-m pamwal.quiet {called}" in (ROOT / "Makefile").read_text()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"pamwal": "pamwal.quiet:command"}
