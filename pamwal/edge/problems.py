"""Every answer that is a problem: RFC 9457 problem+json, a stable `type`, what was wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import Reason, Winner
from pamwal.contracts.errors import (
    AccessDenied,
    ContractError,
    HttpProblem,
    LogError,
    LogTruncated,
    LogUnavailable,
    Misdirected,
    TooLarge,
    Undecodable,
    UnreadableFile,
)
from pamwal.edge.http import PROBLEM_JSON, Reply

PREFIX = "urn:pamwal:problem:"
RETRY_AFTER_S = 1
_AT = re.compile(r" - at `([^`]*)`$")

TITLES = {
    "no_token": "No token",
    "bad_token": "Token not accepted",
    "expired_token": "Token expired",
    "forbidden": "Not allowed",
    "wrong_operation": "Token of another operation",
    "wrong_mode": "Token of another mode",
    "wrong_role": "Role does not allow this",
    "too_large": "Too large",
    "rate_limited": "Too many requests",
    "undecodable": "Not readable",
    "unknown_type": "Unknown type",
    "malformed": "Does not fit the contract",
    "log_truncated": "Log truncated",
    "not_kept": "Not known to be kept",
    "busy": "Too many requests on their way",
    "clock_unproven": "Clock not proven",
    "not_folded": "Not yet known here",
    "not_found": "Not found",
    "misdirected": "Held by another shard",
    "method_not_allowed": "Method not allowed",
    "key_reused": "Key used for another request",
    "parked": "Parked",
    "internal": "Unexpected error",
}


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 members, then ours. `code` is the last part of `type`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    path: str | None = None
    """Where in the body, as a JSON path such as `$.data.officer_id`."""
    request_id: str | None = None
    receipt: str | None = None
    decision: str | None = None
    outcome: str | None = None
    knownat: str | None = None
    local_time: str | None = None
    """When it happened as the request says it, on the operation's clock."""
    reason: Reason | None = None
    winner: Winner | None = None
    rows: list[Reason] = []
    possible: str | None = None
    warnings: list[Reason] = []
    advice: list[Reason] = []
    """Fields that were left out (`unknown_field`)."""
    facts: list[str] = []
    partition: int | None = None
    """Where an operation lives that is not held here."""
    shard: str | None = None
    """Which shard has it, such as `2/4`."""


def problem(status: int, code: str, detail: str, **more: Any) -> Problem:
    """A problem of the given stable code."""
    title = TITLES.get(code) or code.replace("_", " ").capitalize()
    return Problem(type=PREFIX + code, title=title, status=status, detail=detail, code=code, **more)


def problem_of(error: Exception) -> Problem:
    """How an edge answers one of our errors; anything else is 500 and says nothing of its inside."""
    match error:
        case AccessDenied() | HttpProblem():
            return problem(error.status, error.code, str(error), **_held(error))
        case Undecodable():
            return problem(400, error.code, str(error))
        case ContractError():
            where = _AT.search(str(error))
            return problem(422, error.code, str(error), path=where[1] if where else "$")
        case TooLarge():
            return problem(413, "too_large", f"{error}; say it as several requests, each with its own id")
        case UnreadableFile():
            return problem(413 if error.code == "too_large" else 422, error.code, str(error))
        case LogError():
            return _log_problem(error)
        case _:
            return problem(500, "internal", "an unexpected error; report the request id in X-Request-Id")


def _log_problem(error: LogError) -> Problem:
    match error:
        case LogTruncated():
            return problem(503, "log_truncated", str(error))
        case LogUnavailable():
            return problem(
                503, "not_kept", "not known to be kept, and may still be written: send again with the same id"
            )
        case _:
            return problem(503, "not_kept", f"the log cannot be used: {error}; send again with the same id")


def _held(error: Exception) -> dict[str, Any]:
    """Where something lives that another process holds."""
    return {"partition": error.partition, "shard": error.shard} if isinstance(error, Misdirected) else {}


def headers_of(error: Exception) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that belong to the answer for `error`."""
    match error:
        case AccessDenied(status=401):
            detail = "" if error.code == "no_token" else ', error="invalid_token"'
            if error.code == "expired_token":
                detail += ', error_description="the token expired"'
            return ((b"www-authenticate", f'Bearer realm="pamwal"{detail}'.encode()),)
        case HttpProblem():
            return tuple((name.encode(), value.encode()) for name, value in error.headers)
        case LogError() if not isinstance(error, TooLarge | LogTruncated):
            return ((b"retry-after", str(RETRY_AFTER_S).encode()),)
        case _:
            return ()


def reply_of(error: Exception, advice: Sequence[Reason] = ()) -> Reply:
    """The whole answer for `error`."""
    found = msgspec.structs.replace(problem_of(error), advice=list(advice))
    return Reply(found.status, msgspec.json.encode(found), PROBLEM_JSON, headers_of(error))


_WANTED: Final = {
    "date": "no day such as 2024-10-03",
    "int": "no whole number",
    "float": "no number",
    "bool": "neither true nor false",
}
"""What a parameter is not, by the first word of the framework's own name for its error."""


def validation_reply(errors: Sequence[Mapping[str, Any]]) -> Reply:
    """422 for parameters that do not fit; the first error says where, all are told."""
    told = [_parameter(each) for each in errors]
    path = _where(errors[0].get("loc", ())) if errors else None
    found = problem(422, "malformed", "; ".join(told) or "the request does not fit", path=path)
    return Reply(422, msgspec.json.encode(found), PROBLEM_JSON)


def told_by(reply: Reply) -> str:
    """What a problem says."""
    return msgspec.json.decode(reply.body, type=Problem).detail


def _parameter(error: Mapping[str, Any]) -> str:
    """One parameter that does not fit, in words: what was given, and what would do."""
    kind, name = str(error.get("type", "")), _name(error.get("loc", ()))
    given = f"{str(error.get('input'))[:80]!r}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "string_pattern_mismatch":
        return f"{name}: {given} is not of the form it must have; /docs says which"
    wanted = _WANTED.get(kind.partition("_")[0])
    said = str(error.get("msg", "does not fit")).removeprefix("Value error, ")
    return f"{name}: {given} is {wanted}" if wanted else f"{name}: {given}: {said[:1].lower()}{said[1:]}"


def _name(location: Sequence[Any]) -> str:
    """The parameter's name; of one that is given several times its number stands behind it."""
    return next((part for part in reversed(location) if isinstance(part, str)), "the request")


def _where(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location)
