"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.topics import SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from pamwal.edge.app import EdgeSpec
from pamwal.service import Process, Service
from services.scheduler.reads import Plans, plan_router
from services.scheduler.requests import ROUTES, set_apart
from services.scheduler.settings import NAME, PORT
from services.scheduler.worker import decider_worker


def edge_spec(process: Process) -> EdgeSpec:
    """The edge of this service on one process's log."""
    plans = Plans(process.log)
    return EdgeSpec(
        service=NAME,
        requests_topic=SCHEDULING_REQUESTS.name,
        decisions_topic=SCHEDULING_DECISIONS.name,
        routes=ROUTES,
        reads=(plan_router(plans),),
        set_apart=set_apart,
        mode_of=plans.mode_of,
        folded=plans.follower,
        checks={"reads": plans.follower.trouble},
        on_start=(plans.follower.start,),
        on_stop=(plans.follower.stop,),
    )


SCHEDULER: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker)
