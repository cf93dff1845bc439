"""`POST …/proposals`: solves a day in a process of its own and keeps the draft."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from fastapi import APIRouter, Request, Response

from pamwal.client.identifiers import new_id
from pamwal.contracts.drafts import ProposalAnswer, ProposalAsk
from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.scheduling import PROPOSED_MAX, ProposeDeployments
from pamwal.edge.access import for_roles
from pamwal.edge.app import Reader
from pamwal.edge.asking import Asking
from pamwal.edge.decode import decoded
from pamwal.edge.http import read_body
from pamwal.edge.shapes import answers, json_of
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.plans import Plans
from services.scheduler.proposing import draft_of, problem_of
from services.scheduler.query import ROOT, known_place
from services.scheduler.solver.problem import Problem, Proposed
from services.scheduler.solver.solve import propose
from services.scheduler.views.sight import sight_of

ASK_BYTES_MAX = 256 * 1024
ID_MAX = 64 - len(f".{PROPOSED_MAX}")
"""Characters of a draft's id, so that its orders' ids are none too long."""
_EXAMPLE: Final = {"day": "2024-10-03", "places": ["rally/oebobo-1"], "seed": 7}
_ASKED: Final = {
    media: {**shape, "example": _EXAMPLE} for media, shape in answers(ProposalAsk)[200]["content"].items()
}


class Solver:
    """One process that solves, started when first asked, so that answers elsewhere never wait for it."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def solve(self, problem: Problem) -> Proposed:
        """One problem after the other. HttpProblem 503 if the process died of it."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, propose, problem)
        except BrokenProcessPool as error:
            self._pool = None
            raise HttpProblem(
                503, "solver_ended", "the solver's process ended; ask again, with fewer places if it does so"
            ) from error

    async def stop(self) -> None:
        """Ends the process; what it was solving is lost."""
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
            self._pool = None


def proposal_router(plans: Plans, solver: Solver) -> APIRouter:
    """Asking for a draft."""
    router = APIRouter(tags=["proposals"])

    @router.post(
        f"{ROOT}/proposals",
        summary="Propose deployments for a day, within every rule",
        description='The body is a `ProposalAsk`: `{"day": "2024-10-03"}` is enough.',
        openapi_extra={
            **for_roles("command_post", "ops_head"),
            "requestBody": {"required": True, "content": _ASKED},
        },
        responses=answers(ProposalAnswer),
    )
    async def propose_day(operation_id: str, caller: Reader, request: Request) -> Response:
        body = await read_body(dict(request.scope["headers"]), request.receive, ASK_BYTES_MAX)
        ask = decoded(body or b"", ProposalAsk)
        schedule, operation = plans.opened(operation_id)
        sight = sight_of(schedule, caller.claims)
        problem = problem_of(schedule, operation, ask, sight)
        _refuse_senseless(schedule, operation, ask, {each.place for each in problem.places})
        proposed = await solver.solve(problem)
        proposal_id = ask.proposal_id or f"draft-{new_id()[-12:]}"
        kept = ask.keep and bool(proposed.orders)
        answer = draft_of(proposed, proposal_id, sight, kept=kept)
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
