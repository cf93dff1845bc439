"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

from functools import partial
from typing import Final

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.app import EdgeSpec
from pamwal.incident_kinds import incident_kinds
from pamwal.service import Process, Service
from services.checkin.incident_reads import incident_router
from services.checkin.openings import Openings
from services.checkin.reads import FieldReads, field_router
from services.checkin.requests import ROUTES, take_in
from services.checkin.settings import NAME, PORT
from services.checkin.worker import decider_worker


def edge_spec(process: Process) -> EdgeSpec:
    """The edge of this service on one process's log."""
    reads, openings, kinds = FieldReads(process.log), Openings(process.log), incident_kinds()
    return EdgeSpec(
        service=NAME,
        requests_topic=FIELD_REQUESTS.name,
        decisions_topic=FIELD_DECISIONS.name,
        routes=ROUTES,
        reads=(field_router(reads), incident_router(reads.journal, kinds)),
        set_apart=partial(take_in, kinds),
        mode_of=openings.mode_of,
        folded=reads.follower,
        checks={"reads": reads.follower.trouble, "openings": openings.follower.trouble},
        on_start=(reads.follower.start, openings.follower.start),
        on_stop=(reads.follower.stop, openings.follower.stop),
    )


CHECKIN: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker)
