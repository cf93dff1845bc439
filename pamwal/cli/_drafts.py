"""What `pamwal send` and `pamwal queue add` were given, and what is missing filled in."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import msgspec.inspect
import typer
from msgspec import Struct

from pamwal.cli._moments import moment_of
from pamwal.client.identifiers import new_id
from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.field import AmendIncident, ReportIncident
from pamwal.contracts.routes import ROUTES, type_named
from pamwal.contracts.wording import unknown_fields
from pamwal.edge.clock import Clock
from pamwal.edge.decode import Contract, OtherOffset, Posted
from pamwal.incident_kinds import kind_meant
from pamwal.vocabulary import in_terms, nearest

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Draft(Struct, kw_only=True, omit_defaults=True):
    """What a sender wrote, before what is missing is filled in."""

    data: msgspec.Raw
    type: str | None = None
    id: str | None = None
    source: str | None = None
    time: str | None = None
    channel: str | None = None
    subject: str | None = None
    sentat: str | None = None
    sourceseq: int | None = None
    code: str | None = None


def drafts_of(data: str | None, file: Path | None) -> list[Draft]:
    """What is to be sent, as it was written. SettingsError names the line that cannot be read."""
    if (data is None) == (file is None):
        raise SettingsError("give either --data with the request's data, or --file with whole requests")
    if data is not None:
        try:
            return [Draft(data=msgspec.Raw(msgspec.json.encode(msgspec.json.decode(data))))]
        except _UNREADABLE as error:
            raise SettingsError(f"--data is no JSON: {error}") from error
    text = _text(file or Path("-"))
    whole = _whole(text)
    if whole is not None:
        return [whole]
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise SettingsError("there is no request in what was given")
    return [_line(number, line) for number, line in enumerate(lines, start=1)]


def _text(file: Path) -> bytes:
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return text.removeprefix(BOM_UTF8)
    except OSError as error:
        raise SettingsError(f"--file {file}: {error.strerror}") from error


def _whole(text: bytes) -> Draft | None:
    """A single request, however it is indented; None for several lines or none."""
    try:
        return msgspec.json.decode(text, type=Draft)
    except _UNREADABLE:
        return None


def _line(number: int, line: bytes) -> Draft:
    try:
        return msgspec.json.decode(line, type=Draft)
    except _UNREADABLE as error:
        raise SettingsError(f"line {number} is no request: {error}") from error


class Filled(NamedTuple):
    """A request that can be sent."""

    request: Submission[Any]
    written: dict[str, str]
    """Path of each time that was not written in UTC → how it was written."""


def filled_in(
    drafts: list[Draft],
    kind: str | None,
    source: str | None,
    time: str | None,
    identifier: str | None,
    clock: Clock,
    *,
    typed: bool,
) -> list[Filled]:
    """Whole submissions. What has no time of its own, or is given one, has that or the clock's; who names no
    `source` speaks as the given one.

    SettingsError for one id and several requests, and for what `name_unknown` says of `typed` ones.
    """
    if identifier is not None and len(drafts) > 1:
        raise SettingsError("--id names one request; the lines of a file carry their own ids")
    if time is not None:
        moment_of("--time", time)
    requests = [
        _filled(draft, kind, source, time or draft.time or clock.now(), identifier, typed=typed)
        for draft in drafts
    ]
    name_unknown(drafts, typed=typed)
    return requests


def _filled(
    draft: Draft, kind: str | None, source: str | None, time: str, identifier: str | None, *, typed: bool
) -> Filled:
    """A whole submission: what is missing comes from the options; times may have any offset."""
    type_name = request_type(draft.type or (type_named(kind) if kind else None), draft.type or kind)
    if draft.source is None and source is None:
        raise SettingsError("say who speaks: --post, a token of a post or device, or 'source' in the file")
    draft.type = type_name
    if typed:
        draft.data = _in_terms(draft.data, type_name)
    draft.id = identifier or draft.id or new_id()
    draft.source = draft.source or source
    draft.time = time
    draft.channel = draft.channel or "api"
    posted = _contract(type_name).read(msgspec.json.encode(draft))
    if not isinstance(posted, OtherOffset):
        return Filled(posted, {})
    sent = {name: getattr(posted, name) for name in Posted.__struct_fields__}
    return Filled(Posted[Any](**sent), posted.written)


def _in_terms(written: msgspec.Raw, type_name: str) -> msgspec.Raw:
    """Data as a person wrote it, with terms for Indonesian words."""
    contract, data = REQUEST_TYPES[type_name], msgspec.json.decode(written)
    data = in_terms(data, msgspec.inspect.type_info(contract))
    if contract in {ReportIncident, AmendIncident} and isinstance(data, dict) and "kind" in data:
        data["kind"] = kind_meant(str(data["kind"]))
    return msgspec.Raw(msgspec.json.encode(data))


@cache
def _contract(type_name: str) -> Contract:
    return Contract(type_name)


def request_type(found: str | None, said: str | None) -> str:
    """A type that is a request. SettingsError names them all."""
    if found in ROUTES:
        return found
    what = (
        "say what is asked, as in 'pamwal send plan_rally …'"
        if said is None
        else f"{said!r} names no request"
    )
    names = [name.split(".")[2] for name in ROUTES]
    raise SettingsError(f"{what}; there are {', '.join(names)}{nearest(said or '', names)}")


def name_unknown(drafts: list[Draft], *, typed: bool) -> None:
    """A field that no contract has would be dropped: what a person typed is not sent then, a file's is noted.

    A device may be newer than this command, and what it adds is for those who know it.
    """
    for number, draft in enumerate(drafts, start=1):
        data = REQUEST_TYPES[draft.type or ""]
        unknown = list(unknown_fields(msgspec.json.decode(draft.data), data))
        if not unknown:
            continue
        said = f"{', '.join(unknown)}: no such field in {(draft.type or '').split('.')[2]}"
        if typed:
            raise SettingsError(f"{said}; 'pamwal send --example KIND' shows one, /docs all fields")
        typer.echo(f"pamwal: request {number}: {said}; left out", err=True)
