"""Whether a process has the secret and the signing key of its log, and which keys are good there."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pamwal.contracts import instants
from pamwal.contracts.codec import encode
from pamwal.contracts.errors import HttpProblem, KeysDiffer, LogError, SettingsError, TopicMissing
from pamwal.contracts.key_records import (
    REPLACEMENT,
    KeyHistory,
    KeysRecorded,
    fingerprint_of,
    public_bytes,
    public_text,
    sealed,
    signed_part,
)
from pamwal.contracts.topics import KEYS, PROBES
from pamwal.edge.issuer import KEY_FILE, Issuer, jwk_of, key_id, read_secret, shared_secret
from pamwal.edge.settings import EdgeSettings
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from pamwal.wire.replay import replay
from pamwal.wire.request_seal import RequestSeals

AGREE_RETRY_S: Final = 1.0
READ_AGAIN_S: Final = 5.0
PLACE: Final = TopicPartition(KEYS.name, 0)
_record: Final = msgspec.json.Decoder(KeysRecorded)
_log = structlog.get_logger(__name__)


class KeyRegistry:
    """Compares the keys of this process with those the log records, and looks up keys that tokens name.

    The first process on a log that needs the private key records its own. `Keys` for an `Authority`: it
    knows nobody before it `agree`d.
    """

    def __init__(
        self,
        log: Log,
        settings: EdgeSettings,
        *,
        requests_topic: str | None = None,
        signs: bool = True,
    ) -> None:
        """`requests_topic`: this process writes or decides it. `signs`: it needs the private key too.

        A decider needs the secret only, and records nothing: it waits for an edge.
        """
        self._log, self._requests_topic, self._signs = log, requests_topic, signs
        self._host = socket.gethostname()
        self._folder, self._secret_path = settings.issuer_path, settings.secret_path
        self._key_path = self._folder / KEY_FILE
        self._records: list[KeysRecorded] = []
        self._next = 0
        self._history: KeyHistory | None = None
        self._secret = b""
        self._own_kid: str | None = None
        self.agreed = asyncio.Event()
        self._why = "the log has not answered yet"

    async def agree(self) -> None:
        """Records the keys of this process if the log has none. KeysDiffer if it has others.

        LogError, also in a decider until an edge has recorded them.
        """
        await self._read()
        if not self._records:
            self._require_signs("the keys of this log")
            await self._record_first()
            await self._read()
        history = self._compare()
        if self._requests_topic not in {None, *history.seals_from}:
            self._require_signs(f"from where on requests of {self._requests_topic} are sealed")
            await self._record(_key(history.keys[-1]), None, await self._ends())
            await self._read()
            history = self._compare()
        self._history = history
        self.agreed.set()

    async def read(self) -> KeyHistory:
        """What the log records, as far as the secret of this process, if there is one, can tell. LogError."""
        await self._read()
        return KeyHistory(self._records, _secret_if_any(self._secret_path))

    async def keep_up(self) -> SettingsError:
        """Agrees as soon as the log answers, then reads on. Returns only if this process has to end: why."""
        while True:
            try:
                await (self._read() if self.agreed.is_set() else self.agree())
            except SettingsError as error:
                return error
            except LogError as error:
                self._why = str(error)
            await asyncio.sleep(READ_AGAIN_S if self.agreed.is_set() else AGREE_RETRY_S)

    def seals(self) -> RequestSeals:
        """Makes and checks the seals of requests. LogError as `require`."""
        return seals_of(self.require(), self._secret)

    def require(self) -> KeyHistory:
        """What the log records. LogError until this process agreed with it."""
        if self._history is None:
            raise LogError(f"the keys of this process were not compared with those of the log: {self._why}")
        return self._history

    def trouble(self) -> str | None:
        """Why this process should not go on with its keys, or None: a check of `/readyz`."""
        try:
            history = self.require()
        except LogError as error:
            return str(error)
        if self._own_kid is None or self._own_kid in {each.kid for each in history.valid()}:
            return None
        current = history.keys[-1]
        return (
            f"the signing key {self._own_kid} is not good any more: copy {current.key_file} from "
            f"{current.host} to {self._key_path} and start this process again"
        )

    # -- Keys ----------------------------------------------------------------------------------------------

    async def find(self, kid: str | None) -> Ed25519PublicKey | None:
        """A key that is good for tokens. HttpProblem 503 while it cannot be known."""
        return self.valid().get(kid or "")

    def valid(self) -> dict[str, Ed25519PublicKey]:
        """Key id → key that is good for place codes, as for tokens. HttpProblem 503 until that is known."""
        return {each.kid: _key(each) for each in self._known().valid()}

    def jwks(self) -> dict[str, Any]:
        """Every signing key there ever was, as a JSON Web Key Set. HttpProblem 503 until that is known."""
        return {"keys": [jwk_of(_key(each)) for each in self._known().keys]}

    def _known(self) -> KeyHistory:
        try:
            return self.require()
        except LogError as error:
            raise HttpProblem(503, "keys_unavailable", str(error), headers=(("retry-after", "1"),)) from error

    # -- the log -------------------------------------------------------------------------------------------

    async def replace(self, key: Ed25519PublicKey, current: Issuer, *, at_once: bool = False) -> KeyHistory:
        """Records a signing key in place of the current one, and returns what holds then. LogError.

        `current` signs the record. `at_once`: the keys before it are not good for tokens any more.
        """
        await self._record(key, current, {}, at_once=at_once)
        await self._read()
        return self.require()

    def _require_signs(self, what: str) -> None:
        """LogError in a process that records nothing."""
        if not self._signs:
            raise LogError(f"no edge has recorded {what} yet: start one, or 'pamwal up'")

    async def _record_first(self) -> None:
        shared_secret(self._secret_path)  # made if there is none
        own = await self._record(Issuer(self._folder).public_key, None, await self._ends())
        _log.info("keys recorded in the log", secret=own.secret, signing_key=own.kid)

    async def _ends(self) -> dict[str, dict[str, int]]:
        """Where the requests end now; what stands before was written when nobody sealed."""
        topic = self._requests_topic
        if topic is None:
            return {}
        places = [TopicPartition(topic, number) for number in range(await self._log.partition_count(topic))]
        ends = await self._log.end_offsets(places)
        return {topic: {str(at.partition): end for at, end in sorted(ends.items()) if end}}

    async def _record(
        self,
        key: Ed25519PublicKey,
        replaced: Issuer | None,
        seals_from: dict[str, dict[str, int]],
        *,
        at_once: bool = False,
    ) -> KeysRecorded:
        """Writes that this key is good from now on, by the log's own clock: this system's may be wrong."""
        producer = await self._log.producer()
        try:
            now_ms = await producer.stamp(PROBES.name, Outgoing(self._host.encode(), b"{}"), partition=0)
            record = self._recording(key, replaced, seals_from, now_ms, at_once=at_once)
            await producer.send(KEYS.name, Outgoing(b"keys", encode(record)), partition=0)
        finally:
            await producer.close(flush=False)
        return record

    def _recording(
        self,
        key: Ed25519PublicKey,
        replaced: Issuer | None,
        seals_from: dict[str, dict[str, int]],
        now_ms: int,
        *,
        at_once: bool,
    ) -> KeysRecorded:
        secret = read_secret(self._secret_path)
        record = KeysRecorded(
            secret=fingerprint_of(secret),
            kid=key_id(key),
            key=public_text(key.public_bytes_raw()),
            recorded_at=instants.from_ms(now_ms),
            host=self._host,
            secret_file=str(self._secret_path.absolute()),
            key_file=str(self._key_path.absolute()),
            replaces=None if replaced is None else replaced.kid,
            at_once=at_once,
            seals_from=seals_from,
        )
        if replaced is not None:
            signature = replaced.signature(REPLACEMENT, signed_part(record))
            record = msgspec.structs.replace(record, signature=public_text(signature))
        return sealed(record, secret)

    async def _read(self) -> None:
        positions = await replay(self._log, {PLACE: self._next}, self._take, upto="committed")
        self._next = positions[PLACE]
        if self._history is not None:
            self._history = KeyHistory(self._records, self._secret)

    def _take(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            try:
                self._records.append(_record.decode(record.value))
            except msgspec.DecodeError as error:
                _log.warning("a record of keys cannot be read", offset=record.offset, why=str(error))

    # -- this process --------------------------------------------------------------------------------------

    def _compare(self) -> KeyHistory:
        secret = _secret_if_any(self._secret_path)
        history = KeyHistory(self._records, secret)
        first = history.first
        if first is None:
            raise LogError(f"{KEYS.name} does not give back what was written to it")
        found = None if secret is None else fingerprint_of(secret)
        last = history.keys[-1] if history.keys else first
        wrong = [] if found == first.secret else [_differs("secret", self._secret_path, found, first.secret)]
        files = [(last.secret_file, self._secret_path)] if wrong else []
        if self._signs:
            self._own_kid = Issuer(self._folder).kid if self._key_path.exists() else None
            if self._own_kid not in {each.kid for each in history.valid() or [first]}:
                wrong.append(_differs("signing key", self._key_path, self._own_kid, last.kid))
                files.append((last.key_file, self._key_path))
        if wrong:
            to_do = " and ".join(_to_do(last.host, theirs, ours) for theirs, ours in files)
            raise KeysDiffer(
                f"this process does not have the keys its log was begun with: {to_do}, and start it again "
                f"({'; '.join(wrong)}; recorded at {last.recorded_at})"
            )
        if self._signs and self._own_kid != last.kid:
            _log.warning("an older signing key", own=self._own_kid, copy=last.key_file, of=last.host)
        self._secret = secret or b""
        return history


async def recorded_seals(log: Log, settings: EdgeSettings) -> RequestSeals | None:
    """Return the seals of a log, or None without its secret or where no request was ever sealed.

    A log of a version that sealed nothing has no topic of keys. Raises LogError.
    """
    secret = _secret_if_any(settings.secret_path)
    if secret is None:
        return None
    try:
        history = await KeyRegistry(log, settings).read()
    except TopicMissing:
        return None
    return seals_of(history, secret) if history.keys else None


def seals_of(history: KeyHistory, secret: bytes) -> RequestSeals:
    """The seals of a deployment, demanded from where its log says."""
    since = {
        topic: {int(partition): offset for partition, offset in offsets.items()}
        for topic, offsets in history.seals_from.items()
    }
    return RequestSeals(secret, since)


def _key(record: KeysRecorded) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_bytes(record))


def _secret_if_any(path: Path) -> bytes | None:
    try:
        return read_secret(path)
    except FileNotFoundError:
        return None


def _to_do(host: str, theirs: str, ours: Path) -> str:
    if (host, theirs) == (socket.gethostname(), str(ours.absolute())):
        return f"restore {ours} from a backup"
    return f"copy {theirs} from {host} to {ours}"


def _differs(what: str, path: Path, own: str | None, recorded: str) -> str:
    has = "is not there" if own is None else f"has {own}"
    return f"{what}: {path} {has}, the log has {recorded}"
