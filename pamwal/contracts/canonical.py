"""One text for one content: JSON in the canonical form of RFC 8785, and its digest."""

from __future__ import annotations

import hashlib

import msgspec
import rfc8785
from msgspec import Struct


def canonical(content: Struct) -> bytes:
    """The UTF-8 bytes that RFC 8785 gives for a content; the same for who decodes and writes it again.

    CanonicalizationError for what it cannot hold: whole numbers beyond 2^53 - 1, NaN, lone surrogates.
    """
    return rfc8785.dumps(msgspec.to_builtins(content))


def sha256_of(document: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(document).hexdigest()
