"""What a log knows of its Kafka cluster: its id, and how its topics are partitioned."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from pamwal.contracts.errors import LogError, LogRefused, LogUnavailable, TopicMissing
from pamwal.wire.ending import at_most, start_within
from pamwal.wire.kafka_errors import our_errors
from pamwal.wire.kafka_refusal import refusal
from pamwal.wire.kafka_security import KafkaSecurity
from pamwal.wire.log import refuse_another_cluster

CLOSE_S: Final = 2.0


class KafkaCluster:
    """Partition counts are asked once: nothing may change them. The id is asked as often as it is doubted."""

    def __init__(self, bootstrap_servers: str, answer_within_ms: int, security: KafkaSecurity) -> None:
        self.partitions: dict[str, int] = {}
        """By topic, as first seen."""
        self._bootstrap_servers, self._answer_within_ms = bootstrap_servers, answer_within_ms
        self._security = security
        self._id: str | None = None
        self._asking = asyncio.Lock()
        self._begun = self._answered = 0

    async def id(self, *, anew: bool = False) -> str:
        """The id first seen; `anew` asks the brokers, too. AnotherCluster if that is not the one."""
        if anew or self._id is None:
            await self._ask()
        if not self._id:
            raise LogUnavailable("the cluster does not say its id")
        return self._id

    async def partition_count(self, topic: str) -> int:
        """TopicMissing if there is no such topic; LogError if this user may not see whether there is."""
        if topic not in self.partitions:
            await self._ask()
        if topic not in self.partitions:
            if self._security.user is None:
                raise TopicMissing(f"there is no topic {topic}; run 'pamwal topics apply'")
            raise LogError(
                f"there is no topic {topic}, or the user {self._security.user} may not see it; run "
                "'pamwal topics apply' and 'pamwal topics acl --apply'"
            )
        return self.partitions[topic]

    async def _ask(self) -> None:
        """One answer serves all who asked before it was asked for: partitions are taken over by the dozen."""
        begun = self._begun
        async with self._asking:
            if self._answered > begun:
                return
            self._begun += 1
            await self._describe()
            self._answered = self._begun

    async def _describe(self) -> None:
        """Makes no topic by asking for it."""
        servers = self._bootstrap_servers
        admin = AIOKafkaAdminClient(
            bootstrap_servers=servers,
            request_timeout_ms=self._answer_within_ms,
            **self._security.options(),
        )
        try:
            with our_errors(f"no Kafka answers at {servers}"):
                await start_within(self._answer_within_ms / 1000, admin)
                async with asyncio.timeout(self._answer_within_ms / 1000):
                    found = (await admin.describe_cluster())["cluster_id"]
                    refuse_another_cluster(self._id, found)
                    topics = await admin.describe_topics()
        except LogUnavailable as error:
            if (why := await refusal(servers, self._security)) is None:
                raise
            raise LogRefused(why) from error
        except ValueError as error:
            raise LogUnavailable(f"{servers!r} names no broker; write host:port, a comma between") from error
        finally:
            await at_most(CLOSE_S, admin.close())
        self._id = found
        for topic in topics:
            self.partitions.setdefault(topic["topic"], len(topic["partitions"]))
