"""`pamwal send` fills in what is missing and names what is wrong; nothing here needs a service."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

DATA = '{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}'
SAID = ("--operation", "op-1", "--post", "oebobo", "--token", "t")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check_in", *SAID], "give either --data"),
        (["check_in", *SAID, "--data", "{"], "--data is no JSON"),
        (["check_in", *SAID, "--data", DATA, "--file", "x"], "give either --data"),
        (["fly", *SAID, "--data", DATA], "'fly' names no request; there are open_operation"),
        ([*SAID, "--data", DATA], "'nothing' names no request"),
        (["check_in", "--operation", "op-1", "--token", "t", "--data", DATA], "say who speaks"),
        (["check_in", *SAID, "--data", '{"officer_id":"K"}'], "missing required field"),
        (["check_in", *SAID, "--data", DATA, "--time", "yesterday"], "$.time"),
        (["check_in", *SAID, "--file", "/nowhere/at/all"], "No such file"),
        (["check_in", "--operation", "op-1", "--post", "oebobo", "--data", DATA], "no token"),
        (["check_in", *SAID, "--data", DATA, "--url", "8102"], "is no address such as http"),
        (["check_in", *SAID, "--data", DATA, "--url", "http://a\nb"], "is no address"),
    ],
)
def test_what_cannot_be_sent_is_named_in_one_sentence(pamwal, arguments: list[str], sentence: str) -> None:
    said = pamwal("send", *arguments)
    assert said.exit_code == 1
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr


def test_a_line_that_is_no_request_is_named_by_its_number(pamwal) -> None:
    line = json.dumps({"type": "pamwal.field.check_in.v1", "data": json.loads(DATA)})
    said = pamwal("send", *SAID, "--file", "-", stdin=f"{line}\n{line[:-1]}\n")
    assert said.exit_code == 1
    assert "line 2 is no request" in said.stderr


def test_an_empty_file_is_not_a_success(pamwal, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    said = pamwal("send", *SAID, "--file", str(empty))
    assert (said.exit_code, "no request in what was given" in said.stderr) == (1, True)


def test_requests_for_two_services_are_sent_apart(pamwal) -> None:
    rows = [
        {"type": "pamwal.field.check_in.v1", "data": json.loads(DATA)},
        {"type": "pamwal.scheduling.cancel_rally.v1", "data": {"rally_id": "r", "cause": "rain"}},
    ]
    said = pamwal("send", *SAID, "--file", "-", stdin="\n".join(map(json.dumps, rows)))
    assert (said.exit_code, "send them apart" in said.stderr) == (1, True)


def test_nobody_there_is_said_with_the_id_to_say_again(pamwal) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        said = pamwal(
            "send", "check_in", *SAID, "--data", DATA, "--id", "again-1", "--url", url, "--within", "0.2"
        )
    assert said.exit_code == 1
    assert "check_in.v1 again-1" in said.stderr
    assert "say it again later with the same id" in said.stderr
