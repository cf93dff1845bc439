"""Officers' ids in the one spelling in which a picture keeps them, whatever case the field writes. Pure."""

from __future__ import annotations

from pamwal.contracts.persons import officer_key


class WrittenIds:
    """By `officer_key`: the plan's spelling, else the one that was reported; of several the first by text.

    So no order of arrival changes which it is.
    """

    __slots__ = ("_kept", "_listed", "_of")

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        """Key → the spelling that is kept."""
        self._of: dict[str, str] = {}
        """Every spelling that was taken up → the one that is kept."""
        self._listed: set[str] = set()
        """Spellings that the plan has, as an officer of the roster or in an order."""

    def known(self, officer_id: str) -> str | None:
        """The spelling that is kept, of one that was taken up; None if it never was."""
        return self._of.get(officer_id)

    def is_listed(self, officer_id: str) -> bool:
        """Whether the plan has this spelling."""
        return officer_id in self._listed

    def written(self, officer_id: str) -> str:
        """The spelling that is kept of any other one; itself if nobody wrote such an id yet."""
        return self._kept.get(officer_key(officer_id), officer_id)

    def take(self, officer_id: str, *, listed: bool) -> str | None:
        """Takes a spelling up; returns the one that was kept so far, if another takes its place."""
        if listed:
            self._listed.add(officer_id)
        key = officer_key(officer_id)
        before = self._kept.get(key)
        kept = min(
            (officer_id if before is None else before, officer_id),
            key=lambda each: (each not in self._listed, each),
        )
        self._kept[key] = self._of[officer_id] = kept
        if before is None or before == kept:
            return None
        self._of.update((each, kept) for each, found in self._of.items() if found == before)
        return before
