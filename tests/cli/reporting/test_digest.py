"""`pamwal digest`: replicas that agree, that stand at different places, and that differ."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from pamwal.client.replicas import Compared, least
from pamwal.contracts.reporting import Digest
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import House

PLACE = "pamwal.field.decisions.v1-3"
NOON, LATER = "2024-10-03T04:00:00.000Z", "2024-10-03T04:00:01.000Z"


async def test_replicas_that_show_the_same_agree(call: Run, house: House) -> None:
    found = await call("digest", "http://first", "http://second")
    assert found.exit_code == 0, found.stderr
    first, second, said, vector = found.stdout.splitlines()
    assert (first.split()[1], second.split()[1]) == ("http://first", "http://second")
    assert first.split()[0] == second.split()[0]
    assert said.startswith("2 replicas show the same, at 2024-10-02T22")
    assert "pamwal.scheduling.decisions.v1-" in vector
    one = await call("digest")
    assert (one.exit_code, "  reporting\nshown, at " in one.stdout) == (0, True)


class Replicas:
    """Answers as replicas that stand at these offsets; a broken one says another digest than the rest."""

    def __init__(self, stand_at: dict[str, int], *, broken: str | None = None) -> None:
        self.stand_at, self.broken = stand_at, broken
        self.asked: list[tuple[str, str | None, str | None]] = []

    async def handle(self, request: httpx.Request) -> httpx.Response:
        host, query = request.url.host, request.url.params
        self.asked.append((host, query.get("at"), query.get("known")))
        offset = self.stand_at[host]
        at = NOON if offset == min(self.stand_at.values()) else LATER
        if (known := query.get("known")) is not None:
            offset, at = int(known.removeprefix(f"{PLACE}-")), query["at"]
        sha256 = "f" * 64 if host == self.broken else f"{offset:064}"
        told = Digest(operation_id="kupang", at=at, vector={PLACE: offset}, sha256=sha256)
        return httpx.Response(200, content=msgspec.json.encode(told))


def compared(pamwal: Any, monkeypatch: pytest.MonkeyPatch, replicas: Replicas) -> tuple[int, str]:
    plain, transport = httpx.AsyncClient, httpx.MockTransport(replicas.handle)
    monkeypatch.setattr(httpx, "AsyncClient", lambda **more: plain(transport=transport, **more))
    urls = [f"http://{host}" for host in replicas.stand_at]
    found = pamwal("digest", *urls, "--operation", "kupang", "--token", "x")
    return found.exit_code, found.stdout


def test_replicas_at_different_places_are_asked_for_what_all_know(
    pamwal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    replicas = Replicas({"a": 90, "b": 88, "c": 91})
    code, said = compared(pamwal, monkeypatch, replicas)
    assert code == 0, said
    assert f"3 replicas show the same, at the least that all of them know {NOON}" in said
    assert said.endswith(f"--known {PLACE}-88\n")
    assert replicas.asked[3:] == [(host, NOON, f"{PLACE}-88") for host in "abc"]


def test_the_one_that_differs_is_named(pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = compared(pamwal, monkeypatch, Replicas({"a": 90, "b": 90, "c": 90}, broken="b"))
    assert code == 3
    assert [line.endswith("  differs") for line in said.splitlines()[:3]] == [False, True, False]
    assert "they differ: " in said


def test_of_two_that_differ_neither_is_called_right(pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = compared(pamwal, monkeypatch, Replicas({"a": 90, "b": 89}, broken="b"))
    assert code == 3
    assert [line.endswith("  differs") for line in said.splitlines()[:2]] == [True, True]


def test_no_digest_leads_where_each_is_said_as_often() -> None:
    digests = [Digest(operation_id="o", at=NOON, vector={}, sha256=each) for each in "aabbc"]
    assert Compared(digests=digests, brought=False).most is None
    assert Compared(digests=digests[1:], brought=False).most == "b"


def test_of_each_partition_the_least_is_taken_and_nothing_is_none() -> None:
    assert least([{"x-0": 5, "y-0": 2}, {"x-0": 4}]) == {"x-0": 4, "y-0": 0}
