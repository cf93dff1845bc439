"""GET: which place a name means. Where it could be two, or is only nearly one, a question comes back."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Response

from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Reader
from pamwal.edge.shapes import answers, json_of
from pamwal.places import Gazetteer, Kind, PlaceAnswer, answer_of, kupang

Asked = Annotated[
    str, Query(min_length=1, max_length=200, description="a name as people write it, or a code")
]
KindAsked = Annotated[Kind | None, Query(description="where a name is that of both")]
Within = Annotated[
    str | None,
    Query(max_length=80, description="name or code of the kecamatan, or how the codes of the region begin"),
]
SHOWN: Final = {"found": "Batuplat", "asked": "Oebobo", "offered": "Naikolen"}


def place_router(places: Gazetteer) -> APIRouter:
    """The gazetteer, for whoever has a token of any operation."""
    router = APIRouter(tags=["reads"])
    said = answers(PlaceAnswer)
    said[200]["content"]["application/json"]["examples"] = _examples()

    @router.get(
        "/scheduler/v1/places",
        summary="Which place a name means",
        responses=said,
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def find(
        _caller: Reader,
        q: Asked,
        kind: KindAsked = None,
        within: Within = None,
    ) -> Response:
        return json_of(answer_of(places.find(q, kind=kind, within=within)))

    return router


def _examples() -> dict[str, Any]:
    """What is answered in Kota Kupang, by itself."""
    return {
        name: {"summary": f"q={text}", "value": msgspec.to_builtins(answer_of(kupang().find(text)))}
        for name, text in SHOWN.items()
    }
