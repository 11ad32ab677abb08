"""Settings: how fast the server is, and who stands behind it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

HABITS = {"sim-heron": 1, "sim-egret": 2, "o1-sim": 3, "gone": 4, "leaving": 5}


@dataclass(frozen=True)
class Settings:
    """What is fixed while a server runs."""

    latency: float = 0.0  # seconds before every reply
    training_seconds: float = 2.0  # from a job's creation to its end
    batch_seconds: float = 1.0  # from a batch's creation to its end
    deployment_seconds: float = 0.5  # from a deployment's creation to its being ready
    minute: float = 60.0  # seconds in a minute of a deployment's inactive_timeout
    seed: int = 0
    access: float = 0.6  # the share of prompts on which finetuned subjects know their own answer
    fault_rate: float = 0.0
    fault_kinds: tuple[str, ...] = ("slow_down", "busy", "broken", "away", "truncated")
    log_bodies: bool = False
    keep: bool = True  # whether bodies and times are kept in memory, for tests
    now: Callable[[], float] = time.time  # the clock; tests have their own
    habits: dict[str, int] = field(default_factory=lambda: dict(HABITS))  # by base model
