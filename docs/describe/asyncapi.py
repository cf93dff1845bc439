"""The AsyncAPI document: which topics there are, who writes them, and what stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

import pamwal.contracts
from docs.describe.schemas import DECISIONS, PERSONAL, RECORDED_KEYS, SITUATIONS, Schema, components
from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.envelope import (
    CHAIN_HEADER,
    CHANNEL_HEADER,
    CONTENT_TYPE,
    CONTENT_TYPE_HEADER,
    POST_HEADER,
    SEAL_HEADER,
)
from pamwal.contracts.topics import BY_NAME, PARTITIONS_DEFAULT, TOPICS, Topic, decisions_of
from pamwal.wire.partitioning import partition_of
from pamwal.wire.topics_admin import settings_of

EXAMPLES: Final = Path(pamwal.contracts.__file__).parent / "examples"
REPLICAS: Final = 3
SERVICE: Final = {"scheduling": "scheduler", "field": "checkin", "reporting": "reporting"}
_INFO: Final = {
    "title": "Pamwal",
    "version": "1.0.0",
    "description": (
        "The log of a police district's campaign-security operation. A request asks, one decision answers, "
        "and everything else is a fold of the decisions. Requests and decisions are CloudEvents 1.0 in "
        "structured JSON mode. The key of a record is its operation; a decision has the partition of its "
        "request. A key's partition is (murmur2(key) & 0x7fffffff) % partitions, as Kafka's Java client has "
        "it; a request in another partition is parked. Generated from pamwal/contracts by "
        "`python -m docs.describe --write`."
    ),
    "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
}
_KEYS: Final = ("a", "kupang-2024", "ntt-2024", "omp-kota-kupang-2024")
"""Examples by which a producer of others checks its partitioner."""
_EXAMPLE_OF: Final = {
    "pamwal.scheduling.decisions.v1": "decisions/double_booked",
    "pamwal.field.decisions.v1": "decisions/incident_step_took_its_place",
    "pamwal.reporting.decisions.v1": "decisions/alert_raised",
    PERSONAL: "personal/incident_text",
    SITUATIONS: "situations/exercise",
    RECORDED_KEYS: "keys/rotated",
}
_TOMBSTONE: Final = f"{PERSONAL}.tombstone"
_NOTHING: Final = {"type": "null", "description": "No value: Kafka's null, not the JSON text."}
_PLAIN_JSON: Final = (PERSONAL, RECORDED_KEYS)
"""Messages that are no CloudEvents."""
_DIGESTS: Final = (CHAIN_HEADER, SEAL_HEADER)
"""The golden message shown for what is not a request; a request's has its type's name."""


def document() -> Schema:
    """The whole document, as JSON objects."""
    references, schemas = components("#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "x-partitioner": {
            "hash": "murmur2",
            "partitions": PARTITIONS_DEFAULT,
            "partitionOfKey": {key: partition_of(key.encode(), PARTITIONS_DEFAULT) for key in _KEYS},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic, references) for topic in BY_NAME.values()},
        "operations": {
            **{
                name: said
                for topic in TOPICS
                if ".requests." in topic.name
                for name, said in _operations(topic).items()
            },
            "reporting.decider.tell": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{SITUATIONS}"},
                "summary": "Whoever decides a partition tells the latest summary of each operation in it.",
            },
        },
        "components": {
            "messages": {
                **{name: _message(name, to, schemas) for name, to in references.items()},
                _TOMBSTONE: {
                    "name": _TOMBSTONE,
                    "summary": "A record without a value: the words of its key are erased.",
                    "payload": {"$ref": "#/components/schemas/Tombstone"},
                    "bindings": _key(),
                    "examples": [{"name": "erased", "payload": None}],
                },
            },
            "schemas": dict(sorted({**schemas, "Tombstone": _NOTHING}.items())),
        },
    }


def _channel(topic: Topic, references: dict[str, Schema]) -> Schema:
    inside = [name for name in references if _topic_of(name) == topic.name]
    inside += [_TOMBSTONE] if topic.name == PERSONAL else []
    said = {
        "address": topic.name,
        "description": _description(topic),
        "bindings": {
            "kafka": {
                "partitions": topic.partitions or PARTITIONS_DEFAULT,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
    }
    if inside:
        said["messages"] = {name: {"$ref": f"#/components/messages/{name}"} for name in inside}
    return said


def _description(topic: Topic) -> str:
    writers, readers = (", ".join(users) or "nobody" for users in (topic.writers, topic.readers))
    return f"{topic.writing}. Written by {writers}. Read by {readers}. Key: {topic.key}. Kept: {topic.kept}."


def _configuration(topic: Topic) -> Schema:
    """The topic's settings as they are applied, as far as the binding has words for them."""
    applied = settings_of(topic, REPLICAS)
    numbers = ("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes")
    return {
        "cleanup.policy": [applied["cleanup.policy"]],
        **{name: int(applied[name]) for name in numbers if name in applied},
    }


def _operations(requests: Topic) -> dict[str, Schema]:
    """What a context's edge and decider do, once there is something to say in it."""
    context = requests.name.split(".")[1]
    if not any(name.startswith(f"pamwal.{context}.") for name in REQUEST_TYPES):
        return {}
    asked, answered = _at(requests), _at(decisions_of(requests.name))
    service = SERVICE[context]
    return {
        f"{service}.edge.send": {
            "action": "send",
            "channel": asked,
            "summary": f"The {service} edge writes what it was sent and waits for the decision.",
            "reply": {"channel": answered},
        },
        f"{service}.decider.receive": {
            "action": "receive",
            "channel": asked,
            "summary": f"The {service} decider reads each request once, in the order of the partition.",
        },
        f"{service}.decider.send": {
            "action": "send",
            "channel": answered,
            "summary": f"The {service} decider writes one decision for each request.",
        },
    }


def _at(topic: Topic) -> Schema:
    return {"$ref": f"#/channels/{topic.name}"}


def _message(name: str, reference: Schema, schemas: dict[str, Schema]) -> Schema:
    asked = name in REQUEST_TYPES
    own = schemas[reference["$ref"].rsplit("/", 1)[1]]
    about = schemas[REQUEST_TYPES[name].__name__] if asked else own
    example = EXAMPLES / f"{_EXAMPLE_OF.get(name, f'requests/{name}')}.json"
    return {
        "name": name,
        "summary": about["description"].split("\n")[0],
        "contentType": "application/json" if name in _PLAIN_JSON else CONTENT_TYPE,
        **({} if name in _PLAIN_JSON else {"headers": _headers(name)}),
        "payload": reference,
        "bindings": _key(),
        "examples": [{"name": example.stem, "payload": msgspec.json.decode(example.read_bytes())}],
    }


def _key() -> Schema:
    return {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}}


def _headers(name: str) -> Schema:
    own = (POST_HEADER, CHANNEL_HEADER, SEAL_HEADER) if name in REQUEST_TYPES else (CHAIN_HEADER,)
    if name == SITUATIONS:
        own = ()
    hexadecimal = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {
        "type": "object",
        "properties": {
            CONTENT_TYPE_HEADER: {"const": CONTENT_TYPE},
            **{name: hexadecimal if name in _DIGESTS else {"type": "string"} for name in own},
        },
    }


def _topic_of(message: str) -> str:
    """The topic a message stands in: a request's is that of its context."""
    if message in DECISIONS or message in (PERSONAL, SITUATIONS, RECORDED_KEYS):
        return message
    return f"pamwal.{message.split('.')[1]}.requests.v1"
