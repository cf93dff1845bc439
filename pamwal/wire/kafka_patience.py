"""How long a fetch may wait at the broker for records: long if it asks for every partition, else short.

A broker answers a waiting fetch as soon as something comes, a commit's marker too, so a long wait delays
nothing and spares both sides the asking. But a consumer has one fetch at a broker under way: whatever
that one leaves out, because it is paused or what was fetched of it is not consumed yet, comes after its end.
"""

from __future__ import annotations

from typing import Any

LOOK_MS = 1_000
"""How often aiokafka looks what to fetch if nothing happens; everything that matters wakes it."""


def have_patience(consumer: Any, long_ms: int, short_ms: int) -> None:
    """From now on the fetches of a started aiokafka consumer wait so long; it has no setting for that."""
    fetcher = consumer._fetcher
    actions_for = fetcher._get_actions_per_node

    def with_patience(assignment: Any) -> Any:
        left_out = any(at in fetcher._records or assignment.state_value(at).paused for at in assignment.tps)
        fetcher._fetch_max_wait_ms = short_ms if left_out else long_ms
        return actions_for(assignment)

    fetcher._get_actions_per_node = with_patience
