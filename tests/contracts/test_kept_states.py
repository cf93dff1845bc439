"""Snapshots hold the states of cores: each kind of state has to be one that can be packed."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.snapshots.packing import Packing
from pamwal.wire.core import KeptCore
from services.checkin.core import CheckinCore
from services.scheduler.core import SchedulerCore

LESSON = "give what msgspec cannot read packed() and unpacked(), and name an array of ints `Column`"


@pytest.mark.parametrize("core", [SchedulerCore(), CheckinCore()], ids=lambda core: core.service)
def test_a_state_can_be_packed_and_unpacked(core: Any) -> None:
    assert isinstance(core, KeptCore)
    try:
        packing: Packing[Any] = Packing(core.state_type)
        state = core.new_state("op")
        again = packing.unpack(packing.pack(state))
    except (TypeError, NotImplementedError) as error:
        raise AssertionError(f"{LESSON}: {error}") from error
    assert packing.pack(again) == packing.pack(state)
