"""A stand-in for `conda`: says the five sentences that Snakemake needs, and solves with rattler.

    python conda_stand_in.py CHANNEL BASE ARGUMENTS...

It is for tests alone. Whatever channels an environment file names, CHANNEL is the only one there is.
"""

import argparse
import asyncio
import json
import os
import shlex
import sys
from pathlib import Path

import yaml

VERSION = "25.1.0"
ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


def write_conda(base: Path, channel: Path) -> Path:
    """Write `conda` and `activate` below `base`; return the folder for PATH."""
    folder = base / "bin"
    folder.mkdir(parents=True)
    command = shlex.join([sys.executable, __file__, channel.as_uri(), str(base)])
    (folder / "conda").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (folder / "conda").chmod(0o755)
    (folder / "activate").write_text(ACTIVATE)
    return folder


def create(environment: Path, prefix: Path, channel: str, packages: Path) -> None:
    """Solve what an environment file names, and install it at `prefix`."""
    import rattler.exceptions  # in a process of its own: it may crash where Python ends in the usual way

    wanted = yaml.safe_load(environment.read_text())["dependencies"]

    async def solve_and_install() -> None:
        records = await rattler.solve([channel], wanted, platforms=["noarch"])
        await rattler.install(records, prefix, cache_dir=packages, show_progress=False)

    try:
        asyncio.run(solve_and_install())
    except rattler.exceptions.SolverError as error:
        sys.stderr.write(f"{error}\n")
        _end(1)
    _end(0)


def _end(status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(channel: str, base: str, said: list[str]) -> None:
    """Answer what Snakemake says to `conda`; anything else is an error."""
    match said:
        case ["--version"]:
            sys.stdout.write(f"conda {VERSION}\n")
        case ["info", "--json"]:
            sys.stdout.write(json.dumps({"conda_prefix": base, "platform": "linux-64"}))
        case ["config", "--get", "channel_priority", "--json"]:
            sys.stdout.write(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *rest]:
            parser = argparse.ArgumentParser()
            parser.add_argument("--file", type=Path, required=True)
            parser.add_argument("--prefix", type=Path, required=True)
            asked, _ = parser.parse_known_args(rest)
            create(asked.file, asked.prefix, channel, Path(base) / "packages")
        case ["clean", *_]:
            pass  # its packages are links, of a few bytes
        case _:
            sys.exit(f"the stand-in for conda does not know: {shlex.join(said)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
