"""Run the loopback server: two hosted dialects on this machine, with simulated subjects."""

import argparse
import sys
from pathlib import Path

from inward.loopback.app import Loopback
from inward.loopback.serve import Served, address_of, listening, run
from inward.loopback.settings import Settings


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8701, help="0 is any that is free")
    parser.add_argument("--state", type=Path, default=Path("store/loopback"))
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every reply")
    parser.add_argument("--training-seconds", type=float, default=2.0)
    parser.add_argument("--batch-seconds", type=float, default=1.0)
    parser.add_argument("--access", type=float, default=0.6, help="share of self-knowledge, 0 to 1")
    parser.add_argument("--faults", type=float, default=0.0, help="share of chats that go wrong")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-bodies", action="store_true", help="keep whole chats in the log")
    given = parser.parse_args()
    settings = Settings(
        latency=given.latency,
        training_seconds=given.training_seconds,
        batch_seconds=given.batch_seconds,
        access=given.access,
        fault_rate=given.faults,
        seed=given.seed,
        log_bodies=given.log_bodies,
        keep=False,
    )
    with listening(given.port) as listener:
        served = Served(address_of(listener), Loopback(given.state, settings))
        sys.stdout.write(f"openai: {served.openai}\ntogether: {served.together}\n")
        sys.stdout.flush()
        run(served.app, listener)


if __name__ == "__main__":
    main()
