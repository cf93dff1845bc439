"""Officers a reader is not told of, taken out of what he is told. Pure.

One filter for every form: an answer is filtered before it is drawn as JSON, a table or a sheet. With an
officer's id goes whatever is named after him, such as his phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

WITHHELD: Final = "withheld"
"""What stands in place of a name."""
_NAME: Final = r"[A-Za-z0-9._:-]*"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:\d\d)?)?")
T = TypeVar("T", bound=Struct)


@lru_cache(maxsize=256)
def _named(officers: frozenset[str]) -> re.Pattern[str] | None:
    """What names one of them, in whatever case: `KPG-2`, `kpg-2`, `KPG-2-0a1b2c3d`, but not `KPG-20`."""
    if not officers:
        return None
    ids = "|".join(sorted(map(re.escape, officers), key=len, reverse=True))
    return re.compile(rf"{_NAME}(?<![A-Za-z0-9])(?:{ids})(?![A-Za-z0-9]){_NAME}", re.IGNORECASE)


class Withheld:
    """Some officers, by id; nothing is done where there are none."""

    def __init__(self, officers: Iterable[str]) -> None:
        self._named = _named(frozenset(officers))

    def text(self, told: str) -> str:
        """The text with `WITHHELD` in place of every word that has one of the ids as a part."""
        return told if self._named is None else self._named.sub(WITHHELD, told)

    def maybe(self, told: str | None) -> str | None:
        """The same of what may be missing."""
        return None if told is None else self.text(told)

    def names(self, told: Any) -> bool:
        """Whether a text in this plain JSON names one of them."""
        return self._named is not None and self._plain(told) != told

    def answer(self, told: T) -> T:
        """The same of every text in an answer that can be read back from JSON."""
        if self._named is None:
            return told
        plain = msgspec.json.decode(msgspec.json.encode(told))
        return msgspec.json.decode(msgspec.json.encode(self._plain(plain)), type=type(told))

    def _plain(self, told: Any) -> Any:
        """The same of plain JSON. A number or a moment names nobody, whatever digits an id is made of."""
        if isinstance(told, str):
            return told if _MOMENT.fullmatch(told) else self.text(told)
        if isinstance(told, list):
            return [self._plain(each) for each in told]
        if isinstance(told, dict):  # of its keys only sources name anybody, the others are the contract's
            return {self.text(key) if "/" in key else key: self._plain(each) for key, each in told.items()}
        return told


NOBODY: Final = Withheld(())
