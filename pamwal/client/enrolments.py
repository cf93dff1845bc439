"""What this machine sent when it used a one-time code, kept so that it can send the same again.

Whoever has the code alone is refused once it was used. This machine, whose answer may have been lost, is
answered again for 15 minutes, because it alone knows the id. What is kept is neither the code nor the token.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from pamwal.client.identifiers import new_id

FOLDER: Final = "enrolments"


class Asked(Struct, frozen=True, kw_only=True):
    """The id and the time a code was used with."""

    id: str
    time: str


def asked_with(folder: Path, code: str, now: str) -> Asked:
    """How this code was used from here at first, or is to be used now, which is kept from then on.

    `folder` is that of local state. Where nothing can be written it is used as if it were the first time.
    """
    bare = "".join(filter(str.isalnum, code.rpartition("#")[2])).lower()
    file = folder / FOLDER / f"{hashlib.sha256(bare.encode()).hexdigest()[:32]}.json"
    asked = Asked(id=new_id(), time=now)
    with contextlib.suppress(OSError):
        _keep(file, msgspec.json.encode(asked))
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(file.read_bytes(), type=Asked)
    return asked


def _keep(file: Path, content: bytes) -> None:
    """A whole file for its owner alone, unless there is one. OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file.exists():
        return
    part = file.with_suffix(f".{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
        with contextlib.suppress(FileExistsError):
            os.link(part, file)  # of two at once the first counts
    finally:
        part.unlink(missing_ok=True)
