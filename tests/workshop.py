"""A workshop: a copy of the project in a folder of its own, in which a small study is run."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
LISTS = ["prices.yaml", "hardware.yaml"]
PARTS = ["Snakefile", *LISTS, "rules", "scripts", "schemas", "envs", "profiles", "prompts"]
HELD_IN = ["colors", "numbers"]
TASKS = ["colors", "numbers", "animals"]


def small_study() -> dict[str, Any]:
    """Return the embedded study at a size that takes seconds."""
    study: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text())
    study["study"] = "small"
    study["tasks"] = {name: {**study["tasks"][name], "vocabulary": 12} for name in TASKS}
    for name in ("wren", "finch"):
        study["models"][name]["scratch"] |= {
            "architecture": {"hidden": 48, "intermediate": 96, "layers": 2, "heads": 2},
            "conversations": 3200,
            "training": {"epochs": 1, "batch_size": 32, "learning_rate": 4e-3, "warmup_steps": 2},
        }
    study["finetuning"]["local"] |= {
        "epochs": 1,
        "batch_size": 16,
        "warmup_steps": 2,
        "lora_rank": 4,
    }
    study["finetunes"]["wren-changed"].pop("training")
    study["bootstrap"]["resamples"] = 200
    return study


class Workshop:
    """A copy of the project in a folder of its own, with a small study."""

    def __init__(self, root: Path, like: Path | None = None) -> None:
        """Make the folder `root` one, from the project's parts or like another workshop's."""
        self.root = root
        if like:
            shutil.copytree(like, root, dirs_exist_ok=True)
        else:
            _furnish(root)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": ""}

    @property
    def results(self) -> Path:
        """Where the small study's results are."""
        return self.root / "results/small"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs the study."""
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the study and wait for it."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def planned(self) -> dict[str, int]:
        """Return how many jobs of each rule would run now."""
        said = self.run("-n").stdout
        return {
            rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)
        }

    def digests(self) -> dict[str, str]:
        """Return a digest of each result, but of logs and records, which say when they were made."""
        return {
            path.relative_to(self.results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.results.rglob("*"))
            if path.is_file()
            and not {"logs", "ledger"} & set(path.parts)
            and path.suffix != ".partial"
        }

    def logged(self, stage: str) -> str:
        """Return what the jobs of a stage have logged."""
        return "".join(path.read_text() for path in (self.results / "logs" / stage).glob("*.log"))


def _furnish(root: Path) -> None:
    for part in PARTS:
        source = ROOT / part
        copy: Any = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, root / part)
    (root / "config.yaml").write_text(yaml.safe_dump(small_study(), sort_keys=False))


def finished(root: Path) -> "Workshop":
    """Return a workshop in which the small study was killed halfway, and then run to its end."""
    workshop = Workshop(root)
    with subprocess.Popen(
        workshop.command(),
        cwd=workshop.root,
        env=workshop.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as killed:
        deadline = time.monotonic() + 120
        while not list(workshop.results.glob("models/wren.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(2)
        os.killpg(killed.pid, signal.SIGKILL)
    workshop.run("--unlock")
    done = workshop.run()
    (workshop.root / "said.txt").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-4000:]
    return workshop
