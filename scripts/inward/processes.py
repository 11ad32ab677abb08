"""Processes: whether one is there, on the machine where this is asked."""

import os
import socket
from contextlib import suppress
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
SPACE = Path("/proc/self/ns/pid")


def here() -> str:
    """Return what tells machines apart, and containers on one, within which process IDs hold.

    Machines may be called the same, and the first space of process IDs is so on all of them.
    """
    known = [socket.gethostname()]
    with suppress(OSError):
        known.append(BOOT.read_text().strip())
    with suppress(OSError):
        known.append(SPACE.readlink().name)
    return " ".join(known)


def runs(process: int) -> bool:
    """Return whether a process of this machine runs, whoever's it is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Return whether a process has ended, and only its parent has not heard of it yet."""
    with suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
        return state.split()[0] in {"Z", "X"}
    return False
