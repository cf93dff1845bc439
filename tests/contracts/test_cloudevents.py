"""Any CloudEvents SDK reads what stands in the log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.exceptions import CloudEventValidationError

from pamwal.contracts.envelope import CONTENT_TYPE, CONTENT_TYPE_HEADER
from tests.contracts.golden import as_stored, golden

MESSAGES = golden("requests") + golden("decisions")


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_cloudevents_sdk_reads_it(path: Path) -> None:
    stored = as_stored(path)
    record = KafkaMessage(
        headers={CONTENT_TYPE_HEADER: CONTENT_TYPE.encode()}, key=b"omp-kota-kupang-2024", value=stored
    )
    event = from_kafka_event(record)
    said = msgspec.json.decode(stored)
    assert (event.get_id(), event.get_source(), event.get_type()) == (
        said["id"],
        said["source"],
        said["type"],
    )
    assert event.get_extension("operationid") == said["operationid"]
    assert event.get_data() == said["data"]
    moment = event.get_time()
    assert moment is not None
    assert moment == datetime.fromisoformat(said["time"])


def test_the_sdk_refuses_what_is_no_cloudevent() -> None:
    said = msgspec.json.decode(as_stored(MESSAGES[0])) | {"Upper_Case": "no extension is named so"}
    record = KafkaMessage(
        headers={CONTENT_TYPE_HEADER: CONTENT_TYPE.encode()}, key=None, value=msgspec.json.encode(said)
    )
    with pytest.raises(CloudEventValidationError):
        from_kafka_event(record)
