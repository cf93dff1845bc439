"""An operation as it is planned, told to the scheduler over HTTP, and the check-ins of its officers."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

from pamwal.contracts.instants import from_ms
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer

HOUR_MS: Final = 3_600_000
POST: Final = "maulafa"
SOURCE: Final = f"/posts/{POST}/devices/1"
PLACE: Final = "rally/lapangan"


async def plan(api: str, issuer: Issuer, operation: str, officers: int) -> None:
    """Opens an operation with a rally in an hour and as many officers ordered to it as will be checked in."""
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
    async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=20) as http:
        for path, role, data in said:
            body = submission(path, data)
            headers = {"authorization": f"Bearer {token(issuer, operation, role)}"}
            answer = await http.post(f"/operations/{operation}/{path}", json=body, headers=headers)
            if answer.status_code != 201:
                raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")


def token(issuer: Issuer, operation: str, role: Any) -> str:
    """A token of that role."""
    post = POST if role == "command_post" else None
    bound = "*" if role == "admin" else operation
    return issuer.issue(role=role, operation=bound, mode="exercise", subject=f"bench {role}", post=post)


def submission(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a sender says, now."""
    return {"id": name, "source": SOURCE, "time": from_ms(system_ms()), "channel": "app", "data": data}


def check_in(number: int) -> str:
    """The body of one officer's check-in."""
    data = {"officer_id": f"O{number:05d}", "place": PLACE, "method": "gps"}
    return msgspec.json.encode(submission(f"c{number}", data)).decode()
