"""What GET routes share: who may read, read your own writes, and the vector an answer stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from pamwal.contracts.errors import ContractError, HttpProblem
from pamwal.edge.auth import Caller
from pamwal.edge.http import AT_HEADER
from pamwal.wire.log import Receipt

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

VECTOR_STATE = "pamwal_vector"


async def read_access(request: Request) -> Caller:
    """The caller of a read: bound to `operation_id` if the path has one, its own writes (`Pamwal-At`) folded.

    AccessDenied 401/403, HttpProblem 400 (no receipt), 429, 503 (not folded within 2 s).
    """
    edge: Edge = request.app.state.edge
    headers = dict(request.scope["headers"])
    caller = await edge.admit(headers, request.method, request.path_params.get("operation_id"))
    at = headers.get(AT_HEADER)
    if at is not None:
        await _folded(edge, at.decode("latin-1"))
    request.scope.setdefault("state", {})[VECTOR_STATE] = edge.vector_text()
    return caller


Reader = Annotated[Caller, Depends(read_access)]
"""Parameter of a GET route: `async def situation(operation_id: str, caller: Reader) -> Response`."""


async def _folded(edge: Edge, at: str) -> None:
    wait_ms = edge.settings.read_wait_ms
    for text in at.split(","):
        try:
            receipt = Receipt.parse(text.strip())
        except ContractError as error:
            raise HttpProblem(400, "malformed", f"Pamwal-At: {error}") from error
        if not await edge.folded.wait_folded(receipt, wait_ms):
            raise HttpProblem(
                503,
                "not_folded",
                f"{receipt} is not decided and folded here within {wait_ms} ms; ask again",
                headers=(("retry-after", "1"),),
            )
