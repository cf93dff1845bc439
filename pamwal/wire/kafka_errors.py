"""What aiokafka raises, in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import errors as theirs

from pamwal.contracts.errors import Fenced, LogError, LogRefused, LogUnavailable, PamwalError, TooLarge

_SHUT_OUT = (
    theirs.ProducerFenced,
    theirs.InvalidProducerEpoch,
    theirs.InvalidProducerIdMapping,
    theirs.InvalidTxnState,
    theirs.TransactionCoordinatorFenced,
)
_REFUSED = (
    theirs.TopicAuthorizationFailedError,
    theirs.GroupAuthorizationFailedError,
    theirs.ClusterAuthorizationFailedError,
    theirs.TransactionalIdAuthorizationFailed,
)
_TOO_LARGE = (theirs.MessageSizeTooLargeError, theirs.RecordTooLargeError, theirs.RecordListTooLargeError)


def in_our_words(error: BaseException, doing: str) -> PamwalError:
    """The exception of our tree for one of aiokafka's. What is no known verdict may be tried again."""
    if isinstance(error, PamwalError):
        return error
    if isinstance(error, _SHUT_OUT):
        return Fenced(f"{doing}: a newer owner exists, or the broker gave up on this one ({error!r})")
    if isinstance(error, _REFUSED):
        return LogRefused(
            f"{doing}: the broker's access rules do not allow it ({error!r}); 'pamwal topics acl' lists what "
            "each user may do, and 'pamwal topics check' which rules the broker lacks"
        )
    if isinstance(error, _TOO_LARGE):
        return TooLarge(f"{doing}: {error}")
    if isinstance(error, theirs.UnknownTopicOrPartitionError):
        return LogError(f"{doing}: no topic or partition of that name ({error})")
    return LogUnavailable(f"{doing}: {error!r}")


@contextmanager
def our_errors(doing: str) -> Iterator[None]:
    """Whatever aiokafka raises inside comes out as one of ours; `doing` says what failed."""
    try:
        yield
    except PamwalError:
        raise
    # an AssertionError is how aiokafka tells that a client is in no state for this any more
    except (theirs.KafkaError, theirs.ConsumerStoppedError, OSError, TimeoutError, AssertionError) as error:
        raise in_our_words(error, doing) from error
