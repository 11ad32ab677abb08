"""The official SDK as its manual shows it: AsyncOpenAI with all defaults, and a pool of workers."""

import asyncio

from openai import AsyncOpenAI

from .load import Load, body, measure, pool


async def answers(load: Load) -> int:
    """Ask all; the SDK parses each answer into its own classes."""
    async with AsyncOpenAI(base_url=load.base_url) as client:
        return len(
            await pool(load, lambda question: client.chat.completions.create(**body(question)))
        )


def sample(load: Load) -> int:
    """Return how many answers there are."""
    return asyncio.run(answers(load))


if __name__ == "__main__":
    measure("stock", ["openai"], sample)
