"""Reporting put together: its picture, its boards, the edge that shows them, and its decider."""

from __future__ import annotations

import os
from functools import partial
from typing import Final

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.claims import ROLES
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting_alerts import AlertRaised
from pamwal.contracts.topics import REPORTING_DECISIONS, REPORTING_REQUESTS
from pamwal.edge.app import EdgeSpec, StreamRoute
from pamwal.edge.issuer import Issuer, shared_secret
from pamwal.edge.names import Names
from pamwal.incident_kinds import incident_kinds
from pamwal.service import Process, Service
from pamwal.wire.request_seal import RequestSeals
from pamwal.wire.shard import Shard
from services.reporting.alert_reads import alert_routes
from services.reporting.boards import Boards
from services.reporting.change_reads import change_routes
from services.reporting.citing import Citing
from services.reporting.claim_reads import claim_routes
from services.reporting.clerk import Clerk
from services.reporting.explain_reads import explain_routes
from services.reporting.export_reads import export_routes
from services.reporting.exported import TableWriter
from services.reporting.fact_reads import fact_routes
from services.reporting.family_reads import family_routes
from services.reporting.family_timeline_reads import family_timeline_routes
from services.reporting.folded import BothFolded
from services.reporting.form_reads import form_routes
from services.reporting.hours_reads import hours_routes
from services.reporting.live import LivePicture
from services.reporting.page import denied_reply, entry_reply
from services.reporting.parity_reads import parity_routes
from services.reporting.picture import OperationPicture
from services.reporting.problem_pages import problem_page
from services.reporting.reads import Reads, json_routes, page_routes
from services.reporting.replica_snapshots import ReplicaSnapshots
from services.reporting.requests import ROUTES
from services.reporting.settings import (
    AUDIT_RETRY_S,
    AUDITS_AT_ONCE,
    AUDITS_WAITING_MAX,
    CHECK_RETRY_S,
    CHECKS_AT_ONCE,
    CHECKS_WAITING_MAX,
    LOG_TABLE_RETRY_S,
    LOG_TABLES_AT_ONCE,
    LOG_TABLES_WAITING_MAX,
    NAME,
    PORT,
)
from services.reporting.sitrep_exports import sitrep_export_routes
from services.reporting.sitrep_reads import sitrep_routes
from services.reporting.sitreps import SitReps
from services.reporting.timeline_page import timeline_page_routes
from services.reporting.timeline_reads import TimelineReads, timeline_routes
from services.reporting.views.about import About, about_of
from services.reporting.views.unnamed import unnamed_to
from services.reporting.webhook_metrics import SinkMetrics
from services.reporting.webhook_settings import Webhook
from services.reporting.webhooks import Webhooks
from services.reporting.worker import decider_worker, keepers


def edge_spec(
    process: Process,
    shard: Shard | None = None,
    writer: TableWriter | None = None,
    audits: BoundedQueue | None = None,
    checks: BoundedQueue | None = None,
    log_tables: BoundedQueue | None = None,
) -> EdgeSpec:
    """What this service's edge takes, reads and streams.

    `shard`: in place of what PAMWAL_SHARD says. `writer` writes tables; `audits`, `checks` and
    `log_tables` have places for parity audits, claim checks and tables of the log: within other limits than
    the usual ones.
    """
    incident_kinds()  # a list that cannot be used is said now, not when somebody looks
    shard = shard or Shard.from_environment(os.environ)
    folder = None if process.snapshots is None else process.snapshots.folder
    kept = None if folder is None else ReplicaSnapshots(folder, shard=shard)
    live = LivePicture(process.log, process.clock, kept, shard)
    boards, names = Boards(live), Names(process.log, texts=True, shard=shard)
    reads = Reads(live, boards)
    timelines = TimelineReads(reads, names, process.log)
    writer = writer or TableWriter()
    log_tables = log_tables or BoundedQueue(LOG_TABLES_AT_ONCE, LOG_TABLES_WAITING_MAX, LOG_TABLE_RETRY_S)
    settings = process.settings
    issuer = Issuer(settings.issuer_path, name=settings.trusted_issuer, audience=settings.audience)
    secret = shared_secret(settings.secret_path)
    seal = partial(RequestSeals(secret, {}).sealed, REPORTING_REQUESTS.name)
    sitreps = SitReps(process.log)
    citing = Citing(boards.families, sitreps, live.mode_of)
    clerk = Clerk(
        process.log,
        process.clock,
        issuer,
        sitreps,
        citing,
        live.mode_of,
        is_here=live.where.is_here,
        seal=seal,
        keys=process.keys,
    )
    webhook = Webhook.from_environment(os.environ)
    told = () if webhook is None else (webhook,)
    about = partial(alert_about, live)
    webhooks = [
        Webhooks(
            process.log,
            process.clock,
            live.opened_as,
            each,
            about,
            shard=shard,
            seal=seal,
            keys=process.keys,
        )
        for each in told
    ]
    return EdgeSpec(
        service=NAME,
        requests_topic=REPORTING_REQUESTS.name,
        decisions_topic=REPORTING_DECISIONS.name,
        routes=ROUTES,
        reads=(
            json_routes(reads),
            alert_routes(reads),
            family_routes(reads),
            explain_routes(reads),
            change_routes(reads),
            claim_routes(reads, checks or BoundedQueue(CHECKS_AT_ONCE, CHECKS_WAITING_MAX, CHECK_RETRY_S)),
            parity_routes(reads, audits or BoundedQueue(AUDITS_AT_ONCE, AUDITS_WAITING_MAX, AUDIT_RETRY_S)),
            hours_routes(reads, names, writer),
            export_routes(reads, writer),
            sitrep_routes(sitreps, reads, issuer.jwks if process.keys is None else process.keys.jwks, citing),
            sitrep_export_routes(sitreps, reads),
            form_routes(reads, names),
            timeline_routes(timelines, writer, log_tables),
            family_timeline_routes(reads, timelines, writer, log_tables),
            fact_routes(reads, timelines),
            timeline_page_routes(reads, timelines),
            page_routes(reads),
        ),
        streams=(
            StreamRoute(
                path="/stream",
                roles=ROLES,
                summary="The board as it changes: a BoardState, then a SituationChange each",
                board_of=boards.board_of,
            ),
        ),
        entry_page=entry_reply,
        denied_page=denied_reply,
        problem_page=problem_page,
        here=live.where.require,
        shard=None if shard.whole else str(shard),
        mode_of=live.mode_of,
        lost=live.lost,
        examine=citing.examine,
        zone_of=live.zone_of,
        within=boards.families.within,
        folded=BothFolded(live, sitreps.follower),
        checks={
            "picture": live.trouble,
            "boards": boards.trouble,
            "names": names.follower.trouble,
            "sitreps": sitreps.follower.trouble,
            "clerk": clerk.trouble,
            **{f"webhook {each.name}": each.trouble for each in webhooks},
        },
        notices=(clerk.notice, *(each.notice for each in webhooks)),
        followers=(
            live.pictures.unknown,
            names.follower,
            sitreps.follower,
            *(each.follower for each in webhooks),
        ),
        metrics=(live.works, *([SinkMetrics(each.counts for each in webhooks)] if webhooks else [])),
        on_start=(
            live.start,
            boards.start,
            names.follower.start,
            sitreps.follower.start,
            clerk.start,
            *(each.start for each in webhooks),
        ),
        on_stop=(
            *(each.stop for each in webhooks),
            clerk.stop,
            sitreps.follower.stop,
            names.follower.stop,
            boards.stop,
            live.stop,
        ),
    )


def alert_about(live: LivePicture, operation_id: str, raised: AlertRaised) -> About:
    """What a sink outside is told that an alert is about."""
    try:
        picture = live.operation(operation_id, "real")
    except HttpProblem:  # not read again yet: the reference alone
        picture = None
    if picture is None:
        picture = OperationPicture(operation_id, "real")
    return about_of(picture, raised, unnamed_to("guarded", picture))


REPORTING: Final = Service(name=NAME, port=PORT, edge=edge_spec, worker=decider_worker, keepers=keepers)
