"""Composition: what this service puts behind the shared edge, and its decider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Final

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.app import EdgeSettings, EdgeSpec
from pamwal.edge.names import Names
from pamwal.incident_kinds import incident_kinds
from pamwal.service import Process, Service
from services.checkin.attachments.routes import Uploads, attachment_router
from services.checkin.attachments.stores import FolderStore, Store
from services.checkin.incident_reads import incident_router
from services.checkin.openings import Openings
from services.checkin.reads import FieldReads, field_router
from services.checkin.requests import ROUTES, take_in
from services.checkin.settings import NAME, PORT, AttachmentSettings
from services.checkin.sheet_reads import Sheets, sheet_router
from services.checkin.worker import decider_worker


def edge_spec(process: Process) -> EdgeSpec:
    """The edge of this service on one process's log."""
    attachments = attachments_of(process.settings, os.environ)
    reads, openings, kinds = FieldReads(process.log), Openings(process.log), incident_kinds()
    names = Names(process.log)
    return EdgeSpec(
        service=NAME,
        requests_topic=FIELD_REQUESTS.name,
        decisions_topic=FIELD_DECISIONS.name,
        routes=ROUTES,
        reads=(
            field_router(reads),
            sheet_router(Sheets(reads, openings, names)),
            incident_router(reads.journal, kinds),
            attachment_router(attachments, reads.journal),
        ),
        set_apart=partial(take_in, kinds),
        mode_of=openings.mode_of,
        folded=reads.follower,
        checks={
            "reads": reads.follower.trouble,
            "openings": openings.follower.trouble,
            "names": names.follower.trouble,
        },
        on_start=(reads.follower.start, openings.follower.start, names.follower.start, attachments.sweep),
        on_stop=(reads.follower.stop, openings.follower.stop, names.follower.stop),
    )


def attachments_of(settings: EdgeSettings, environment: Mapping[str, str]) -> Uploads:
    """Files of incidents, in the store that the environment names. SettingsError."""
    given = AttachmentSettings.from_environment(settings.state, environment)
    return Uploads(
        _store(given, environment), given.folder / ".incoming", given.bytes_max, settings.underway_bytes_max
    )


def _store(given: AttachmentSettings, environment: Mapping[str, str]) -> Store:
    if given.bucket is None:
        return FolderStore(given.folder)
    from services.checkin.attachments.s3 import BucketStore

    return BucketStore(given.bucket, given.prefix, environment)


CHECKIN: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker)
