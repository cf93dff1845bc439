"""An edge that follows revocations lets no device in whose revocation it may have missed."""

from __future__ import annotations

import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.errors import HttpProblem
from pamwal.edge.lost import LostDevices
from pamwal.wire import staleness
from pamwal.wire.memory import Faults, MemoryLog
from tests.edge.house import until

DEVICE = Claims(role="command_post", operation="op", mode="real", post="posko", device="3")


async def test_no_device_is_let_in_while_revocations_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # given an edge that has read all that was revoked
    log = MemoryLog(partitions=1)
    log.create_topics()
    devices = LostDevices(log)
    with pytest.raises(HttpProblem, match="still reads the log"):
        devices.lost(DEVICE)
    await devices.follower.start()
    try:
        await until(lambda: devices.follower.trouble() is None)
        assert not devices.lost(DEVICE)
        # when the log can be read no longer, and what was read becomes old
        log.faults = Faults(read_failed=1.0)
        monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.0)
        monkeypatch.setattr(staleness, "FRESH_WITHIN_S", 0.0)
        # then it cannot say of any device that it was not revoked
        await until(lambda: devices.follower.trouble() is not None)
        with pytest.raises(HttpProblem, match="whether device 3 was revoked is not known here") as refused:
            devices.lost(DEVICE)
        assert (refused.value.status, refused.value.code) == (503, "not_folded")
        # and once it is read again it can
        log.faults = Faults()
        monkeypatch.undo()
        await until(lambda: devices.follower.trouble() is None)
        assert not devices.lost(DEVICE)
    finally:
        await devices.follower.stop()
