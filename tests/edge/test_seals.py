"""Signatures over documents: made again the same, good for no other document, key or purpose."""

from __future__ import annotations

from pathlib import Path

import jwt
import msgspec
import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.edge.issuer import Issuer
from pamwal.edge.seals import check_seal, keys_of

DOCUMENT = b'{"number":3}'


def test_a_seal_is_the_same_each_time_and_holds_for_its_document_alone(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    jws, keys = issuer.seal(DOCUMENT), {issuer.kid: issuer.public_key}
    assert jws == issuer.seal(DOCUMENT)
    assert check_seal(DOCUMENT, jws, issuer.kid, keys) == "good"
    assert check_seal(DOCUMENT + b" ", jws, issuer.kid, keys) == "bad"
    assert check_seal(DOCUMENT, jws, "other", keys) == "key_unknown"
    flipped = jws[:-10] + ("A" if jws[-10] != "A" else "B") + jws[-9:]
    assert check_seal(DOCUMENT, flipped, issuer.kid, keys) == "bad"
    assert check_seal(DOCUMENT, "..", issuer.kid, keys) == "bad"


def test_another_key_under_the_same_id_is_found_out(tmp_path: Path) -> None:
    mine, other = Issuer(tmp_path / "a"), Issuer(tmp_path / "b")
    assert check_seal(DOCUMENT, other.seal(DOCUMENT), mine.kid, {mine.kid: mine.public_key}) == "bad"
    keys = {mine.kid: other.public_key}
    assert check_seal(DOCUMENT, other.seal(DOCUMENT), mine.kid, keys) == "bad", "its header names another key"


def test_a_seal_is_no_token_and_a_token_no_seal(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = issuer.issue(role="viewer", operation="a", mode="real", subject="x")
    keys = {issuer.kid: issuer.public_key}
    assert check_seal(token.split(".")[1].encode(), token, issuer.kid, keys) == "bad"
    with pytest.raises(jwt.PyJWTError):
        jwt.decode(issuer.seal(DOCUMENT), issuer.public_key, algorithms=["EdDSA"], audience="pamwal")


def test_published_keys_are_read_and_what_is_none_is_said(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    assert list(keys_of(msgspec.json.encode(issuer.jwks()))) == [issuer.kid]
    for bad in (b"", b"[]", b'{"keys": 3}', b"\xff"):
        with pytest.raises(SettingsError, match="no JWK set"):
            keys_of(bad)
