"""What a verified token allows, as one CloudEvents attribute: `role=command_post operation=a post=b …`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, get_args

from msgspec import Struct

from pamwal.contracts.envelope import Mode as Mode  # noqa: PLC0414 - a word of the claims, for who reads them
from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import AccessDenied

Role = Literal["viewer", "officer", "field_commander", "command_post", "ops_head", "admin", "propam"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
BOUND_TO_POST: Final[frozenset[Role]] = frozenset({"officer", "field_commander", "command_post"})
"""Roles whose token names a post; they speak in its name alone."""
BOUND_TO_OFFICER: Final[frozenset[Role]] = frozenset({"officer", "field_commander"})
"""Roles whose token names the officer who holds it."""
READING_ROLES: Final[frozenset[Role]] = frozenset({"viewer", "propam"})
"""Roles that ask for nothing but to read."""
NOT_YOURS: Final = "not_yours"
"""The code of every refusal that says: this token does not allow it."""
REPORTING: Final = "reporting"
DUE_ID: Final = "due-"
SIGNATURE_ID: Final = "sitrep-"
DELIVERY_ID: Final = "told-"
RESERVED_IDS: Final = (DUE_ID, SIGNATURE_ID, DELIVERY_ID)
"""How the ids of the reporting service's own requests begin: SitReps that are due, signatures and notes of
deliveries. Nobody else may use such an id for a request of reporting."""


class Claims(Struct, frozen=True, kw_only=True):
    """Role and bindings. `operation` is `*` only for `admin`; `clock` tells a simulated clock at the edge."""

    role: Role
    operation: str
    mode: Mode
    post: str | None = None
    officer: str | None = None
    device: str | None = None
    """The enrolled device that speaks; it speaks in its own name alone."""
    clock: Literal["system", "simulated"] = "system"
    service: str | None = None
    """The service that asks by itself, for example `reporting`. No token carries it and no edge takes it from
    a caller: only the process of that service writes it into a request of its own."""

    def to_text(self) -> str:
        """The attribute's text; values hold no spaces."""
        pairs = [("role", self.role), ("operation", self.operation), ("mode", self.mode)]
        bound = ((name, getattr(self, name)) for name in ("post", "officer", "device", "service"))
        pairs += [(name, value) for name, value in bound if value]
        if self.clock != "system":
            pairs.append(("clock", self.clock))
        return " ".join(f"{name}={value}" for name, value in pairs)

    @staticmethod
    def from_text(text: str) -> Claims:
        """Reads `to_text`. AccessDenied if it is not such a text."""
        pairs = dict(part.partition("=")[::2] for part in text.split(" "))
        role, mode, clock = pairs.get("role"), pairs.get("mode"), pairs.get("clock", "system")
        if role not in ROLES or mode not in ("real", "exercise") or clock not in ("system", "simulated"):
            raise AccessDenied(f"these claims name no known role, mode or clock: {text[:200]!r}")
        return Claims(
            role=role,
            operation=pairs.get("operation", ""),
            mode=mode,  # type: ignore[arg-type]
            post=pairs.get("post"),
            officer=pairs.get("officer"),
            device=pairs.get("device"),
            clock=clock,  # type: ignore[arg-type]
            service=pairs.get("service"),
        )


@lru_cache(maxsize=16_384)
def read_claims(text: str) -> Claims | None:
    """The claims a verified token gave a request, or None if the text is none."""
    try:
        return Claims.from_text(text)
    except AccessDenied:
        return None


def mode_in(text: str) -> Mode | None:
    """Of which mode these claims are; None if they cannot be read."""
    claims = read_claims(text)
    return None if claims is None else claims.mode


def modes_of(mode: Mode | None) -> tuple[Mode, ...]:
    """Where a decision holds: among what tokens of its request's mode said; if that is not known, in both."""
    return MODES if mode is None else (mode,)


def reserved_id(type_name: str, request_id: str, claims: Claims | None) -> Reason | None:
    """`not_yours` if the request has an id that is reserved to its service, and another asks; else None.

    Such ids can be guessed. Were one taken before the service needs it, the service would be `key_reused`.
    """
    if not request_id.startswith(RESERVED_IDS) or not type_name.startswith(f"pamwal.{REPORTING}."):
        return None
    if claims is not None and claims.service == REPORTING:
        return None
    return Reason(
        code=NOT_YOURS,
        message=f"ids that begin with {', '.join(RESERVED_IDS)} are reserved to the reporting service itself",
        subject=request_id,
        possible="send it with another id, for example a new UUID",
    )
