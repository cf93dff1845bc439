"""The operators' port of a process: health with its reasons, and metrics.

Reasons and metrics name operations, posts and receipts, so they are not served where clients are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.http import Asgi, Receive, Reply, Scope, Send, send_reply, trace_of
from pamwal.edge.metrics import CONTENT_TYPE
from pamwal.edge.problems import reply_of

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

ALLOWED: Final = "GET, HEAD"


def operators_app(edge: Edge) -> Asgi:
    """The ASGI application of the operators' port. It asks for no token: the port is not for clients."""
    replies: Mapping[str, Callable[[], Reply]] = {
        "/healthz": lambda: edge.health.alive_reply(reasons=True),
        "/readyz": lambda: edge.health.reply(reasons=True),
        "/readyz/writes": lambda: edge.health.reply(writes=True, reasons=True),
        "/unknown-facts": lambda: Reply(200, unknown_facts(edge)),
        "/metrics": lambda: Reply(200, exposition(edge), CONTENT_TYPE),
    }

    async def answer(scope: Scope, _: Receive, send: Send) -> None:
        make = replies.get(scope["path"])
        if make is None:
            told = f"operators are told {', '.join(replies)} here; clients have a port of their own"
            reply = reply_of(HttpProblem(404, "not_found", told))
        elif scope["method"] not in ALLOWED.split(", "):
            reply = reply_of(
                HttpProblem(
                    405, "method_not_allowed", f"this address takes {ALLOWED}", headers=(("allow", ALLOWED),)
                )
            )
        else:
            reply = make()
        await send_reply(send, reply, trace_of(dict(scope["headers"])))

    return answer


def unknown_facts(edge: Edge) -> bytes:
    """Which facts reads leave out as not known here, each once, as JSON; `PLACES_MAX` a reader at most."""
    found = {each: None for follower in edge.spec.followers for each in follower.places}
    return msgspec.json.encode(list(found))


def exposition(edge: Edge) -> bytes:
    """All metrics of a process in Prometheus's text form."""
    edge.metrics.unacked.set(edge.sender.unacked)
    for name, count in edge.unknown(None).items():
        edge.metrics.unknown_facts.labels(name).set(count)
    edge.metrics.waiting.set(edge.decisions.waiting if edge.decisions is not None else 0)
    return edge.metrics.text()
