"""inspect_ai: Model.generate, which is what its evaluations call for each sample.

`openai-api` is its provider for servers that speak OpenAI's dialect. `max_connections` is as large
as the pool; naming it turns off the adaptive limit, which would start lower.
"""

import asyncio

from inspect_ai.model import GenerateConfig, get_model

from .load import SAMPLING, Load, measure, pool


async def answers(load: Load) -> int:
    """Ask all; nothing is cached, logged or displayed."""
    config = GenerateConfig(max_connections=load.in_flight, **SAMPLING)
    async with get_model(
        "openai-api/bench/m", config=config, base_url=load.base_url, memoize=False
    ) as model:
        return len(await pool(load, model.generate))


def sample(load: Load) -> int:
    """Return how many answers there are."""
    return asyncio.run(answers(load))


if __name__ == "__main__":
    measure("inspect_ai", ["inspect_ai", "openai"], sample)
