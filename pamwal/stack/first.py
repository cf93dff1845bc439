"""The one error to tell of when several tasks failed together."""

from __future__ import annotations

from pamwal.contracts.errors import PamwalError


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of ours if there is one, however deep; else the first. A person reads one sentence, not a tree."""
    leaves = _leaves(group)
    return next((error for error in leaves if isinstance(error, PamwalError)), leaves[0])


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
