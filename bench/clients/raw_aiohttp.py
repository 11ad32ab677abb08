"""The limit: aiohttp and json, and nothing that anybody would need besides."""

import asyncio
import json
from typing import Any

import aiohttp

from .load import Load, body, measure, pool


async def answers(load: Load) -> int:
    """Ask all, and parse the JSON of each answer."""
    connector = aiohttp.TCPConnector(limit=load.in_flight)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(question: str) -> Any:
            url = f"{load.base_url}/chat/completions"
            async with session.post(url, json=body(question)) as reply:
                return json.loads(await reply.read())

        return len(await pool(load, ask))


def sample(load: Load) -> int:
    """Return how many answers there are."""
    return asyncio.run(answers(load))


if __name__ == "__main__":
    measure("raw_aiohttp", ["aiohttp"], sample)
