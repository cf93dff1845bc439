"""The service on a log in memory, and whoever speaks to it over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.instants import to_ms
from pamwal.contracts.rights import own_source
from pamwal.edge.app import Edge
from pamwal.edge.issuer import Issuer
from pamwal.wire.memory import MemoryLog
from services.checkin.codes import PlaceCode, PlaceCodes
from tests.contracts.golden import as_stored, golden

OPERATION = "omp-kota-kupang-2024"
ROOT = f"/checkin/v1/operations/{OPERATION}"
DEADLINE_S = 60
PATHS = {
    "pamwal.field.check_in.v1": "/check-ins",
    "pamwal.field.check_out.v1": "/check-outs",
    "pamwal.field.relieve.v1": "/reliefs",
    "pamwal.field.check_in_squad.v1": "/check-ins:squad",
    "pamwal.field.call_roll.v1": "/roll-calls",
    "pamwal.field.start_rally.v1": "/rallies:start",
    "pamwal.field.end_rally.v1": "/rallies:end",
    "pamwal.field.count_attendance.v1": "/attendance",
    "pamwal.field.void.v1": "/voids",
    "pamwal.field.report_incident.v1": "/incidents",
    "pamwal.field.advance_incident.v1": "/incidents:advance",
    "pamwal.field.amend_incident.v1": "/incidents:amend",
    "pamwal.field.escalate_incident.v1": "/incidents:escalate",
    "pamwal.field.attach_to_incident.v1": "/incidents:attach",
    "pamwal.field.merge_incident.v1": "/incidents:merge",
    "pamwal.field.unmerge_incident.v1": "/incidents:unmerge",
    "pamwal.field.heartbeat.v1": "/heartbeats",
    "pamwal.field.close_post.v1": "/posts:close",
    "pamwal.field.reopen_post.v1": "/posts:reopen",
    "pamwal.field.confirm_watch.v1": "/watches:confirm",
    "pamwal.field.start_poll.v1": "/polls",
    "pamwal.field.ack_poll.v1": "/polls:ack",
    "pamwal.field.end_poll.v1": "/polls:end",
    "pamwal.field.hand_over_watch.v1": "/watches",
}


def said(name: str, **more: Any) -> dict[str, Any]:
    """What the sender of a golden request posted."""
    path = next(path for path in golden("requests") if path.stem == name)
    record = msgspec.json.decode(as_stored(path))
    kept = ("id", "source", "type", "time", "channel", "data", "sourceseq")
    return {key: record[key] for key in kept if key in record} | more


class Field:
    """The service, and whoever speaks to it."""

    def __init__(
        self, log: MemoryLog, client: httpx.AsyncClient, issuer: Issuer, edge: Edge, state: Path
    ) -> None:
        self.log, self._client, self._issuer = log, client, issuer
        self._edge, self.state = edge, state
        self.transport = httpx.ASGITransport(edge.app)

    def token(
        self,
        role: Role,
        post: str | None,
        officer: str | None,
        subject: str,
        operation: str = OPERATION,
    ) -> dict[str, str]:
        token = self._issuer.issue(
            role=role, operation=operation, mode="exercise", subject=subject, post=post, officer=officer
        )
        return {"authorization": f"Bearer {token}"}

    def scanned(self, body: dict[str, Any]) -> dict[str, Any]:
        """With the code of its place, where it says that one was scanned: no log holds that."""
        if body["data"].get("method") != "qr":
            return body
        around_ms = (to_ms(body["time"]) // 60_000 + minutes for minutes in (-60, 60))
        from_ms, until_ms = (minute * 60_000 for minute in around_ms)
        code = PlaceCode(
            operation_id=OPERATION, place=body["data"]["place"], from_ms=from_ms, until_ms=until_ms
        )
        return {**body, "code": PlaceCodes(self._issuer, b"", "").address_of(code)}

    async def post(
        self,
        body: dict[str, Any],
        *,
        role: Role = "command_post",
        post: str | None = "maulafa",
        officer: str | None = None,
        subject: str = "operator-1",
    ) -> httpx.Response:
        """One request; of an officer's token from the officer's own source."""
        source = own_source(
            Claims(role=role, operation=OPERATION, mode="exercise", post=post, officer=officer)
        )
        body = body if source is None else {**body, "source": source}
        return await self._client.post(
            ROOT + PATHS[body["type"]], json=body, headers=self.token(role, post, officer, subject)
        )

    async def batch(self, rows: list[dict[str, Any]]) -> httpx.Response:
        """Several rows, by post Maulafa."""
        token = self.token("command_post", "maulafa", None, "operator-1")
        return await self._client.post(f"{ROOT}/batch", json=rows, headers=token)

    async def get(
        self,
        path: str,
        *,
        after: httpx.Response | None = None,
        role: Role = "command_post",
        post: str | None = "maulafa",
        officer: str | None = None,
        subject: str = "operator-1",
        operation: str = OPERATION,
    ) -> httpx.Response:
        at = {"pamwal-at": after.headers["pamwal-at"]} if after is not None else {}
        headers = {**self.token(role, post, officer, subject, operation), **at}
        return await self._client.get(ROOT.replace(OPERATION, operation) + path, headers=headers)

    async def upload(
        self,
        body: Any,
        media: str | None,
        *,
        method: str = "POST",
        role: Role = "command_post",
        post: str | None = "maulafa",
        officer: str | None = None,
        subject: str = "operator-1",
        operation: str = OPERATION,
    ) -> httpx.Response:
        """A file; `operation` is the one the address names."""
        headers = self.token(role, post, officer, subject)
        if media is not None:
            headers["content-type"] = media
        path = f"{ROOT.replace(OPERATION, operation)}/attachments"
        return await self._client.request(method, path, content=body, headers=headers)

    def ready(self) -> str | None:
        """Why the service is not ready, or None."""
        readiness = self._edge.health.readiness()
        return None if readiness.ready else str(readiness)

    async def read(self, path: str, *, role: Role) -> httpx.Response:
        """GET of what is about no operation."""
        return await self._client.get(path, headers=self.token(role, None, None, "reader"))
