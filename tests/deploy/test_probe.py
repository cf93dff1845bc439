"""The health check of the images tells ready from not ready, and both from nobody there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pamwal.edge.probe import main


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ready = self.path == "/readyz"
        body = b"" if ready else b'{"tail": "not caught up"}'
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:  # type: ignore[override]
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_ready(address: str) -> None:
    assert main([f"{address}/readyz"]) == 0


def test_not_ready_says_why(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{address}/starting"]) == 1
    assert "not caught up" in capsys.readouterr().err


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:9/readyz"]) == 1
    assert "refused" in capsys.readouterr().err


def test_not_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["readyz"]) == 2
    assert "usage" in capsys.readouterr().err
