"""What names operations is told at the operators' port and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.edge.app import EdgeSettings
from pamwal.edge.listeners import listen
from pamwal.edge.serve import listening_socket, serve
from pamwal.edge.settings import OPERATORS_ABOVE
from pamwal.wire.ending import EndedForGood
from tests.edge.house import House, a_house, check_in
from tests.ports import reserved_port

SECRET = "partition 3 is deciding; operation pemilu-2029 is not judged since 08:00"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as found:
        yield found


async def test_clients_are_told_which_check_fails_and_operators_why(house: House) -> None:
    house.edge.health.add("decider", lambda: SECRET)
    house.edge.health.add_notice(lambda: SECRET)
    for path in ("/readyz", "/readyz/writes"):
        told, why = await house.client.get(path), await house.operators(path)
        assert told.status_code == why.status_code == 503
        assert told.json()["checks"]["decider"] == {"ok": False}
        assert "pemilu-2029" not in told.text
        assert why.json()["checks"]["decider"] == {"ok": False, "reason": SECRET}
        assert why.json()["notices"] == [SECRET]


async def test_clients_are_told_which_part_ended_and_operators_why(house: House) -> None:
    house.edge.health.add("picture", lambda: EndedForGood(SECRET))
    told, why = await house.client.get("/healthz"), await house.operators("/healthz")
    assert told.status_code == why.status_code == 503
    assert told.json() == {"status": "ended", "checks": {"picture": {"ok": False}}}
    assert why.json()["checks"]["picture"]["reason"] == SECRET


async def test_metrics_are_not_for_clients_whatever_their_token(house: House) -> None:
    await house.post(check_in("a"), **house.bearer(operation="other", post="posko-9"))
    assert 'operation="other"' in (await house.operators("/metrics")).text
    head = house.bearer(role="ops_head", post=None)
    for headers in ({}, head):
        assert (await house.client.get("/metrics", headers=headers)).status_code == 404


async def test_operators_are_told_what_there_is(house: House) -> None:
    answer = await house.operators("/guard/v1/operations/op/seen")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "/metrics" in answer.json()["detail"]
    transport = httpx.ASGITransport(house.edge.operators)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        refused = await client.post("/metrics")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_both_ports_are_served_until_the_process_ends(house: House) -> None:
    stop = asyncio.Event()
    clients, operators = listening_socket("127.0.0.1", 0), listening_socket("127.0.0.1", 0)
    house.edge.start = house.edge.stop = _nothing  # type: ignore[method-assign] # the fixture did, and will
    serving = asyncio.ensure_future(serve(house.edge, stop=stop, listener=clients, operators=operators))
    urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (clients, operators)]
    async with httpx.AsyncClient(trust_env=False) as http:
        alive = [(await http.get(f"{url}/healthz")).status_code for url in urls]
        metrics = [(await http.get(f"{url}/metrics")).status_code for url in urls]
        assert (alive, metrics) == ([200, 200], [404, 200])
        stop.set()
        await serving
        for url in urls:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"{url}/healthz")


async def _nothing() -> None:
    """In place of a start and a stop that the fixture does."""


def test_processes_of_one_machine_do_not_fight_for_the_port(tmp_path: Path) -> None:
    # given a port whose operators' port another process has
    with reserved_port() as port, socket.socket() as other:
        usual = EdgeSettings(state=tmp_path, port=port)
        taken = usual.port + OPERATORS_ABOVE
        with contextlib.suppress(OSError):  # then somebody has it already
            other.bind(("127.0.0.1", taken))
            other.listen()
        clients, operators = listen(usual)
        with clients, operators:
            assert clients.getsockname() == ("127.0.0.1", usual.port)
            assert operators.getsockname()[0] == "127.0.0.1"
            assert operators.getsockname()[1] != taken
        # but a port that was asked for is that port
        asked = EdgeSettings(state=tmp_path, port=0, operators_port=taken)
        with pytest.raises(SettingsError, match=f"port {taken} of 127.0.0.1, for operators, cannot be used"):
            listen(asked)


def test_sockets_that_another_process_opened_are_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        addresses = first.getsockname(), second.getsockname()
        text = f"{first.detach()},{second.detach()}"
    told = {"PAMWAL_STATE": str(tmp_path), "PAMWAL_PORT": "1", "PAMWAL_LISTENERS": text}

    with contextlib.ExitStack() as stack:
        listeners = listen(EdgeSettings.from_environment(8102, told))
        for each, address in zip(listeners, addresses, strict=True):
            stack.enter_context(each)
            assert (each.getsockname(), each.getblocking(), each.get_inheritable()) == (address, False, False)


def test_file_descriptors_that_are_no_listening_sockets_are_refused(tmp_path: Path) -> None:
    told = {"PAMWAL_STATE": str(tmp_path)}
    with socket.socket() as silent, (tmp_path / "file").open("w") as file:
        for number in (silent.fileno(), file.fileno(), 999_999):
            asked = {**told, "PAMWAL_LISTENERS": f"{number},{number}"}
            with pytest.raises(SettingsError, match=f"descriptor {number}, which is no socket that listens"):
                listen(EdgeSettings.from_environment(8102, asked))
        silent.getsockname()  # it is not closed
    for text in ("5", "5,", "a,b", "5,6,7", "-1,2"):
        with pytest.raises(SettingsError, match="is not two file descriptors"):
            EdgeSettings.from_environment(8102, {**told, "PAMWAL_LISTENERS": text})


def test_the_port_is_set_by_the_environment(tmp_path: Path) -> None:
    state = {"PAMWAL_STATE": str(tmp_path)}
    usual = EdgeSettings.from_environment(8102, state)
    assert (usual.operators_host, usual.operators_port) == ("127.0.0.1", None)
    asked = {**state, "PAMWAL_OPERATORS_HOST": "10.0.0.7", "PAMWAL_OPERATORS_PORT": "9999"}
    found = EdgeSettings.from_environment(8102, asked)
    assert (found.operators_host, found.operators_port) == ("10.0.0.7", 9999)
    with pytest.raises(SettingsError, match="PAMWAL_OPERATORS_PORT='x' is no number"):
        EdgeSettings.from_environment(8102, {**state, "PAMWAL_OPERATORS_PORT": "x"})
