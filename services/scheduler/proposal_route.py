"""`POST …/proposals`: solves a day in a child process with limits and keeps the draft."""

from __future__ import annotations

from typing import Final

import msgspec
import structlog
from fastapi import APIRouter, Request, Response

from pamwal.client.identifiers import new_id
from pamwal.contracts.drafts import ProposalAnswer, ProposalAsk
from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.errors import HttpProblem, ProcessFailed
from pamwal.contracts.scheduling import PROPOSED_MAX, ProposeDeployments
from pamwal.edge.access import for_roles
from pamwal.edge.app import Reader
from pamwal.edge.asking import Asking
from pamwal.edge.http import Receive, while_connected
from pamwal.edge.reads import body_as
from pamwal.edge.shapes import answers, json_of
from pamwal.processes import LimitedProcesses, ProcessLimits
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.plans import Plans
from services.scheduler.proposing import draft_of, problem_of
from services.scheduler.query import ROOT, known_place
from services.scheduler.settings import SOLVER_LIMITS
from services.scheduler.solver.problem import Problem, Proposed
from services.scheduler.solver.solve import FUNCTION
from services.scheduler.views.sight import sight_of

ASK_BYTES_MAX = 256 * 1024
ID_MAX = 64 - len(f".{PROPOSED_MAX}")
"""Characters of a draft's id, so that its orders' ids are none too long."""
_EXAMPLE: Final = {"day": "2024-10-03", "places": ["rally/oebobo-1"], "seed": 7}
_ASKED: Final = {
    media: {**shape, "example": _EXAMPLE} for media, shape in answers(ProposalAsk)[200]["content"].items()
}


_encode: Final = msgspec.msgpack.Encoder().encode
_proposed: Final = msgspec.msgpack.Decoder(Proposed)
_log = structlog.get_logger(__name__)


class Solver:
    """Solves a few days at a time; each in a process of its own, that ends when its client leaves."""

    def __init__(self, limits: ProcessLimits = SOLVER_LIMITS, function: str = FUNCTION) -> None:
        """`function` solves a `Problem` in the process, named `module:name`."""
        self.processes, self._function = LimitedProcesses(limits), function

    async def solve(self, problem: Problem, receive: Receive) -> Proposed:
        """The best draft found within the problem's limit of work.

        HttpProblem 503 while too many days are being solved; 422 if this one takes too much memory or time,
        500 if the process ended; 499 if the client left.
        """
        try:
            answer = await while_connected(receive, self.processes.call(self._function, _encode(problem)))
        except ProcessFailed as error:
            raise _not_solved(error) from error
        return _proposed.decode(answer)


def _not_solved(error: ProcessFailed) -> HttpProblem:
    if error.reason != "ended":
        return HttpProblem(
            422, "too_large", f"the day is too much to solve at once: {error}; name fewer places or units"
        )
    _log.error("a day was not solved", why=str(error))
    return HttpProblem(
        500, "solver_ended", "the process that solved the day ended; ask again, with fewer places or units"
    )


def proposal_router(plans: Plans, solver: Solver) -> APIRouter:
    """Asking for a draft."""
    router = APIRouter(tags=["proposals"])

    @router.post(
        f"{ROOT}/proposals",
        summary="Propose deployments for a day, within every rule",
        description='The body is a `ProposalAsk`: `{"day": "2024-10-03"}` is enough. Solving ends when the '
        "connection closes, and then nothing is kept.",
        openapi_extra={
            **for_roles("command_post", "ops_head"),
            "requestBody": {"required": True, "content": _ASKED},
        },
        responses=answers(ProposalAnswer),
    )
    async def propose_day(operation_id: str, caller: Reader, request: Request) -> Response:
        ask = await body_as(request, ProposalAsk, ASK_BYTES_MAX)
        schedule, operation = plans.opened(operation_id)
        sight = sight_of(schedule, caller.claims)
        problem = problem_of(schedule, operation, ask, sight)
        _refuse_senseless(schedule, operation, ask, {each.place for each in problem.places})
        proposed = await solver.solve(problem, request.receive)
        proposal_id = ask.proposal_id or f"draft-{new_id()[-12:]}"
        kept = ask.keep and bool(proposed.orders)
        answer = draft_of(proposed, proposal_id, schedule, operation, sight, kept=kept)
        if answer.kept:
            await _keep(request, caller, operation_id, answer)
        return json_of(answer)

    return router


def _refuse_senseless(schedule: Schedule, operation: Operation, ask: ProposalAsk, found: set[str]) -> None:
    """HttpProblem for what could never be ordered, before anything is solved."""
    if ask.proposal_id is not None and len(ask.proposal_id) > ID_MAX:
        raise HttpProblem(422, "malformed", f"a proposal_id has at most {ID_MAX} characters")
    day = schedule.days.get(ask.day)
    if operation.closed or (day is not None and day.closed):
        what = "the operation" if operation.closed else ask.day
        raise HttpProblem(409, "illegal_transition", f"{what} is closed; reopen it first")
    for ref in ask.places:
        if known_place(schedule, ref).ref not in found:
            raise HttpProblem(422, "malformed", f"{ref} is not planned to be held or guarded on {ask.day}")


async def _keep(request: Request, caller: Reader, operation_id: str, answer: ProposalAnswer) -> None:
    if len(answer.orders) > PROPOSED_MAX:
        raise HttpProblem(
            422, "too_large", f"{len(answer.orders)} orders; a draft holds {PROPOSED_MAX}: name fewer places"
        )
    asking = Asking(
        request.app.state.edge, caller, operation_id, post=caller.claims.post or OFFICE, device="solver",
        channel="api",
    )  # fmt: skip
    kept = ProposeDeployments(proposal_id=answer.proposal_id, orders=answer.orders)
    reason = (await asking.ask(new_id(), kept)).data.reason
    if reason is not None:
        raise HttpProblem(409, reason.code, reason.message)
