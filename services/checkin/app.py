"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pamwal.contracts.claims import Claims
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.app import EdgeSettings, EdgeSpec
from pamwal.edge.decode import Posted
from pamwal.edge.names import Names
from pamwal.incident_kinds import incident_kinds
from pamwal.service import Process, Service
from services.checkin.attachments.quotas import Quotas
from services.checkin.attachments.routes import Uploads, attachment_router
from services.checkin.attachments.stores import FolderStore, Store
from services.checkin.code_reads import code_router
from services.checkin.codes import PlaceCodes
from services.checkin.device_reads import device_list_router
from services.checkin.device_routes import Desk, device_router
from services.checkin.erase_routes import Erasures, erase_router
from services.checkin.erasing import Eraser, SegmentTicker
from services.checkin.form_reads import form_router
from services.checkin.incident_reads import incident_router
from services.checkin.pin_routes import pin_router
from services.checkin.pins import Pins
from services.checkin.plans import Plans
from services.checkin.reads import FieldReads, field_router
from services.checkin.requests import ROUTES, take_in
from services.checkin.settings import NAME, PORT, AttachmentSettings, UploadQuota
from services.checkin.sheet_reads import Sheets, sheet_router
from services.checkin.worker import decider_worker, keepers


def edge_spec(process: Process, quota: UploadQuota | None = None) -> EdgeSpec:
    """The edge of this service on one process's log. `quota`: other limits of uploads than usual."""
    reads, plans, kinds = FieldReads(process.log), Plans(process.log), incident_kinds()
    attachments = attachments_of(process.settings, os.environ, reads, quota or UploadQuota())
    codes = PlaceCodes.from_settings(process.settings, process.keys)
    desk = Desk(process.settings, plans, reads)
    pins, names = Pins(process.log, desk.secret), Names(process.log)
    sheets = Sheets(reads, plans, names)
    segments = SegmentTicker(process.log)
    erasures = Erasures(plans, Eraser(process.log, pins, attachments.store))
    followers = [each.follower for each in (reads, plans, pins, names)]

    def examine(posted: Posted[Any], operation_id: str, claims: Claims) -> None:
        codes.examine(posted, operation_id)
        plans.examine(posted, operation_id, claims)
        erasures.examine(posted)

    return EdgeSpec(
        service=NAME,
        requests_topic=FIELD_REQUESTS.name,
        decisions_topic=FIELD_DECISIONS.name,
        routes=ROUTES,
        reads=(
            field_router(reads, plans),
            sheet_router(sheets),
            form_router(sheets),
            incident_router(reads, plans, kinds),
            attachment_router(attachments, reads),
            code_router(plans, codes),
            device_router(desk),
            device_list_router(reads, plans),
            pin_router(desk, pins),
            erase_router(erasures),
        ),
        set_apart=partial(take_in, kinds),
        examine=examine,
        advise=plans.advise,
        zone_of=plans.opened_zone,
        lost=reads.lost,
        hears_lost=True,
        mode_of=plans.mode_of,
        folded=reads.follower,
        checks={
            "reads": reads.follower.trouble,
            "openings": plans.follower.trouble,
            "pins": pins.follower.trouble,
            "names": names.follower.trouble,
        },
        followers=tuple(followers),
        on_start=(
            *(each.start for each in followers),
            attachments.sweep,
            attachments.quotas.start,
            segments.start,
        ),
        on_stop=(segments.stop, *(each.stop for each in followers), attachments.quotas.stop),
    )


def attachments_of(
    settings: EdgeSettings, environment: Mapping[str, str], reads: FieldReads, quota: UploadQuota
) -> Uploads:
    """Files of incidents, in the store that the environment names. SettingsError."""
    given = AttachmentSettings.from_environment(settings.state, environment)
    store = _store(given, environment)
    return Uploads(
        store,
        given.folder / ".incoming",
        given.bytes_max,
        settings.underway_bytes_max,
        Quotas(store, reads.cites, quota, knows=reads.knows),
    )


def _store(given: AttachmentSettings, environment: Mapping[str, str]) -> Store:
    if given.bucket is None:
        return FolderStore(given.folder)
    from services.checkin.attachments.s3 import BucketStore

    return BucketStore(given.bucket, given.prefix, environment)


CHECKIN: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker, keepers=keepers)
