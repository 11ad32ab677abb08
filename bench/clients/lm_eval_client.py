"""lm-evaluation-harness: local-chat-completions, called as its evaluator calls it.

It asks for log-probabilities like the others, but returns only texts.
"""

import json

from lm_eval.api.instance import Instance
from lm_eval.models.api_models import JsonChatStr
from lm_eval.models.openai_completions import LocalChatCompletion

from .load import SAMPLING, Load, measure


def sample(load: Load) -> int:
    """Return how many answers there are."""
    model = LocalChatCompletion(
        base_url=f"{load.base_url}/chat/completions",
        model="m",
        num_concurrent=max(2, load.in_flight),
    )
    instances = [
        Instance(
            request_type="generate_until",
            doc={},
            arguments=(
                JsonChatStr(json.dumps([{"role": "user", "content": question}])),
                {"until": ["\n\n"], **SAMPLING},
            ),
            idx=0,
        )
        for question in load.questions()
    ]
    return len(model.generate_until(instances))


if __name__ == "__main__":
    measure("lm_eval", ["lm_eval", "aiohttp"], sample)
