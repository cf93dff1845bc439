"""Why Kafka does not take a client, in a sentence that says what to do.

Clients of Kafka try again whatever it was that failed, and report in the end that nobody answers. So a
connection is made here, before a client is or after one failed, which shows the broker's own answer.
"""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiokafka import errors as theirs
from aiokafka.conn import AIOKafkaConnection, collect_hosts

from pamwal.contracts.errors import LogRefused
from pamwal.wire.kafka_security import MECHANISM, KafkaSecurity

WITHIN_S: Final = 3.0
CLOSE_S: Final = 0.5
_EXPIRED, _NOT_YET_VALID, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
"""Codes of OpenSSL, X509_V_ERR_…"""


def refuse_unaccepted(bootstrap_servers: str, *users: KafkaSecurity) -> None:
    """LogRefused if Kafka does not take one of these users; nothing if it does, or does not answer.

    It blocks, for some seconds at most: in a coroutine use `refusal`.
    """
    for user in users:
        if user.user is None:
            continue
        # in a thread, as the clients of operators have one: an event loop may run in this one
        with ThreadPoolExecutor(1) as thread:
            why = thread.submit(asyncio.run, refusal(bootstrap_servers, user)).result()
        if why is not None:
            raise LogRefused(why)


async def refusal(bootstrap_servers: str, security: KafkaSecurity) -> str | None:
    """Why no broker takes this user. None for plaintext, if one does, or if nobody answers in time."""
    if security.user is None:
        return None
    why: str | None = None
    try:
        async with asyncio.timeout(WITHIN_S):
            for host, port, _ in collect_hosts(bootstrap_servers):
                error = await _error_of(AIOKafkaConnection(host, port, **security.options()))
                if error is None:
                    return None
                why = why or _sentence(f"{host}:{port}", security, error)
    except (TimeoutError, ValueError):
        pass
    return why


async def _error_of(connection: AIOKafkaConnection) -> Exception | None:
    """What it ends with when it connects and says who it is; None if it is taken."""
    try:
        await connection.connect()
    except (OSError, theirs.KafkaError) as error:
        return error
    finally:
        closed = connection.close()
        if connection._protocol is not None:
            # TLS is ended in order, which takes an answer
            await asyncio.wait([closed], timeout=CLOSE_S)
    return None


def _sentence(server: str, security: KafkaSecurity, error: Exception) -> str | None:
    """None for an error that says nothing of this user or the broker's certificate."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(server, security, error)
    if isinstance(error, ssl.SSLError):
        return (
            f"the Kafka at {server} does not speak TLS as it should ({error.reason}): name the port of a "
            "listener with TLS in PAMWAL_BOOTSTRAP_SERVERS"
        )
    folder = security.credentials
    if isinstance(error, theirs.SaslAuthenticationFailed):
        return (
            f"the Kafka at {server} does not know the user {security.user} with the password in "
            f"{folder}/{security.user}.password: write the right one there, or set this one on the broker"
        )
    if isinstance(error, theirs.UnsupportedSaslMechanismError | theirs.IllegalSaslStateError):
        return (
            f"the Kafka at {server} takes no passwords by {MECHANISM}: name the port of a listener that does "
            "in PAMWAL_BOOTSTRAP_SERVERS, or set PAMWAL_KAFKA_SECURITY_PROTOCOL=SSL for one that asks for "
            "certificates"
        )
    if isinstance(error.__cause__, ssl.SSLError):
        # in TLS 1.3 a client hears of its certificate only after the handshake
        return (
            f"the Kafka at {server} does not accept the client certificate {folder}/{security.user}.crt, or "
            f"misses one ({error.__cause__.reason}): put one there that has not expired, and is signed by a "
            "CA that the broker trusts"
        )
    return None


def _of_certificate(server: str, security: KafkaSecurity, error: ssl.SSLCertVerificationError) -> str:
    whose = f"the certificate of the Kafka at {server}"
    if error.verify_code == _EXPIRED:
        return f"{whose} has expired: give the broker a new one, or set this machine's clock if it is wrong"
    if error.verify_code == _NOT_YET_VALID:
        return f"{whose} is not valid yet: set this machine's clock, or give the broker another one"
    if error.verify_code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return (
            f"{whose} is for another name ({error.verify_message}): name the broker in "
            "PAMWAL_BOOTSTRAP_SERVERS as its certificate does, or add this name to it as subjectAltName"
        )
    trusted = security.ca_file or "a CA that this system trusts"
    return (
        f"{whose} is not signed by {trusted} ({error.verify_message}): set PAMWAL_KAFKA_CA_FILE to the "
        "certificate of the CA that signed it"
    )
