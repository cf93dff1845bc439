"""`pamwal send` fills in what is missing and names what is wrong; nothing here needs a service."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import msgspec
import pytest

from pamwal.cli._answers import EXIT
from pamwal.cli.send import app
from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.routes import type_named
from pamwal.contracts.scheduling import OrderDeployments

DATA = '{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}'
SAID = ("--operation", "op-1", "--post", "oebobo", "--token", "t")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check_in", *SAID], "give either --data"),
        (["check_in", *SAID, "--data", "{"], "--data is no JSON"),
        (["check_in", *SAID, "--data", DATA, "--file", "x"], "give either --data"),
        (["fly", *SAID, "--data", DATA], "'fly' names no request; there are open_operation"),
        (
            [*SAID, "--data", DATA],
            "say what is asked, as in 'pamwal send plan_rally …'; there are open_operation",
        ),
        (
            ["check_in", "--operation", "a b", *SAID[2:], "--data", DATA],
            "--operation 'a b' is no id; write 1 to",
        ),
        (
            ["check_in", *SAID[:2], "--post", "posko 1", "--data", DATA],
            "--post 'posko 1' is no id; write 1 to",
        ),
        (
            ["check_in", *SAID, "--data", DATA.replace("manual", "shout")],
            "'shout'; one of gps, manual, paper, qr, radio",
        ),
        (
            ["check_in", *SAID, "--data", DATA.replace("rally/", "")],
            "Expected a rally or a site: rally/{rally_id} or site/{site_id} - at",
        ),
        (
            ["check_in", *SAID, "--data", DATA.replace('"method"', '"mood":{"is":"fine"},"method"')],
            "mood: no such field in check_in; 'pamwal send --example KIND' shows one",
        ),
        (["check_in", "--operation", "op-1", "--token", "t", "--data", DATA], "say who speaks"),
        (["check_in", *SAID, "--data", '{"officer_id":"K"}'], "missing required field"),
        (
            ["check_in", *SAID, "--data", DATA, "--time", "yesterday"],
            "--time: 'yesterday' is not an RFC 3339",
        ),
        (["check_in", *SAID, "--data", DATA, "--time", "2024-10-03T13:00:00"], "with an offset"),
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


def test_a_file_may_begin_with_the_mark_that_some_editors_write(pamwal) -> None:
    mark = "\N{ZERO WIDTH NO-BREAK SPACE}"
    said = pamwal("send", *SAID, "--file", "-", stdin=mark + '{"type":"pamwal.fly.v1","data":{}}')
    assert (said.exit_code, "'pamwal.fly.v1' names no request" in said.stderr) == (1, True)


def test_what_a_newer_device_adds_is_sent_and_named(pamwal) -> None:
    row = {"type": "pamwal.field.check_in.v1", "data": {**json.loads(DATA), "mood": "fine"}}
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        said = pamwal("send", *SAID, "--file", "-", "--url", url, "--within", "0.2", stdin=json.dumps(row))
    assert "request 1: mood: no such field in check_in; left out" in said.stderr
    assert "say it again later" in said.stderr


def test_what_cannot_be_checked_beforehand_is_said_so(pamwal) -> None:
    asked = ("send", "close_post", "--operation", "o", "--post", "p", "--token", "t")
    told = pamwal(*asked, "--data", '{"day":"2024-10-03"}', "--check")
    assert (told.exit_code, "close_post cannot be checked; send it" in told.stderr) == (1, True)


def test_an_example_can_be_sent_as_it_is(pamwal) -> None:
    said = pamwal("send", "--example", "order_deployments")
    assert said.exit_code == 0
    assert msgspec.convert(json.loads(said.stdout), OrderDeployments).orders
    wrong = pamwal("send", "--example", "order")
    assert (wrong.exit_code, wrong.stderr[:39]) == (1, "pamwal: 'order' names no request; there")


def test_its_help_names_every_exit_code(pamwal) -> None:
    told = " ".join(pamwal("send", "--help").stdout.split())
    for code in (*sorted(set(EXIT.values())), 1, 2, 130):
        assert f" {code} " in told[told.index("Exit code:") :], code


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


class Taker(BaseHTTPRequestHandler):
    """A service that accepts whatever it is told."""

    heard: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = b'{"outcome": "accepted", "facts": ["w-1/0"], "local_time": "2024-10-03 21:00 WITA"}'
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    """The address of a service that takes everything; `Taker.heard` is what it was told."""
    Taker.heard.clear()
    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("more", "said"), [((), "accepted, 1 fact"), (("--json",), '{"id":"w-1",')])
def test_a_terminal_is_answered_in_sentences(
    pamwal, service: str, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a terminal
    answer = pamwal("send", "check_in", *SAID, "--data", DATA, "--url", service, "--id", "w-1", *more)
    told = re.sub("\x1b\\[[0-9;]*m", "", answer.stdout)
    assert (answer.exit_code, told.startswith(said)) == (0, True), told
    assert "fact w-1/0" in told or more


@pytest.mark.parametrize(
    "given", ["2024-10-03T13:00:00Z", "2024-10-03T21:00:00+08:00", "2024-10-03T13:00:00.000Z"]
)
def test_a_time_may_be_said_with_any_offset_as_over_http(pamwal, service: str, given: str) -> None:
    line = {"type": "pamwal.field.check_in.v1", "time": given, "data": json.loads(DATA)}
    by_option = pamwal("send", "check_in", *SAID, "--data", DATA, "--time", given, "--url", service)
    by_file = pamwal("send", *SAID, "--file", "-", "--url", service, stdin=json.dumps(line))
    assert (by_option.exit_code, by_file.exit_code) == (0, 0), by_option.stderr + by_file.stderr
    assert [said["time"] for said in Taker.heard] == ["2024-10-03T13:00:00.000Z"] * 2
    assert not any("written" in said for said in Taker.heard)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2024-10-03T20:00:00+07:00", ["time 2024-10-03T20:00:00+07:00 is 2024-10-03 21:00 WITA"]),
        ("2024-10-03T21:00:00+08:00", []),
        ("2024-10-03T13:00:00Z", []),
    ],
)
def test_a_time_in_another_offset_than_the_operations_is_repeated(
    pamwal, service: str, given: str, said: list[str]
) -> None:
    answer = pamwal("send", "check_in", *SAID, "--data", DATA, "--time", given, "--url", service)
    advice = json.loads(answer.stdout).get("advice", [])
    assert [each["message"] for each in advice] == said
    assert all(each["code"] == "other_offset" for each in advice)


def test_words_that_are_typed_stand_for_terms(pamwal, service: str) -> None:
    data = {"incident_id": "k-1", "kind": "Kebakaran", "severity": "berat", "kelurahan": "53.71.04.1003"}
    said = pamwal("send", "report_incident", *SAID, "--data", json.dumps(data), "--url", service)
    assert said.exit_code == 0, said.stderr
    assert Taker.heard[0]["data"] == data | {"kind": "fire", "severity": "severe"}


def test_what_has_no_time_is_stamped_by_the_clock_of_the_exercise(
    pamwal, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_CLOCK", "2024-10-03T05:00:00.000Zx0.001@1727900000000")
    said = pamwal("send", "check_in", *SAID, "--data", DATA, "--url", service)
    assert said.exit_code == 0, said.stderr
    [request] = Taker.heard
    assert request["time"].startswith("2024-10-0"), "a clock that goes a thousandth as fast"
    assert request["sentat"] >= request["time"]
    assert request["sentat"].startswith("2024-10-0")


def test_a_clock_that_cannot_be_read_is_named(pamwal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMWAL_CLOCK", "noon")
    said = pamwal("send", "check_in", *SAID, "--data", DATA)
    assert (said.exit_code, "PAMWAL_CLOCK='noon'" in said.stderr) == (1, True)


def test_the_help_says_how_to_name_the_clock_of_an_exercise(pamwal) -> None:
    assert "PAMWAL_CLOCK" in pamwal("send", "--help").stdout


def test_every_example_of_the_help_is_a_request_its_contract_reads() -> None:
    epilog = app.registered_commands[0].epilog or ""
    found = re.findall(r"pamwal send (\w+) .*?--data '(.*?)'", epilog)
    assert [kind for kind, _ in found] == [
        "check_in", "relieve", "check_in_squad", "count_attendance", "close_post", "cancel_rally",
    ]  # fmt: skip
    for kind, data in found:
        name = type_named(kind)
        assert name is not None
        msgspec.json.decode(data, type=REQUEST_TYPES[name])
