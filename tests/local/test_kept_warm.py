"""A broker that was asked to stay is used by the next run at once; two starts at once agree on one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.local.kept import kept_broker, stop_kept
from tests.local.starters import said_by, starter

pytestmark = pytest.mark.kafka


def test_a_kept_broker_is_used_again_and_stopped_on_demand(state: Path) -> None:
    with starter(state, warm=True) as first:
        said = said_by(first)
        assert said["here"] is True
    try:
        began = time.monotonic()
        with running_kafka(state) as again:
            took_s = time.monotonic() - began
            assert (again.pid, again.bootstrap_servers) == (said["pid"], said["bootstrap"])
            assert not again.started_here
        assert took_s < 3.0
        assert kept_broker(state) is not None, "who only used it must not stop it"
        with pytest.raises(LocalKafkaError, match=r"listens at port .* not at 1"):
            LocalKafka(state, port=1).start()
    finally:
        assert stop_kept(state)
    assert kept_broker(state) is None
    assert not stop_kept(state)


def test_two_starts_at_once_share_one_kept_broker(state: Path) -> None:
    try:
        with starter(state, warm=True) as one, starter(state, warm=True) as other:
            said = [said_by(one), said_by(other)]
        assert said[0]["pid"] == said[1]["pid"]
        assert sorted(str(each["here"]) for each in said) == ["False", "True"]
    finally:
        stop_kept(state)


def test_of_two_starts_at_once_the_second_is_told_who_has_it(state: Path) -> None:
    with starter(state) as one, starter(state) as other:
        said = [said_by(one), said_by(other)]
        errors = [str(each["error"]) for each in said if "error" in each]
        assert len(errors) == 1
        assert "which still runs" in errors[0]
        assert "set PAMWAL_STATE to another folder" in errors[0]
        with pytest.raises(LocalKafkaError, match="which still runs"):
            stop_kept(state)
