"""The schemas and the AsyncAPI document say what the code says, and the golden messages fit them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from kafka.partitioner.default import murmur2

from docs.describe.__main__ import DOCS, differing
from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.topics import BY_NAME
from pamwal.wire.partitioning import partition_of
from tests.contracts.golden import golden

HERE = Path(__file__).parent
ASYNCAPI = DOCS / "asyncapi.yaml"
INSTALL_S = 180
PARSE_S = 120


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text("utf-8")))


def decisions_topic(said: dict[str, Any]) -> str:
    return f"pamwal.{said['source'].split('.')[1]}.decisions.v1"


def golden_by_schema() -> Iterator[tuple[str, Path]]:
    for path in golden("requests"):
        yield json.loads(path.read_bytes())["type"], path
    for path in golden("decisions"):
        yield decisions_topic(json.loads(path.read_bytes())), path
    for path in golden("personal"):
        yield "pamwal.personal.v1", path
    for path in golden("situations"):
        yield "pamwal.situations.v1", path


FITTING = list(golden_by_schema())


def test_the_files_are_what_the_code_makes() -> None:
    assert [str(path) for path in differing()] == [], "run `python -m docs.describe --write`"


def test_each_schema_is_one() -> None:
    paths = sorted((DOCS / "schemas").glob("*.json"))
    assert {path.name.removesuffix(".schema.json") for path in paths} >= set(REQUEST_TYPES)
    for path in paths:
        Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize(("name", "path"), FITTING, ids=lambda part: getattr(part, "stem", part))
def test_golden_messages_fit_their_schema(name: str, path: Path) -> None:
    assert [error.message for error in schema(name).iter_errors(json.loads(path.read_bytes()))] == []


@pytest.mark.parametrize(("name", "path"), FITTING, ids=lambda part: getattr(part, "stem", part))
def test_a_message_without_a_field_it_needs_does_not_fit(name: str, path: Path) -> None:
    validator = schema(name)
    required = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text("utf-8"))["required"]
    for field in required:
        said = json.loads(path.read_bytes())
        del said[field]
        assert not validator.is_valid(said), field


def test_what_the_decoder_refuses_the_schema_refuses() -> None:
    said = json.loads(next(p for p in golden("requests") if "check_in" in p.stem).read_bytes())
    validator = schema("pamwal.field.check_in.v1")
    for change in (
        {"id": "a\n"},
        {"time": "2024-02-30T00:00:00.000Z"},
        {"channel": "telex"},
        {"sourceseq": 0},
    ):
        assert not validator.is_valid(said | change), change
    assert not validator.is_valid(said | {"data": said["data"] | {"method": "telepathy"}})


# --- AsyncAPI


def document() -> dict[str, Any]:
    said = yaml.safe_load(ASYNCAPI.read_text("utf-8"))
    assert isinstance(said, dict)
    return said


def references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from references(one)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            elif key != "examples":
                yield from references(value)


def test_every_topic_is_a_channel_and_every_type_a_message() -> None:
    said = document()
    assert said["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in said["channels"].values()} == set(BY_NAME)
    assert set(REQUEST_TYPES) <= set(said["components"]["messages"])
    for topic in BY_NAME.values():
        kafka = said["channels"][topic.name]["bindings"]["kafka"]
        assert kafka["topicConfiguration"]["max.message.bytes"] >= topic.max_bytes


def test_the_partitions_it_gives_for_keys_are_those_of_kafka_python() -> None:
    said = document()["x-partitioner"]
    found, count = said["partitionOfKey"], said["partitions"]
    in_words = re.findall(
        r"^\| `(\S+)` \| (\d+) \|$", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE
    )
    assert found == {key: int(number) for key, number in in_words}
    for key, number in found.items():
        assert number == partition_of(key.encode(), count)
        assert number == (murmur2(key.encode()) & 0x7FFF_FFFF) % count, key


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    said = document()
    found = list(references(said))
    assert len(found) > 100
    for reference in found:
        part = said
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
    for name, one in said["components"]["schemas"].items():
        Draft7Validator.check_schema(one)
        assert one["type"] == ("null" if name == "Tombstone" else "object"), name


def test_every_operation_speaks_of_a_channel_and_a_message_carries_a_fitting_example() -> None:
    said = document()
    for operation in said["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in said["channels"]
    for message in said["components"]["messages"].values():
        whole = {"$ref": message["payload"]["$ref"], "components": said["components"]}
        for example in message["examples"]:
            assert [e.message for e in Draft7Validator(whole).iter_errors(example["payload"])] == []


@pytest.fixture(scope="module")
def parser_folder() -> Path:
    """The folder with the AsyncAPI parser, installed once into the state folder; skips if that cannot be."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the AsyncAPI parser needs Node.js with npm; the structure is checked without it")
    lock = (HERE / "asyncapi" / "package-lock.json").read_bytes()
    folder = Path(os.environ.get("PAMWAL_STATE", ".pamwal")).absolute() / "tools" / "asyncapi"
    mark = folder / "installed"
    if not mark.exists() or mark.read_bytes() != lock:
        shutil.copytree(HERE / "asyncapi", folder, dirs_exist_ok=True)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = str(error.stderr or error).strip().splitlines() or [""]
            pytest.skip(f"npm could not fetch the AsyncAPI parser: {said[-1][:200]}")
        mark.write_bytes(lock)
    shutil.copy(HERE / "asyncapi" / "parse.mjs", folder)
    return folder


def parsed(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "parse.mjs", str(file)],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=PARSE_S,
    )


def test_the_asyncapi_parser_accepts_it(parser_folder: Path) -> None:
    result = parsed(parser_folder, ASYNCAPI)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_asyncapi_parser_refuses_a_broken_one(parser_folder: Path, tmp_path: Path) -> None:
    said = document()
    said["operations"]["checkin.edge.send"]["channel"]["$ref"] = "#/channels/nowhere"
    broken = tmp_path / "asyncapi.json"
    broken.write_bytes(msgspec.json.encode(said))
    assert parsed(parser_folder, broken).returncode == 1
