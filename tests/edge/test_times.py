"""How an edge understood the times of a request, told on the operation's own clock."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts.codec import decode_request
from pamwal.edge.decode import OtherOffset, contract_of
from pamwal.edge.times import time_advice
from tests.contracts.golden import as_stored, golden

PLAN, CHECK_IN = "pamwal.scheduling.plan_rally.v1", "pamwal.field.check_in.v1"
MAKASSAR = "Asia/Makassar"


def advice(kind: str, zone: str, *, recorded: str | None = None, **times: str) -> list[tuple[str, str]]:
    """Code and sentence for a golden request with other times; recorded when it happened unless said."""
    record = as_stored(next(path for path in golden("requests") if path.stem == kind))
    body = msgspec.json.decode(record)
    for name, written in times.items():
        (body if name in {"time", "sentat"} else body["data"])[name] = written
    posted = contract_of(kind).read(msgspec.json.encode(body))
    request = msgspec.structs.replace(
        decode_request(record), time=posted.time, recordedat=recorded or posted.time
    )
    return [(each.code, each.message) for each in time_advice(posted, request, zone)]


def test_a_time_in_another_offset_is_repeated_on_the_operations_clock() -> None:
    assert advice(CHECK_IN, MAKASSAR, time="2024-10-03T16:00:00+07:00") == [
        ("other_offset", "time 2024-10-03T16:00:00+07:00 is 2024-10-03 17:00 WITA")
    ]
    starts = "2024-10-03T23:30:00+07:00"
    assert advice(PLAN, MAKASSAR, starts_at=starts, ends_at="2024-10-04T02:00:00+08:00") == [
        ("other_offset", "data.starts_at 2024-10-03T23:30:00+07:00 is 2024-10-04 00:30 WITA")
    ]


@pytest.mark.parametrize("written", ["2024-10-03T17:00:00+08:00", "2024-10-03T09:00:00Z"])
def test_the_operations_offset_and_utc_need_no_word(written: str) -> None:
    assert advice(CHECK_IN, MAKASSAR, time=written, sentat="2024-10-03T16:00:00+07:00") == []


def test_what_comes_more_than_a_day_late_is_said() -> None:
    time, soon = "2024-10-03T09:00:00.000Z", "2024-10-04T08:59:59.000Z"
    assert advice(CHECK_IN, MAKASSAR, time=time, recorded=soon) == []
    said = "2024-10-03 18:00 WIT is more than a day before this was received; it counts at that time"
    assert advice(CHECK_IN, "Asia/Jayapura", time=time, recorded="2026-12-03T09:00:00.000Z") == [
        ("late", said)
    ]


def test_only_a_submission_with_such_times_remembers_how_they_were_written() -> None:
    def read(body: Any) -> Any:
        return contract_of(CHECK_IN).read(msgspec.json.encode(body))

    path = next(path for path in golden("requests") if path.stem == CHECK_IN)
    body = msgspec.json.decode(as_stored(path))
    assert not isinstance(read(body), OtherOffset)
    found = read(body | {"time": "2024-10-03T16:00:00+07:00", "written": {"time": "forged"}})
    assert found.written == {"time": "2024-10-03T16:00:00+07:00"}
