"""The golden messages: what was once written must be read for ever, and written again as the same bytes."""

from __future__ import annotations

from pathlib import Path

import msgspec

import pamwal.contracts

EXAMPLES = Path(pamwal.contracts.__file__).parent / "examples"


def golden(folder: str) -> list[Path]:
    """The examples of a folder, sorted by name; never none."""
    found = sorted((EXAMPLES / folder).glob("*.json"))
    assert found, f"no examples in {folder}"
    return found


def as_stored(path: Path) -> bytes:
    """The bytes as they stand in the log: the file is the same message laid out for people."""
    return msgspec.json.format(path.read_bytes(), indent=-1)
