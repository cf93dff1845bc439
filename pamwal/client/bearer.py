"""What a token says of its holder, read without its key: enough to speak in the holder's own name."""

from __future__ import annotations

import base64
from typing import Final

import msgspec
from msgspec import Struct

from pamwal.contracts.errors import SettingsError

SILENT_ROLES: Final = frozenset({"officer", "field_commander"})
"""They speak of themselves or their squad; a heartbeat is the post's to say."""


class Bearer(Struct, frozen=True, kw_only=True):
    """Role and bindings of a token; None where it says nothing. Not verified: an edge does that."""

    role: str | None = None
    post: str | None = None
    officer: str | None = None
    device: str | None = None
    """The enrolled device; its token speaks as that device alone."""

    def source(self, post: str | None = None, *, device: str) -> str | None:
        """Who speaks for `post`, or for the token's post if left out; None without either.

        That is the token's own device; `device` below the officer's name in a token of an officer; else
        `device`. SettingsError for a token of an officer's role that names neither a device nor an officer.
        """
        speaks = post or self.post
        if speaks is None:
            return None
        if speaks != self.post:
            return f"/posts/{speaks}/devices/{device}"
        if self.device is None and self.role in SILENT_ROLES:
            if self.officer is None:
                raise SettingsError(
                    f"this token of role {self.role} names no officer, so nobody can speak with it: "
                    "get one that names its officer"
                )
            return f"/posts/{speaks}/officers/{self.officer}/{device}"
        return f"/posts/{speaks}/devices/{self.device or device}"

    def beats_for(self, post: str) -> bool:
        """Whether this token may say how far a post is."""
        return self.role not in SILENT_ROLES and self.post in {None, post}


_bearer: Final = msgspec.json.Decoder(Bearer)


def bearer_of(token: str) -> Bearer:
    """What a token says; of one that is no JWT nothing."""
    try:
        middle = token.split(".")[1]
        return _bearer.decode(base64.urlsafe_b64decode(f"{middle}=="))
    except (IndexError, ValueError, msgspec.DecodeError):
        return Bearer()
