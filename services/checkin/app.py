"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.app import EdgeSpec
from pamwal.edge.names import Names
from pamwal.service import Process, Service
from services.checkin.openings import Openings
from services.checkin.reads import FieldReads, field_router
from services.checkin.requests import ROUTES, set_apart
from services.checkin.settings import NAME, PORT
from services.checkin.sheet_reads import Sheets, sheet_router
from services.checkin.worker import decider_worker


def edge_spec(process: Process) -> EdgeSpec:
    """The edge of this service on one process's log."""
    reads, openings, names = FieldReads(process.log), Openings(process.log), Names(process.log)
    sheets = Sheets(reads, openings, names)
    return EdgeSpec(
        service=NAME,
        requests_topic=FIELD_REQUESTS.name,
        decisions_topic=FIELD_DECISIONS.name,
        routes=ROUTES,
        reads=(field_router(reads), sheet_router(sheets)),
        set_apart=set_apart,
        mode_of=openings.mode_of,
        folded=reads.follower,
        checks={
            "reads": reads.follower.trouble,
            "openings": openings.follower.trouble,
            "names": names.follower.trouble,
        },
        on_start=(reads.follower.start, openings.follower.start, names.follower.start),
        on_stop=(reads.follower.stop, openings.follower.stop, names.follower.stop),
    )


CHECKIN: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker)
