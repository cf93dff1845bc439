"""What is said of an id before anything is known under it."""

from __future__ import annotations

from pamwal.contracts.envelope import Reason


def not_known_yet(message: str, subject: str) -> Reason:
    """An `early`: it is kept and counts once its predecessor comes, which a mistyped id never gets."""
    return Reason(
        code="early",
        message=f"{message}; this is kept and counts once it is",
        subject=subject,
        possible="if the id is mistyped, say it again with the right one: this one has no effect",
    )
