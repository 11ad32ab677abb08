"""A job: the one way in which a rule's script runs, whatever the rule.

Every script ends with

    if __name__ == "__main__":
        run(main)

and `main` takes the rule's named inputs and outputs as paths, and its params as they are.
"""

import errno
import logging
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inward.errors import InwardError
from inward.ledger import write_record
from inward.progress import log

FULL = {errno.ENOSPC, errno.EDQUOT}  # a disk, or what a user may have of it
TROUBLE = "a bug, or a machine in trouble:"
NOT_FOR_MAIN = {"code"}  # inputs which are declared for Snakemake alone


def run(main: Callable[..., None]) -> None:
    """Call `main` with what the rule names; end with one line where the user can mend the error."""
    # Snakemake writes the object `snakemake` into the head of the script that it runs.
    snakemake = vars(sys.modules["__main__"])["snakemake"]
    began = datetime.now(UTC)
    signal.signal(signal.SIGTERM, _stop)
    start_log(Path(snakemake.log[0]), name=_job_name(snakemake))
    try:
        main(
            **_paths(snakemake.input),
            **_paths(snakemake.output),
            **dict(snakemake.params.items()),
        )
        if len(snakemake.output):
            _put_on_record(snakemake, began)
    except InwardError as error:
        log.error("%s", error)
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            log.exception(TROUBLE)
            raise
        log.error(
            "the disk is full (%s); make room and run again: what is in the store stays", error
        )
        sys.exit(1)
    except SystemExit:
        log.error("stopped by SIGTERM, as at a time limit; run again: what is in the store stays")
        raise
    except BaseException:
        log.exception(TROUBLE)
        raise


def start_log(path: Path, name: str) -> None:
    """Send what is logged to the rule's log file and to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    to_file = logging.FileHandler(path, mode="w", encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.setFormatter(logging.Formatter(f"{name}: %(message)s"))
    log.handlers = [to_file, to_terminal]
    log.setLevel(logging.INFO)
    log.propagate = False


def _stop(number: int, frame: Any) -> None:
    """End the job so that what it holds is given back: claims, and folders that are not whole."""
    del frame
    sys.exit(128 + number)


def _put_on_record(snakemake: Any, began: datetime) -> None:
    sources = set(snakemake.input.get("code", []))  # copies, below a folder of their own
    write_record(
        Path(snakemake.log[0]),
        rule=snakemake.rule,
        wildcards=dict(snakemake.wildcards.items()),
        inputs=[path for path in snakemake.input if path not in sources],
        sources=sources,
        outputs=snakemake.output,
        params=dict(snakemake.params.items()),
        began=began,
    )


def _job_name(snakemake: Any) -> str:
    return " ".join([snakemake.rule, *snakemake.wildcards])


def _paths(files: Any) -> dict[str, Path | list[Path]]:
    return {
        name: Path(value) if isinstance(value, str) else [Path(path) for path in value]
        for name, value in files.items()
        if name not in NOT_FOR_MAIN
    }
