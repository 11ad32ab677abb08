"""A cluster of one node: munged, slurmctld and slurmd on loopback, with two pretend GPUs.

Everything is below one folder, but for the links in /etc/slurm that a job's own srun reads. It needs
root, as Debian's packages slurm-wlm and munge do without systemd.
"""

import grp
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

DAEMONS = ("munged", "slurmctld", "slurmd")
SETTINGS = Path("/etc/slurm")
PATIENCE = 30  # seconds until the node answers
MEMORY = 6000  # MB that the node says it has
SLURM_CONF = """\
ClusterName=pretend
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={controller}
SlurmdPort={node}
{enforcement}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:pretend:2 State=UNKNOWN
PartitionName=short Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=long Nodes=ALL MaxTime=INFINITE State=UP
"""
# How a node ends what uses too much memory: the kernel does, or slurmd looks every second.
BY_CGROUPS = """\
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup"""
BY_LOOKING = """\
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill"""
CGROUPS = Path("/sys/fs/cgroup")
CGROUP_CONF = f"""\
CgroupPlugin=cgroup/v1
CgroupMountpoint={CGROUPS}
ConstrainRAMSpace=yes
ConstrainCores=yes
AllowedSwapSpace=0
"""
# Any two device files will do: nothing opens them.
GRES_CONF = "".join(
    f"NodeName={{host}} Name=gpu Type=pretend File=/dev/{device}\n" for device in ("null", "zero")
)


def missing() -> str | None:
    """Return why no cluster can be started here; None where one can."""
    lost = [name for name in (*DAEMONS, "sbatch", "scontrol") if not _found(name)]
    if lost:
        return f"{lost[0]} is not installed; apt-get install slurm-wlm munge"
    if os.geteuid():
        return "a cluster of one's own is started by root alone"
    settings = SETTINGS / "slurm.conf"
    if settings.exists() and not settings.is_symlink():
        return f"{settings} is there: this machine has a cluster already"
    return None


def has_cgroups() -> bool:
    """Return whether jobs can be held by cgroups here; Debian's SLURM wants version 1 of them."""
    return all(
        os.access(CGROUPS / name / "tasks", os.W_OK) for name in ("memory", "freezer", "cpuset")
    )


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Have a cluster run within the block, with all that it writes below `folder`."""
    _furnish(folder)
    with ExitStack() as stack:
        places = [f"--{name}={folder / place}" for name, place in MUNGE.items()]
        munged = [_path("munged"), "--foreground", *places]
        stack.enter_context(_running(munged, folder, user="munge", group="munge", extra_groups=[]))
        _wait((folder / "run/munge.sock").exists, "munged")
        for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
            link = SETTINGS / name
            link.unlink(missing_ok=True)
            link.symlink_to(folder / name)
            stack.callback(link.unlink)
        stack.enter_context(_running([_path("slurmctld"), "-D", "-c"], folder))
        stack.enter_context(_running([_path("slurmd"), "-D"], folder))
        _wait(lambda: "idle" in said("sinfo", "-h", "-o", "%T"), f"the node; see {folder}/*.log")
        yield


def said(*command: str) -> str:
    """Return what a command of SLURM prints; empty where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout if done.returncode == 0 else ""


def bid(*command: str) -> None:
    """Have SLURM do something; raise AssertionError with its own words where it does not."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"


MUNGE = {
    "key-file": "munge/key",
    "socket": "run/munge.sock",
    "pid-file": "run/munged.pid",
    "log-file": "munge/log",
    "seed-file": "munge/seed",
}


def _furnish(folder: Path) -> None:
    """Write the settings and a key, in folders that let munge's own user in."""
    for name in ("state", "spool", "run", "munge"):
        (folder / name).mkdir(parents=True)
    for above in [folder, *folder.parents]:  # temporary folders of tests are their owner's alone
        with suppress(OSError):
            above.chmod(above.stat().st_mode | 0o111)
    key = folder / "munge/key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    owner = pwd.getpwnam("munge").pw_uid, grp.getgrnam("munge").gr_gid
    for place in (key, key.parent, folder / "run"):
        os.chown(place, *owner)
    (folder / "munge").chmod(0o711)
    (folder / "run").chmod(0o755)
    controller, node = _free_ports(2)
    known = {"host": socket.gethostname().split(".")[0], "folder": folder, "memory": MEMORY}
    ports = {"controller": controller, "node": node, "cpus": os.cpu_count()}
    enforcement = BY_CGROUPS if has_cgroups() else BY_LOOKING
    (folder / "slurm.conf").write_text(SLURM_CONF.format(**known, **ports, enforcement=enforcement))
    (folder / "gres.conf").write_text(GRES_CONF.format(**known))
    (folder / "cgroup.conf").write_text(CGROUP_CONF)


@contextmanager
def _running(command: list[str], folder: Path, **user: Any) -> Iterator[None]:
    with (
        (folder / "daemons.log").open("ab") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **user
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(there: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < until, f"{what} does not answer"
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _path(name: str) -> str:
    found = _found(name)
    assert found, name
    return found
