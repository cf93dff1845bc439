"""What a verified token allows, as one CloudEvents attribute: `role=command_post operation=a post=b …`."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

from pamwal.contracts.errors import AccessDenied

Role = Literal["viewer", "officer", "field_commander", "command_post", "ops_head", "admin", "propam"]
Mode = Literal["real", "exercise"]
ROLES: tuple[str, ...] = get_args(Role)


class Claims(Struct, frozen=True, kw_only=True):
    """Role and bindings. `operation` is `*` only for `admin`; `clock` tells a simulated clock at the edge."""

    role: Role
    operation: str
    mode: Mode
    post: str | None = None
    officer: str | None = None
    clock: Literal["system", "simulated"] = "system"

    def to_text(self) -> str:
        """The attribute's text; values hold no spaces."""
        pairs = [("role", self.role), ("operation", self.operation), ("mode", self.mode)]
        pairs += [(name, value) for name, value in (("post", self.post), ("officer", self.officer)) if value]
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
            role=role,  # type: ignore[arg-type]
            operation=pairs.get("operation", ""),
            mode=mode,  # type: ignore[arg-type]
            post=pairs.get("post"),
            officer=pairs.get("officer"),
            clock=clock,  # type: ignore[arg-type]
        )
