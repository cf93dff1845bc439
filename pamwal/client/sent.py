"""What a courier has done: of one `send`, and of one POST or round of questions."""

from __future__ import annotations

from msgspec import Struct

from pamwal.client.queue import Settled


class Sent(Struct, kw_only=True):
    """What one `send` did: how many reports came to which answer."""

    accepted: int = 0
    refused: int = 0
    parked: int = 0
    turned_away: int = 0
    """No edge would take them: they are set aside."""
    waiting: int = 0
    """Not known to be kept when the time was up."""
    undecided: int = 0
    """Kept, and not decided when the time was up."""

    def add(self, found: Settled) -> None:
        """Counts one report that has its answer."""
        if found.state in {"answered", "set_aside"} and found.answer is not None:
            name = found.answer.meaning
            setattr(self, name, getattr(self, name) + 1)


class Attempt(Struct):
    """What one POST, or one round of questions, came to."""

    home: int = 0
    """Reports that have their answer now, or are kept."""
    wait_ms: float = 0.0
    """How long the service asks to be left alone."""
    trouble: str = ""
    """Why there was no answer, where that is known."""
    cut: bool = False
    """The line broke while it was said: less at once has a better chance."""
    blamed: int | None = None
    """The status that turned all of them away, if one of them may be to blame."""
