"""What hangs and is handed out in one operation's field: codes, devices, PINs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pamwal.client.answers import Answer
from pamwal.client.files import Download
from pamwal.client.identifiers import new_id
from pamwal.client.service import JSON, ServiceClient
from pamwal.contracts.claims import Mode, Role
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.device_reads import DeviceList, DeviceShown, DeviceState
from pamwal.contracts.envelope import OFFICE, Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.field import EraseAsked, Erasure, ResetSource, RevokeDevices
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.zones import Zone

SHEET_S: Final = 120.0
"""How long sheets may take to be printed, on a slow machine."""
ERASED_S: Final = 300.0
"""How long an erasure may take: it reads all that the log has of the operation."""


class CodeOfPlace(Struct, frozen=True, kw_only=True):
    """A place's code: the address its QR holds, the letters below it, and from when to when it holds."""

    place: str
    name: str
    address: str
    letters: str
    holds_from: str
    holds_until: str
    zone: Zone


class Enrolled(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device's token, and what it is bound to; `source` is what it names itself in all it says."""

    token: str
    role: Role
    operation: str
    mode: Mode
    post: str
    device: str
    source: str
    expires_at: str
    officer: str | None = None


class SignedOn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token with what the post may; what is said with it has that person as its actor."""

    token: str
    actor: str
    role: Role
    operation: str
    mode: Mode
    post: str
    expires_at: str


class FieldDesk:
    """The checkin service of one operation.

    Every method raises AccessDenied or HttpProblem with what the service said, Unreachable, or Unanswered.
    Moments are RFC 3339; a code holds twelve hours around its place's hours unless they are given.
    """

    def __init__(self, client: ServiceClient, operation_id: str) -> None:
        self._client, self._root, self._operation_id = client, f"/operations/{operation_id}", operation_id

    async def code(
        self, place: str, *, holds_from: str | None = None, holds_until: str | None = None
    ) -> CodeOfPlace:
        """The code of `rally/{id}`, `site/{id}` or `post/{id}`."""
        query = _query(place=place, holds_from=holds_from, holds_until=holds_until)
        return await self._client.read(f"{self._root}/codes", CodeOfPlace, params=query)

    async def qr(
        self, place: str, *, holds_from: str | None = None, holds_until: str | None = None
    ) -> Download:
        """Its QR as SVG."""
        query = _query(place=place, holds_from=holds_from, holds_until=holds_until)
        return await self._download("/codes.svg", query)

    async def code_sheets(
        self,
        *,
        place: str | None = None,
        day: str | None = None,
        holds_from: str | None = None,
        holds_until: str | None = None,
    ) -> Download:
        """A sheet to hang up, of one place or of each of a local day, PDF."""
        query = _query(place=place, day=day, holds_from=holds_from, holds_until=holds_until)
        return await self._download("/sheets/place-codes.pdf", query)

    async def invite(
        self,
        *,
        officers: Sequence[str] = (),
        unit: str | None = None,
        roster: bool = False,
        pcs: int = 0,
        hours: int = 72,
        post: str | None = None,
        time: str,
        identifier: str | None = None,
    ) -> Download:
        """One-time codes for the devices of officers, of a whole unit, or for PCs of the post: cards, PDF.

        `roster`: of all officers whose home post it is. `time` is now; said again with the same `identifier`
        and `time`, the same codes come back.
        """
        asked = {
            "id": identifier or new_id(), "time": time, "officers": list(officers), "unit": unit, "pcs": pcs,
            "roster": roster, "hours": hours, "post": post,
        }  # fmt: skip
        body = msgspec.json.encode({name: value for name, value in asked.items() if value is not None})
        return await self._download("/devices:codes", {}, body)

    async def devices(
        self,
        *,
        post: str | None = None,
        officer: str | None = None,
        state: DeviceState | None = None,
        at: Sequence[str] = (),
    ) -> DeviceList:
        """Devices of a post, or of all, by post and id, page after page. `at` are receipts to know of."""
        found: list[DeviceShown] = []
        after: str | None = None
        while True:
            query = _query(post=post, officer=officer, state=state, after=after)
            page = await self._client.read(f"{self._root}/devices", DeviceList, params=query, at=at)
            found += page.devices
            if (after := page.next_after) is None:
                return replace(page, devices=found)

    async def revoke(
        self,
        devices: Sequence[str],
        *,
        lost_since: str | None = None,
        cause: str | None = None,
        post: str | None = None,
        time: str,
        identifier: str | None = None,
    ) -> Answer:
        """Devices are lost since that Instant, since `time` (now) if left out; said again it corrects it.

        SettingsError if neither the token nor `post` says whose they are.
        """
        source = self._client.bearer.source(post, device="cli")
        if source is None:
            raise SettingsError("say which post's devices they are: this token names none")
        said = Submission(
            id=identifier or new_id(),
            source=source,
            type=TYPE_OF[RevokeDevices],
            time=time,
            channel="api",
            data=RevokeDevices(devices=list(devices), lost_since=lost_since, text=cause),
        )
        return await self._client.submit(self._operation_id, ROUTES[said.type].path, said)

    async def reset_source(
        self, source: str, up_to: int, *, cause: str, time: str, identifier: str | None = None
    ) -> Answer:
        """Numbers of a source up to `up_to` that did not come are not missing any more."""
        said = Submission(
            id=identifier or new_id(),
            source=self._client.bearer.source(OFFICE, device="cli") or f"/posts/{OFFICE}/devices/cli",
            type=TYPE_OF[ResetSource],
            time=time,
            channel="api",
            data=ResetSource(source=source, up_to=up_to, cause=cause),
        )
        return await self._client.submit(self._operation_id, ROUTES[said.type].path, said)

    async def set_pin(self, officer_id: str, pin: str) -> None:
        """The PIN by which an officer signs on at a post's PC, 6 to 12 digits; replaces the one before."""
        await self._client.exchange(
            "PUT", self._pin(officer_id), content=msgspec.json.encode({"pin": pin}), headers=JSON
        )

    async def remove_pin(self, officer_id: str) -> None:
        """He signs on no more."""
        await self._client.exchange("DELETE", self._pin(officer_id))

    async def sign_on(self, officer_id: str, pin: str) -> SignedOn:
        """A short token of the post whose actor is that person. HttpProblem 429 after too many tries."""
        body = msgspec.json.encode({"officer_id": officer_id, "pin": pin})
        path = f"{self._root}/sign-on"
        response = await self._client.exchange(
            "POST", path, content=body, headers=JSON, busy_is_an_answer=True
        )
        return msgspec.json.decode(response.content, type=SignedOn)

    async def erasure(self, officer_id: str) -> Erasure:
        """What stands of an officer outside the log, and would be erased."""
        return await self._client.read(self._erasure(officer_id), Erasure, deadline_s=ERASED_S)

    async def erase(
        self, officer_id: str, *, cause: str, time: str, identifier: str | None = None
    ) -> Erasure:
        """Erases that for ever, and what was erased; called again it does no harm."""
        asked = EraseAsked(id=identifier or new_id(), time=time, cause=cause)
        response = await self._client.exchange(
            "POST",
            self._erasure(officer_id),
            content=msgspec.json.encode(asked),
            headers=JSON,
            deadline_s=ERASED_S,
            attempt_s=ERASED_S,
        )
        return msgspec.json.decode(response.content, type=Erasure)

    def _erasure(self, officer_id: str) -> str:
        return f"{self._root}/officers/{quote(officer_id, safe='')}/erasure"

    def _pin(self, officer_id: str) -> str:
        return f"{self._root}/officers/{quote(officer_id, safe='')}/pin"

    async def _download(self, path: str, query: dict[str, str], ask: bytes | None = None) -> Download:
        response = await self._client.exchange(
            "GET" if ask is None else "POST",
            self._root + path,
            content=ask,
            headers={} if ask is None else JSON,
            params=query,
            deadline_s=SHEET_S,
            attempt_s=SHEET_S,
        )
        _, _, name = response.headers.get("content-disposition", "").partition('filename="')
        return Download(response.content, name.rstrip('"') or path.rpartition("/")[2])


async def enrol(client: ServiceClient, code: str, *, time: str, identifier: str | None = None) -> Enrolled:
    """A device's token for its one-time code (bare, or the address its QR holds); errors as above.

    The client's own token is not looked at. After a lost answer call it again within 15 minutes with the same
    `time` and the same `identifier`, which has to be random and known to nobody else.
    """
    body = {"code": code, "id": identifier or new_id(), "time": time}
    response = await client.exchange("POST", "/enrol", content=msgspec.json.encode(body), headers=JSON)
    return msgspec.json.decode(response.content, type=Enrolled)


def _query(**asked: str | None) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value is not None}
