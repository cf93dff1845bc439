"""`pamwal place`: which kelurahan or kecamatan a name means."""

from __future__ import annotations

from typing import Annotated, Final, Literal, cast

import typer

from pamwal.cli._answers import EXIT
from pamwal.cli._console import console
from pamwal.cli._scheduler import JsonOption, Link, TokenOption, UrlOption, as_json, one_of, with_scheduler

app = typer.Typer(add_completion=False)
KINDS: Final = ("kelurahan", "kecamatan")


@app.command(
    name="place",
    epilog="Examples:  pamwal place Batuplat  |  pamwal place Oebobo --kind kelurahan",
)
def place(
    *,
    name: Annotated[str, typer.Argument(help="The name as people write it, or a code.")],
    kind: Annotated[str | None, typer.Option(help="kelurahan or kecamatan.")] = None,
    within: Annotated[
        str | None, typer.Option(help="Name or code of the kecamatan, or how the region's codes begin.")
    ] = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Code and point of a place, however its name is spelled; asks back where two could be meant.

    Exit code: 0 it is clear, 3 a question came back, 5 the service turns it away, 1 nobody answers.
    """
    if kind is not None:
        kind = one_of("--kind", kind, KINDS)
    wanted = cast(Literal["kelurahan", "kecamatan"] | None, kind)
    link = Link(operation="", token=token, url=url)
    answer = with_scheduler(link, lambda scheduler: scheduler.find_place(name, kind=wanted, within=within))
    found, to = answer.found, console()
    if json:
        as_json(answer)
    elif found is not None:
        point = f"  {found.point.latitude:.5f}, {found.point.longitude:.5f}" if found.point else ""
        in_kecamatan = f", kecamatan {found.kecamatan}" if found.kind == "kelurahan" else ""
        to.print(
            f"{found.code}  {found.kind} {found.name}{in_kecamatan}{point}", highlight=False, markup=False
        )
    elif answer.question is not None:
        for text in (answer.question.indonesian, answer.question.english):
            to.print(text, highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(EXIT["accepted" if found is not None else "refused"])
