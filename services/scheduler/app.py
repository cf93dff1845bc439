"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

from typing import Final

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.topics import SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from pamwal.edge.app import EdgeSpec
from pamwal.edge.lost import LostDevices
from pamwal.edge.names import Names
from pamwal.places import known_places
from pamwal.service import Process, Service
from services.scheduler.duty_reads import duty_router
from services.scheduler.file_reader import FileReader
from services.scheduler.history import Histories
from services.scheduler.place_reads import place_router
from services.scheduler.plans import Plans
from services.scheduler.proposal_route import Solver, proposal_router
from services.scheduler.reads import plan_router
from services.scheduler.requests import ROUTES, set_apart
from services.scheduler.settings import (
    EXPORT_RETRY_S,
    EXPORTS_AT_ONCE,
    EXPORTS_WAITING_MAX,
    NAME,
    PORT,
)
from services.scheduler.sheet_reads import sheet_router
from services.scheduler.uploads import upload_router
from services.scheduler.worker import decider_worker, keepers


def edge_spec(
    process: Process,
    files: FileReader | None = None,
    solver: Solver | None = None,
    exports: BoundedQueue | None = None,
) -> EdgeSpec:
    """The edge of this service on one process's log.

    `files` reads what is uploaded, `solver` solves days and `exports` has places for files that are written,
    within other limits than the usual ones.
    """
    places = known_places()
    exports = exports or BoundedQueue(EXPORTS_AT_ONCE, EXPORTS_WAITING_MAX, EXPORT_RETRY_S)
    plans, names = Plans(process.log), Names(process.log, texts=True)
    devices = LostDevices(process.log)
    followers = [each.follower for each in (plans, names, devices)]
    return EdgeSpec(
        service=NAME,
        requests_topic=SCHEDULING_REQUESTS.name,
        decisions_topic=SCHEDULING_DECISIONS.name,
        routes=ROUTES,
        reads=(
            plan_router(plans),
            duty_router(plans, Histories(plans, process.log), names),
            sheet_router(plans, names),
            upload_router(plans, places, files or FileReader(), exports),
            place_router(places),
            proposal_router(plans, solver or Solver()),
        ),
        judge=lambda request: plans.judge(request, process.clock.now()),
        set_apart=set_apart,
        zone_of=plans.zone_of,
        lost=devices.lost,
        mode_of=plans.mode_of,
        within=plans.within,
        folded=plans.follower,
        checks={
            "reads": plans.follower.trouble,
            "names": names.follower.trouble,
            "devices": devices.follower.trouble,
        },
        followers=tuple(followers),
        on_start=tuple(each.start for each in followers),
        on_stop=tuple(each.stop for each in followers),
    )


SCHEDULER: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker, keepers=keepers)
