"""The synchronous client of operators, and its errors as ours. It blocks: in a coroutine use a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from kafka.admin import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError

from pamwal.contracts.errors import LogRefused, LogUnavailable, PamwalError
from pamwal.contracts.kafka_users import ADMIN
from pamwal.wire.kafka_refusal import refuse_unaccepted
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity

REQUEST_TIMEOUT_MS: Final = 10_000
BOOTSTRAP_TIMEOUT_MS: Final = 5_000


@contextmanager
def kafka_admin(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> Iterator[Any]:
    """A client for one `with` block. LogRefused, or LogUnavailable, for what Kafka does not do."""
    try:
        admin = _client(bootstrap_servers, security)
        try:
            yield admin
        finally:
            admin.close()
    except PamwalError:
        raise
    except AuthorizationError as error:
        raise LogRefused(
            f"the Kafka at {bootstrap_servers} does not allow this to the user {security.user} "
            f"({error.message}): set PAMWAL_KAFKA_USER to one that may, such as {ADMIN}, or run "
            "'pamwal topics acl --apply' as that one if the rules are not there"
        ) from error
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"the Kafka at {bootstrap_servers} did not do this: {error!r}") from error


def _client(servers: str, security: KafkaSecurity) -> Any:
    # it would try for some seconds, and not close its connections
    refuse_unaccepted(servers, security)
    try:
        return KafkaAdminClient(
            bootstrap_servers=servers.split(","),
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
            **security.options(),
        )
    except ValueError as error:
        raise LogUnavailable(f"{servers!r} names no broker; write host:port, a comma between") from error
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"no Kafka answers at {servers}: {error!r}") from error
