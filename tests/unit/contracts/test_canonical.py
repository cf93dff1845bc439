"""The canonical form of RFC 8785, by the examples the RFC gives."""

from __future__ import annotations

import json
import struct

import pytest
import rfc8785
from msgspec import Struct

from pamwal.contracts.canonical import canonical, sha256_of


class Anything(Struct):
    """Holds what a test puts in."""

    value: object


def text_of(value: object) -> str:
    return canonical(Anything(value)).decode().removeprefix('{"value":').removesuffix("}")


def test_the_example_of_section_3_2_2_has_the_bytes_of_section_3_2_4() -> None:
    given = json.loads(
        r"""{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
        }"""
    )
    wanted = bytes.fromhex(
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b333333333333"
        "3333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282"
        "ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )
    assert text_of(given).encode() == wanted


def test_names_are_sorted_by_their_utf_16_units_as_in_section_3_2_3() -> None:
    given = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(text_of(given)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize(
    ("ieee754", "wanted"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555557", "333333333.33333343"),
    ],
)
def test_numbers_are_written_as_appendix_b_has_them(ieee754: str, wanted: str) -> None:
    assert text_of(struct.unpack(">d", bytes.fromhex(ieee754))[0]) == wanted


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_the_form_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeError)):
        text_of(value)


def test_a_digest_is_of_the_bytes() -> None:
    assert sha256_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
