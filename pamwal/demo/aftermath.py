"""After the day: the board stays up, and the posts are still heard, on a clock of normal speed by now."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx

from pamwal.client.identifiers import new_id
from pamwal.client.service import ServiceClient
from pamwal.contracts.errors import Unanswered
from pamwal.contracts.field import Heartbeat
from pamwal.demo.day import POSTS
from pamwal.demo.exercise import Exercise
from pamwal.demo.sayings import submission

HEARTBEAT_S: Final = 240.0
LINK_LIFETIME_S: Final = 3600


async def stay(exercise: Exercise) -> None:
    """Until cancelled: every post says every few minutes that it is there, as its people would."""
    async with httpx.AsyncClient(trust_env=False) as http:
        api = exercise.stack.plan("checkin").api
        posts = {
            post.post_id: ServiceClient(http, api, exercise.token(post.post_id), now=exercise.clock.now)
            for post in POSTS
        }
        while True:
            for post, client in posts.items():
                beat = submission(
                    identifier=new_id(),
                    post=post,
                    speaker="posko",
                    occurred_ms=exercise.clock.now_ms(),
                    data=Heartbeat(),
                )
                try:
                    await client.submit(exercise.operation_id, "/heartbeats", beat)
                except Unanswered:
                    continue
            await asyncio.sleep(HEARTBEAT_S)


def board_link(exercise: Exercise) -> str:
    """Opens the board of the exercise once, within the hour; a viewer's cookie keeps it open."""
    ticket = exercise.issuer.ticket(
        role="ops_head",
        operation=exercise.operation_id,
        mode="exercise",
        subject="papan@latihan",
        lifetime_s=LINK_LIFETIME_S,
    )
    return f"{exercise.stack.plan('reporting').address}/?operation={exercise.operation_id}&ticket={ticket}"
