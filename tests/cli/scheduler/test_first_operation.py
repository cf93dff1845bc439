"""`docs/first_operation.md`: every line of it is run, in order, and ends as the page says."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.scheduler.conftest import Served

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "first_operation.md").read_text()
NEEDS_A_KAFKA = {"up", "audit"}
FILE = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END\n", re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"export ([A-Z_]+)=\$\((.*)\)")
EXIT = re.compile(r" +# exit ([0-9]+)$")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[str]:
    """The commands of a block; quotes hold several lines together."""
    command = ""
    for line in FILE.sub("", block).splitlines():
        command = f"{command}\n{line}" if command else line
        if command.count("'") % 2 == 0:
            yield command
            command = ""


async def test_a_first_operation_goes_as_its_page_says(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for block in blocks("sh"):
        for name, text in FILE.findall(block):
            Path(name).write_text(text)
        for command in commands(block):
            if assigned := TOKEN.fullmatch(command):
                said = await served.call(*shlex.split(assigned[2])[1:], by=None)
                monkeypatch.setenv(assigned[1], said.stdout.strip())
                continue
            expected = EXIT.search(command)
            words = [_variable(each) for each in shlex.split(EXIT.sub("", command))]
            if words[1] in NEEDS_A_KAFKA:
                continue
            said = await served.call(*words[1:], by=None)
            assert said.exit_code == (int(expected[1]) if expected else 0), f"{command}\n{said.output}"
            ran.append(words[1])
    assert {"send", "import", "plan", "propose", "sheet", "export", "practice"} == set(ran)
    assert len(ran) > 20

    [python] = blocks("python")
    plain = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **more: plain(transport=served.across, **more))
    await asyncio.to_thread(exec, compile(python, "first_operation.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == ["accepted 4 facts", "['site/gudang', 'rally/oebobo-1']"]


def _variable(word: str) -> str:
    return os.environ[word[1:]] if word.startswith("$") else word
