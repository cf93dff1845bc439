"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.app import EdgeSpec
from pamwal.service import Process, Service
from services.checkin.reads import FieldReads, field_router
from services.checkin.requests import ROUTES, set_apart
from services.checkin.settings import NAME, PORT
from services.checkin.worker import decider_worker


def edge_spec(process: Process) -> EdgeSpec:
    """The edge of this service on one process's log."""
    reads = FieldReads(process.log)
    return EdgeSpec(
        service=NAME,
        requests_topic=FIELD_REQUESTS.name,
        decisions_topic=FIELD_DECISIONS.name,
        routes=ROUTES,
        reads=(field_router(reads),),
        set_apart=set_apart,
        folded=reads.follower,
        checks={"reads": reads.follower.trouble},
        on_start=(reads.follower.start,),
        on_stop=(reads.follower.stop,),
    )


CHECKIN: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker)
