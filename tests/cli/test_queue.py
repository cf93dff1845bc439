"""`pamwal queue`: what is added stands in the file until it is answered; exit codes tell scripts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

DATA = '{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}'
SAID = ("--operation", "op-1", "--post", "oebobo", "--data", DATA)
DEADLINE_S = 60.0


class Taker(BaseHTTPRequestHandler):
    """A service that answers each row as `answers` says, by id."""

    heard: ClassVar[list[dict[str, Any]]] = []
    answers: ClassVar[dict[str, dict[str, Any]]] = {}
    beats: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["authorization"] == "Bearer old":
            return self._reply(401, b'{"code":"expired_token","detail":"the token expired"}')
        if self.path.endswith("/heartbeats"):
            self.beats.append(json.loads(body)["data"])
            return self._reply(201, b"{}")
        rows = [json.loads(line) for line in body.splitlines()]
        self.heard.extend(rows)
        answers = [
            {
                "row": number,
                "status": 201,
                "receipt": "pamwal.field.requests.v1-0-7",
                **self.answers.get(row["id"], {}),
            }
            for number, row in enumerate(rows)
        ]
        return self._reply(200, "".join(json.dumps(answer) + "\n" for answer in answers).encode())

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    Taker.heard.clear(), Taker.beats.clear(), Taker.answers.clear()
    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline_s
        os.sched_yield()


def test_what_is_added_is_printed_listed_and_sent_once(pamwal, service: str, tmp_path: Path) -> None:
    queue = ("--queue", str(tmp_path / "q"))
    first = pamwal("queue", "add", "check_in", *SAID, *queue, "--time", "2024-10-03T21:00:00+08:00")
    assert (first.exit_code, len(first.stdout.split())) == (0, 1)
    assert "1 waiting" in pamwal("queue", "list", *queue).stdout
    sent = pamwal("queue", "send", *queue, "--url", service, "--token", "t", "--heartbeat")
    assert (sent.exit_code, json.loads(sent.stdout)["accepted"]) == (0, 1), sent.stderr
    [said] = Taker.heard
    assert (said["id"], said["time"], said["sourceseq"]) == (
        first.stdout.strip(),
        "2024-10-03T13:00:00.000Z",
        1,
    )
    assert Taker.beats == [{"highest": {said["source"]: 1}}]
    assert pamwal("queue", "send", *queue, "--url", service, "--token", "t").exit_code == 0
    assert len(Taker.heard) == 1
    [listed] = pamwal("queue", "list", *queue, "--json").stdout.splitlines()
    assert json.loads(listed)["answer"]["receipt"] == "pamwal.field.requests.v1-0-7"
    assert "1 forgotten" in pamwal("queue", "clear", *queue).stdout
    lines = "\n".join(
        json.dumps({"type": "pamwal.field.check_in.v1", "data": json.loads(DATA)}) for _ in "abc"
    )
    pamwal("queue", "add", *SAID[:4], *queue, "--file", "-", stdin=lines)
    shown = pamwal("queue", "list", *queue, "--most", "2", "--zone", "Asia/Jakarta").stdout
    assert shown.count(" WIB") == 2
    assert (shown.count("check_in"), "the oldest 2 of 3" in shown) == (2, True)


def test_a_terminal_is_told_in_words_what_was_sent(
    pamwal, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a terminal
    queue = ("--queue", str(tmp_path / "q"))
    pamwal("queue", "add", "check_in", *SAID, *queue)
    for told in "1 accepted\n", "nothing waited\n":
        assert pamwal("queue", "send", *queue, "--url", service, "--token", "t").stdout == told


def test_the_exit_code_says_what_is_left(pamwal, service: str, nobody: str, tmp_path: Path) -> None:
    queue = ("--queue", str(tmp_path / "q"))
    for name in ("a", "b", "c"):
        assert pamwal("queue", "add", "check_in", *SAID, *queue, "--id", name).stdout == f"{name}\n"
    left = pamwal("queue", "send", *queue, "--url", nobody, "--token", "t", "--within", "0.2")
    assert "attempts brought no answer, and 3 reports wait in the queue" in left.stderr
    assert "attempt 1, the next in" in left.stderr
    assert (left.exit_code, json.loads(left.stdout)["waiting"], "nobody answers" in left.stderr) == (
        6,
        3,
        True,
    )
    old = pamwal("queue", "send", *queue, "--url", service, "--token", "old")
    assert (old.exit_code, "the token expired" in old.stderr) == (5, True)
    Taker.answers["b"] = {"status": 409, "reason": {"code": "not_yours", "message": "of another post"}}
    refused = pamwal("queue", "send", *queue, "--url", service, "--token", "t")
    assert (refused.exit_code, json.loads(refused.stdout)["refused"]) == (3, 1)
    assert "not_yours: of another post" in pamwal("queue", "list", *queue).stdout
    Taker.answers["b"] = {"status": 400, "code": "undecodable", "receipt": None}
    assert "1 wait again" in pamwal("queue", "again", *queue, "a", "b").stdout
    assert pamwal("queue", "send", *queue, "--url", service, "--token", "t").exit_code == 5
    assert pamwal("queue", "list", *queue, "--state", "set_aside").stdout.count("undecodable") == 1


def test_a_request_may_go_by_the_queue_at_once(pamwal, service: str, nobody: str, tmp_path: Path) -> None:
    queue = ("--queue", str(tmp_path / "q"), "--token", "t")
    waits = pamwal("send", "check_in", *SAID, *queue, "--id", "a", "--url", nobody, "--within", "0.2")
    assert (waits.exit_code, json.loads(waits.stdout)["code"]) == (6, "waiting")
    said = pamwal("send", "check_in", *SAID, *queue, "--id", "b", "--url", service)
    assert (said.exit_code, json.loads(said.stdout)["meaning"]) == (0, "accepted"), said.stderr
    assert [row["id"] for row in Taker.heard] == ["a", "b"]


def test_a_watch_goes_on_with_a_new_token_and_ends_in_order(pamwal, service: str, tmp_path: Path) -> None:
    queue, token = str(tmp_path / "q"), tmp_path / "token"
    token.write_text("old\n")
    pamwal("queue", "add", "check_in", *SAID, "--queue", queue)
    command = [sys.executable, "-m", "pamwal.cli.main", "queue", "watch", "--queue", queue, "--url", service]
    with subprocess.Popen(
        [*command, "--token-file", str(token), "--heartbeat", "0.05"], stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stderr is not None
        assert "the token expired" in watching.stderr.readline()
        second = pamwal("queue", "send", "--queue", queue, "--token", "t", "--url", service)
        assert (second.exit_code, "another process sends" in second.stderr) == (1, True)
        token.write_text("new\n")
        until(lambda: len(Taker.heard) == 1 and {"highest": {Taker.heard[0]["source"]: 1}} in Taker.beats)
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(DEADLINE_S) == 128 + signal.SIGTERM
    assert pamwal("queue", "send", "--queue", queue, "--token", "t", "--url", service).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["send", "--token", "t"], "there is no queue"),
        (["list", "--state", "lost"], "there is no queue"),
        (["add", "check_in", "--operation", "op-1", "--data", DATA], "say who speaks"),
        (["add", "check_in", *SAID, "--operation", "op/1"], "is no id; write 1 to 64"),
        (["add", "--operation", "op-1", "--post", "alak", "--file", "-"], "line 2 is no request"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    pamwal, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    deep = "{}\n" + "[" * 10_000 + "]" * 10_000
    said = pamwal("queue", *arguments, "--queue", str(tmp_path / "q"), stdin=f'{{"data":{{}}}}\n{deep}')
    assert (said.exit_code, sentence in said.stderr) == (1, True), said.stderr
    assert "Traceback" not in said.stderr
