"""The decider of this service, in the worker shell all services share."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from pamwal.service import Process, Role, Worker
from pamwal.snapshots.keeper import DeciderKeeper, Keeper
from pamwal.snapshots.settings import SnapshotSettings
from pamwal.wire.metrics import PrometheusObserver
from services.checkin.core import CheckinCore
from services.checkin.settings import NAME


def decider_worker(process: Process, registry: CollectorRegistry) -> Worker:
    """Decides the partitions of `pamwal.field.requests.v1` that the group gives this process."""
    from pamwal.wire.faust_worker import DeciderWorker  # an edge starts without Faust, which takes a while

    return DeciderWorker(
        CheckinCore(),
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
    """What keeps the snapshots of this service's partitions, where they are decided."""
    return () if role == "edge" else (DeciderKeeper(settings.folder, CheckinCore()),)
