"""Check-in with a mistake in its core, run as `services.checkin` is."""

from __future__ import annotations

import sys
from typing import Any, Final

from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.field import CheckIn
from pamwal.service import Process, Worker, main
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.metrics import PrometheusObserver
from services.checkin.app import CHECKIN
from services.checkin.core import ByMode, CheckinCore

STUMBLES_ON: Final = "KPG-66666"


class StumblingCore(CheckinCore):
    """Cannot decide one officer's check-in."""

    def decide(self, state: ByMode, request: Request[Any], knownat: str) -> Verdict[Any]:
        if isinstance(request.data, CheckIn) and request.data.officer_id == STUMBLES_ON:
            raise ZeroDivisionError("a mistake of the core's")
        return super().decide(state, request, knownat)


def stumbling_worker(process: Process, registry: CollectorRegistry) -> Worker:
    """The service's own worker around that core."""
    return DeciderWorker(
        StumblingCore(),
        process.bootstrap_servers,
        process.log,
        process.clock.now,
        PrometheusObserver(CHECKIN.name, registry),
        proof=process.clock.proof,
    )


if __name__ == "__main__":
    sys.exit(main(replace(CHECKIN, worker=stumbling_worker)))
