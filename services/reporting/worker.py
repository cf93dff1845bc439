"""The decider of this service, in the worker shell all services share."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry

from pamwal.service import Process, Role, Worker
from pamwal.snapshots.keeper import DeciderKeeper, Keeper
from pamwal.snapshots.seen_keeper import SeenKeeper
from pamwal.snapshots.settings import SnapshotSettings
from pamwal.wire.metrics import PrometheusObserver
from pamwal.wire.shard import Shard
from services.reporting.core import ReportingCore
from services.reporting.replica_snapshots import ReplicaKeeper
from services.reporting.settings import NAME


def decider_worker(process: Process, registry: CollectorRegistry) -> Worker:
    """Decides and judges the partitions of `pamwal.reporting.requests.v1` that the group gives it."""
    from pamwal.wire.faust_worker import DeciderWorker  # an edge starts without Faust, which takes a while

    return DeciderWorker(
        ReportingCore(),
        process.bootstrap_servers,
        process.log,
        process.clock.now,
        PrometheusObserver(NAME, registry),
        simulated=process.clock.simulated,
        snapshots=None if process.snapshots is None else process.snapshots.folder,
        security=process.security,
        proof=process.clock.proof,
        seals=None if process.keys is None else process.keys.seals,
    )


def keepers(settings: SnapshotSettings, role: Role) -> tuple[Keeper, ...]:
    """What keeps the snapshots of a replica, and of this service's partitions and what is seen for them."""
    folder, core, shard = settings.folder, ReportingCore(), Shard.from_environment(os.environ)
    replica: tuple[Keeper, ...] = () if role == "decider" else (ReplicaKeeper(folder, shard),)
    return replica if role == "edge" else (*replica, DeciderKeeper(folder, core), SeenKeeper(folder, core))
