"""A file in pamwal/cli is a command, and an error of ours is a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from pamwal import __version__
from pamwal.cli import main


def separately(*arguments: str, state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pamwal.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PAMWAL_STATE": str(state), "COLUMNS": "200", **environment},
        timeout=60,
    )


def test_every_command_file_is_listed_and_answers_for_help(tmp_path: Path) -> None:
    said = separately("--help", state=tmp_path)
    assert said.returncode == 0, said.stderr
    files = {path.stem.rstrip("_") for path in main.FOLDER.glob("*.py")}
    for name in files - {"main"} - {name for name in files if name.startswith("_") or name == ""}:
        assert f" {name} " in said.stdout


def test_no_command_offers_what_belongs_to_the_whole(pamwal) -> None:
    for name in main.CommandsOfThisFolder().list_commands(None):
        told = pamwal(name, "--help")
        assert (told.exit_code, "completion" in told.stdout) == (0, False), name


@pytest.mark.parametrize("command", [("up",), ("parked", "put"), ("topics", "apply")])
def test_each_example_is_on_a_line_of_its_own(pamwal, command: tuple[str, ...]) -> None:
    told = pamwal(*command, "--help").stdout
    examples = [line.strip() for line in told[told.index("Example") :].splitlines()]
    assert any(line.startswith(f"pamwal {' '.join(command)}") for line in examples)
    assert [line for line in examples if "  |  " in line] == []


def test_a_command_that_is_none_is_refused(tmp_path: Path) -> None:
    said = separately("main", state=tmp_path)
    assert said.returncode == 2
    assert "No such command" in said.stderr


def test_a_slip_is_answered_with_what_was_meant(pamwal, tmp_path: Path) -> None:
    for words, told in (
        (("alrets",), "did you mean 'alerts'?"),
        (("send", "chek_in", "--operation", "o", "--token", "t", "--data", "{}"), "did you mean 'check_in'?"),
        (("token", "--role", "comand_post", "--operation", "o"), "did you mean 'command_post'?"),
        (("token", "--role", "kabagop", "--operation", "o"), "did you mean 'ops_head'?"),
    ):
        said = pamwal(*words)
        assert (said.exit_code in {1, 2}, told in " ".join(said.stderr.split())) == (True, True), said.stderr


def test_the_version_is_told(pamwal) -> None:
    assert pamwal("--version").stdout == f"pamwal {__version__}\n"


def test_an_error_of_ours_is_a_sentence_without_a_traceback(tmp_path: Path) -> None:
    said = separately("kafka", "start", state=tmp_path, PAMWAL_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert said.returncode == 1
    assert said.stderr.startswith("pamwal: No Kafka answers at 127.0.0.1:9")
    assert "Traceback" not in said.stderr


NO_KAFKA = "pamwal: no Kafka answers at 127.0.0.1:9: "
NO_BROKER = "pamwal: '127.0.0.1:kafka' names no broker; write host:port, a comma between"


@pytest.mark.parametrize(
    ("command", "servers", "sentence"),
    [
        (["audit"], "127.0.0.1:9", NO_KAFKA),
        (["audit"], "127.0.0.1:kafka", NO_BROKER),
        (["topics", "check"], "127.0.0.1:kafka", NO_BROKER),
    ],
)
def test_a_broker_that_is_none_is_one_sentence(
    tmp_path: Path, command: list[str], servers: str, sentence: str
) -> None:
    said = separately(*command, state=tmp_path, PAMWAL_BOOTSTRAP_SERVERS=servers)
    assert said.returncode == 1
    assert said.stderr.startswith(sentence)
    assert said.stderr.count("\n") == 1


def test_receipts_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "receipts"
    file.write_bytes(b"\xff\xfe\x00")
    said = separately("audit", "--receipts", str(file), state=tmp_path)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert said.stderr.startswith(f"pamwal: {file} holds no receipts: it is no text")


def test_keys_that_nothing_would_be_held_to_are_not_passed_over(tmp_path: Path) -> None:
    said = separately("audit", "--keys", "keys.json", state=tmp_path)
    assert said.returncode != 0
    assert "add --anchor" in said.stderr


def test_a_full_disk_is_a_sentence_too_and_another_error_of_the_system_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(path: str) -> None:
        Path(path).write_text("receipt")

    command = typer.Typer()
    command.command()(write)
    group = main.CommandsOfThisFolder(name="pamwal")
    monkeypatch.setattr(group, "get_command", lambda _context, _name: get_command(command))
    with pytest.raises(SystemExit) as ended:
        group.main(["write", "/dev/full"])
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("pamwal: the disk is full; free some space")
    with pytest.raises(FileNotFoundError):
        group.main(["write", "/none/there"], standalone_mode=False)


def test_without_any_way_to_a_kafka_it_says_what_to_install(tmp_path: Path) -> None:
    said = separately("kafka", "start", state=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("pamwal: No Kafka can be started here. Install Java 17 and Maven")


def test_stop_and_status_where_nothing_runs(tmp_path: Path) -> None:
    assert separately("kafka", "stop", state=tmp_path).stdout == "no Kafka of ours ran here\n"
    status = separately("kafka", "status", state=tmp_path)
    assert (status.returncode, status.stdout) == (1, "no Kafka of ours runs here\n")


@pytest.mark.parametrize(
    "module", ["pamwal.quiet", "pamwal.doctor", "pamwal.local.sources", "pamwal.local.guard"]
)
def test_what_runs_before_the_set_up_needs_no_package(module: str) -> None:
    root = Path(main.__file__).resolve().parents[2]
    line = f"import sys; sys.path.insert(0, {str(root)!r}); import {module}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", line], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
