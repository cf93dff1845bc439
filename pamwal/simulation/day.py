"""An operation as it is planned, told to the scheduler over HTTP, and the check-ins of its officers."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx
import msgspec

from pamwal.contracts.errors import SimulationFailed, Unreachable
from pamwal.contracts.instants import from_ms
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer

HOUR_MS: Final = 3_600_000
POST: Final = "maulafa"
SOURCE: Final = f"/posts/{POST}/devices/1"
PLACE: Final = "rally/lapangan"
TIMEOUT_S: Final = 20.0
TRIES: Final = 20
AGAIN_S: Final = 1.0


async def plan(api: str, issuer: Issuer, operation: str, officers: int) -> None:
    """Opens an exercise with a rally in an hour, and so many officers ordered to it.

    `api`: the scheduler's, `http://127.0.0.1:8101/scheduler/v1`. SimulationFailed, Unreachable.
    """
    starts_ms = system_ms() + HOUR_MS
    hours = {"starts_at": from_ms(starts_ms), "ends_at": from_ms(starts_ms + 4 * HOUR_MS)}
    first_day, last_day = (from_ms(starts_ms + days * 24 * HOUR_MS)[:10] for days in (-2, 2))
    names = [f"O{number:05d}" for number in range(officers)]
    opening = {
        "name": operation,
        "mode": "exercise",
        "zone": "Asia/Makassar",
        "region": "53.71",
        "starts_on": first_day,
        "ends_on": last_day,
        "posts": [{"post_id": POST, "name": "Maulafa"}],
        "task_forces": [{"satgas_id": "preventif", "name": "Preventif"}],
    }
    venue = {"venue_id": "lapangan", "name": "Lapangan", "kelurahan": "53.71.02.1001"}
    rally = {
        "rally_id": "lapangan",
        "kind": "limited_meeting",
        "pairs": ["walikota/3"],
        "venue": venue,
        **hours,
        "required": {"guard": officers},
    }
    entry = {"rank": "Bripka", "unit": "Sabhara", "satgas": "preventif", "home_post": POST}
    order = {"place": PLACE, "role": "guard", **hours}
    orders = [{"deployment_id": f"d-{name}", "officer_id": name, **order} for name in names]
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("open", "admin", opening),
        ("officers", "ops_head", {"officers": [{"officer_id": name, **entry} for name in names]}),
        ("rallies", "ops_head", rally),
        ("deployments", "command_post", {"sprin": "SPRIN/1", "orders": orders}),
    ]
    async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=TIMEOUT_S) as http:
        for path, role, data in said:
            body = submission(path, data)
            headers = {"authorization": f"Bearer {token(issuer, operation, role)}"}
            await _say(http, f"/operations/{operation}/{path}", body, headers)


async def _say(http: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]) -> None:
    """Says it, and says it again while it is not decided: a service that is busy answers so."""
    for left in reversed(range(TRIES)):
        try:
            answer = await http.post(path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"{http.base_url}: {error!r}; start the services with 'pamwal up'") from error
        if answer.status_code == 201:
            return
        if answer.status_code not in (202, 503) or not left:
            raise SimulationFailed(f"{path} was answered with {answer.status_code}: {answer.text[:300]}")
        await asyncio.sleep(AGAIN_S)


def token(issuer: Issuer, operation: str, role: Any) -> str:
    """A token of that role."""
    post = POST if role == "command_post" else None
    bound = "*" if role == "admin" else operation
    return issuer.issue(role=role, operation=bound, mode="exercise", subject=f"simulated {role}", post=post)


def submission(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a sender says, now."""
    return {"id": name, "source": SOURCE, "time": from_ms(system_ms()), "channel": "app", "data": data}


def check_in(number: int) -> str:
    """The body of one officer's check-in."""
    data = {"officer_id": f"O{number:05d}", "place": PLACE, "method": "gps"}
    return msgspec.json.encode(submission(f"c{number}", data)).decode()
