"""How far a replica's reads have come, where two of its parts follow the log each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pamwal.edge.app import Folded
from pamwal.wire.log import Receipt, TopicPartition


class BothFolded:
    """The picture says the vector; a reader's own writes have to be known to the other part as well."""

    def __init__(self, picture: Folded, other: Folded) -> None:
        self.picture, self._other = picture, other

    def vector(self) -> Mapping[TopicPartition, int]:
        """The picture's."""
        return self.picture.vector()

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once both know the decision of that request."""
        both = (each.wait_folded(receipt, timeout_ms) for each in (self.picture, self._other))
        return all(await asyncio.gather(*both))
