"""A bucket of anything that speaks S3, by obstore; imported only where a setting names one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from pamwal.contracts.errors import HttpProblem
from services.checkin.attachments.stores import PART_BYTES, FileThere, Stored, unavailable

CONNECT_S: Final = 3
ANSWER_S: Final = 20
RETRIES_MAX: Final = 2
REFRESHED_AFTER_S: Final = 24 * 3600
"""An object that is uploaded again is put again if it is older."""
_log = structlog.get_logger(__name__)


class BucketStore:
    """Objects `{prefix}{operation}/{sha256}`. Credentials, endpoint and region are those of the environment.

    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL` (for a store that is
    not Amazon's; then the bucket is a part of the path) and `AWS_REGION`; without keys those of the machine.
    """

    def __init__(self, bucket: str, prefix: str, environment: Mapping[str, str]) -> None:
        endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        config: Any = {
            "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
            "virtual_hosted_style_request": not endpoint,
        }
        if endpoint:
            config["endpoint"] = endpoint
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            if environment.get(name):
                config[name.lower()] = environment[name]
        self._prefix = prefix
        self._store = S3Store(
            bucket,
            config=config,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=ANSWER_S),
            },
            retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=ANSWER_S)},
        )

    async def keep(self, operation_id: str, sha256: str, file: Path) -> bool:
        """One PUT of the whole, signed over its bytes: there is no half of an object to be swept away."""
        key = self._key(operation_id, sha256)
        try:
            at_s = await self._there(key)
            if at_s is None or at_s < time.time() - REFRESHED_AFTER_S:  # else it might be collected soon
                await obstore.put_async(self._store, key, file, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _cut_off(error) from error
        return at_s is None

    async def open(self, operation_id: str, sha256: str) -> Stored | None:
        """The object as the bucket has it."""
        try:
            found = await obstore.get_async(self._store, self._key(operation_id, sha256))
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise _cut_off(error) from error
        return Stored(found.meta["size"], _parts(found))

    async def files(self) -> AsyncIterator[FileThere]:
        """Every object below the prefix."""
        try:
            async for found in obstore.list(self._store, self._prefix or None):
                for each in found:
                    name = each["path"].removeprefix(self._prefix)
                    operation_id, _, sha256 = name.rpartition("/")
                    if operation_id and "/" not in operation_id:
                        yield FileThere(operation_id, sha256, each["size"], each["last_modified"].timestamp())
        except (BaseError, OSError) as error:
            raise _cut_off(error) from error

    async def remove(self, operation_id: str, sha256: str, *, before_s: float) -> bool:
        """Removes an object."""
        key = self._key(operation_id, sha256)
        try:
            at_s = await self._there(key)
            if at_s is None or at_s >= before_s:
                return False
            await obstore.delete_async(self._store, key)
        except (BaseError, OSError) as error:
            raise _cut_off(error) from error
        return True

    async def _there(self, key: str) -> float | None:
        """When the object was put. Who may not list a bucket is denied to ask for what is not in it."""
        try:
            found = await obstore.head_async(self._store, key)
        except (NotFoundError, FileNotFoundError, PermissionDeniedError):
            return None
        return found["last_modified"].timestamp()

    def _key(self, operation_id: str, sha256: str) -> str:
        return f"{self._prefix}{operation_id}/{sha256}"


async def _parts(found: obstore.GetResult) -> AsyncIterator[bytes]:
    async for part in found.stream(min_chunk_size=PART_BYTES):
        yield bytes(part)


def _cut_off(error: Exception) -> HttpProblem:
    """What is answered; addresses and keys are for the log alone."""
    _log.warning("bucket not usable", why=str(error))
    refuses = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    return unavailable(
        "the bucket refuses what this service signs" if refuses else "the bucket does not answer"
    )
