"""`pamwal watch` where there is nothing to be watched."""

from __future__ import annotations

import socket


def test_where_nobody_listens_is_said_within_seconds(pamwal) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        said = pamwal("watch", "--operation", "op-1", "--token", "t", "--url", url)
    assert said.exit_code == 1
    assert f"nobody listens at {url}/" in said.stderr
    assert "start the services with 'pamwal up'" in said.stderr
