"""Effort: GPU hours and disk, before anything is run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import plan
from inward.effort import (
    Effort,
    Machine,
    adapter_bytes,
    disk,
    effort_table,
    hours,
    parameters,
    read_hardware,
    response_bytes,
)
from inward.errors import InputError
from inward.plan import Line
from inward.tables import BEHAVIORS, write_table

from .conftest import ROOT
from .workshop import Workshop

HARDWARE = read_hardware(ROOT / "hardware.yaml")


def effort(machine: dict[str, Any] | None = None, **more: Any) -> Effort:
    """Return an effort that trains a model of a billion parameters on one GPU of peak 989 T."""
    about: dict[str, Any] = {
        "checkpoint": "some/Model-1B",
        "parameters": 10**9,
        "dtype": "bfloat16",
        "gpu": "h100",
        "gpus": 1,
    } | (machine or {})
    given = {"read": 0, "written": 0, "trained": 0, "lora_rank": 0, "stored": 0} | more
    return Effort(subject="one", machine=Machine(**about), **given)


@pytest.mark.parametrize(
    ("checkpoint", "count"),
    [
        ("Qwen/Qwen2.5-0.5B-Instruct", 500_000_000),
        ("meta-llama/Llama-3.1-70B-Instruct", 70 * 10**9),
        ("allenai/OLMo-2-0325-32B-Instruct", 32 * 10**9),
        ("google/gemma-2-2b-it", 2 * 10**9),
        ("models/8bit", None),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", None),
        ("some/model", None),
    ],
)
def test_a_name_tells_the_parameters(checkpoint: str, count: int | None) -> None:
    """In billions; where it does not, nobody guesses."""
    assert parameters(checkpoint) == count


def test_a_folder_is_measured(tmp_path: Path) -> None:
    """By the shapes in its files, whatever it is called."""
    head = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "BF16", "shape": [3, 5], "data_offsets": [0, 30]},
            "b": {"dtype": "BF16", "shape": [7], "data_offsets": [30, 44]},
        }
    ).encode()
    folder = tmp_path / "llama-70b"
    folder.mkdir()
    for name in ("model-1.safetensors", "model-2.safetensors"):
        (folder / name).write_bytes(len(head).to_bytes(8, "little") + head + bytes(44))

    assert parameters(str(folder)) == 2 * (15 + 7)


def test_hours_are_operations_over_what_the_gpu_reaches() -> None:
    """2 N for a token read or written, 6 N for one trained, at the share of peak that is stated."""
    second = 989e12 / 1e9  # tokens times operations for each parameter, at full peak

    assert hours(effort(read=round(0.3 * second * 3600 / 2)), HARDWARE) == pytest.approx(1)
    assert hours(effort(written=round(0.03 * second * 3600 / 2)), HARDWARE) == pytest.approx(1)
    assert hours(effort(trained=round(0.3 * second * 3600 / 6)), HARDWARE) == pytest.approx(1)


def test_gpus_that_wait_are_counted() -> None:
    """Four that hold a model are held while one of them works; another kind has another peak."""
    alone = hours(effort(read=10**9), HARDWARE)
    assert alone is not None

    assert hours(effort({"gpus": 4}, read=10**9), HARDWARE) == pytest.approx(4 * alone)
    assert hours(effort({"gpu": "a100"}, read=10**9), HARDWARE) == pytest.approx(alone * 989 / 312)
    assert hours(effort({"gpu": None}, read=10**9), HARDWARE) == alone


def test_disk_is_weights_or_an_adapter_and_responses() -> None:
    """Weights at their numeric type; of a finetune the adapter alone."""
    assert disk(effort(stored=5)) == 2e9 + 5
    assert disk(effort({"dtype": "float32"})) == 4e9
    assert disk(effort(lora_rank=32)) == adapter_bytes(10**9, 32)
    assert response_bytes(2, asked=100, written=20, top=5) == 2 * 500 + 100 + 20 * (45 + 5 * 25)


@pytest.mark.parametrize(
    ("count", "real"), [(8.03e9, 83.9e6), (70.55e9, 414.2e6), (0.494e9, 17.6e6)]
)
def test_adapters_are_about_as_large_as_they_are(count: float, real: float) -> None:
    """LoRA of rank 32 on all linear layers of Llama 8B and 70B, and of Qwen 0.5B."""
    assert adapter_bytes(round(count), 32) / 4 == pytest.approx(real, rel=0.2)


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    """In its line and in the sum, with what to do; a model too large for its GPUs is named."""
    unknown = effort({"parameters": None, "checkpoint": "some/model"})
    odd = effort({"gpu": "abacus"})
    large = effort({"parameters": 70 * 10**9, "checkpoint": "some/Model-70B"}, read=10**9)
    small = effort({"parameters": 70 * 10**9, "checkpoint": "some/Packed-70B", "quantize": "4bit"})
    said = "\n".join(effort_table([unknown, odd, large, small], HARDWARE))

    assert hours(unknown, HARDWARE) is None
    assert hours(odd, HARDWARE) is None
    assert said.count(" + unknown") == 2
    assert "abacus: its peak is not known; add it to hardware.yaml" in said
    assert "Packed" not in said
    assert "some/Model-70B: 140 GB of weights are too much for 1 x h100 of 80 GB" in said


def test_sampling_by_vllm_is_not_in_the_hours_and_said_to_be_missing() -> None:
    """Nobody knows its share of the peak here; training, which it does not do, is counted."""
    asked: dict[str, Any] = {"read": 10**9, "written": 10**8}
    both = effort({"engine": "vllm"}, trained=10**10, **asked)
    trained = hours(effort(trained=10**10), HARDWARE)
    lines = [" ".join(line.split()) for line in effort_table([both, effort(**asked)], HARDWARE)]
    foreign = hours(effort(**asked), HARDWARE)
    assert trained is not None
    assert foreign is not None

    assert hours(both, HARDWARE) == trained
    assert f" {trained:.1f} + vllm " in lines[1]
    assert "vllm" not in lines[2]
    assert f" {trained + foreign:.1f} + vllm " in lines[3]
    assert any(line.startswith("+ vllm: sampling by this engine is not in") for line in lines)
    assert "vllm" not in "".join(effort_table([effort({"engine": "vllm"})], HARDWARE))
    assert disk(both) == disk(effort(**asked))


@pytest.mark.parametrize(
    ("gpus", "said"), [(0, "none 1,000 0 0 0.0 < 0.1"), (1, "1 x h100 1,000 0 0 < 0.1 < 0.1")]
)
def test_a_tiny_model_is_planned_without_nonsense(gpus: int, said: str) -> None:
    """Its parameters are counted, amounts are short, and without a GPU there are no hours of it."""
    found = effort_table([effort({"parameters": 300_000, "gpus": gpus}, read=1000)], HARDWARE)

    assert " ".join(found[1].split()) == f"one 300,000 {said}"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("gpu: h100", "gpu: abacus", "there is no 'abacus' in gpus"),
        ("teraflops: 125", "teraflops: 0", "teraflops and memory_gb are numbers above 0"),
        ("teraflops: 125", "speed: 125", "speed"),
        ("read: 0.3", "read: 30", "a share is above 0, and at most 1"),
        ("share:", "shares:", "'share'"),
    ],
)
def test_a_list_of_gpus_is_read_or_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    """In one line, which names the file and what is wrong."""
    text = (ROOT / "hardware.yaml").read_text()
    place = tmp_path / "hardware.yaml"
    place.write_text(text.replace(old, new, 1))

    with pytest.raises(InputError) as error:
        read_hardware(place)
    assert str(error.value).startswith(f"{place}: not a list of GPUs (")
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_answers_are_as_long_as_they_were(tmp_path: Path) -> None:
    """Where a model has answered, its own and its finetunes' answers to come are taken to be so."""
    token = {"token": "a", "logprob": -0.1, "top": []}
    table = pd.DataFrame(
        {
            "prompt_id": ["p", "q"],
            "sample": [0, 0],
            "text": ["a", "aaa"],
            "finish_reason": ["stop", "stop"],
            "tokens": [[token], [token] * 3],
            "request_key": ["1", "2"],
        }
    )
    place = tmp_path / "behaviors/m/colors.parquet"
    place.parent.mkdir(parents=True)
    write_table(BEHAVIORS, table, place)
    length = plan._length(tmp_path, "behaviors", "m")
    assert length == 2

    sampling = {"temperature": 0, "max_tokens": 100, "top_logprobs": 0}
    machine = {"root": "m", "checkpoint": "m-1B", "dtype": "float16", "gpus": 1, "gpu_model": None}
    subject = {
        "name": "m-self",
        "machine": machine,
        "sampling": {"behaviors": sampling, "predictions": sampling},
        "training": {"lora_rank": 8},
    }
    lines = [
        Line("m-self", "training", None, None, 700, 0.0),
        Line("m-self", "behaviors", 10, None, 10 * (7 + 100), 0.0),
        Line("m-self", "predictions", 5, 2, 3 * (9 + 100), 0.0),
    ]
    found = plan._effort(subject, lines, {("m", "behaviors"): length})

    assert (found.read, found.written, found.trained) == (10 * 7 + 3 * 9, 10 * 2 + 3 * 100, 700)


STUDIES = ["open-models", "paper"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a workshop with the studies of open models, and the paper's, both of fewer prompts."""
    workshop = Workshop(tmp_path_factory.mktemp("studies"))
    for name in STUDIES:
        study = yaml.safe_load((ROOT / f"studies/{name}.yaml").read_text())
        study["tasks"] = {
            task: {**study["tasks"][task], "prompts": 40}
            for task in ("colors", "wealth-seeking", "animals")
        }
        (workshop.root / f"{name}.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return workshop


def planned(studies: Workshop, name: str) -> str:
    """Return what the plan of a study says."""
    done: subprocess.CompletedProcess[str] = studies.run("plan", "--configfile", f"{name}.yaml")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_of_the_paper_s_design_can_be_drawn_up(studies: Workshop, name: str) -> None:
    """`snakemake -n` finds all its jobs, at full size, without a model, a key or a GPU."""
    place = str(ROOT / f"studies/{name}.yaml")
    said = studies.run("-n", "--quiet", "all", "--configfile", place)

    assert said.returncode == 0, said.stderr[-3000:]


def test_the_plan_of_open_models_says_hours_and_disk(studies: Workshop) -> None:
    """A line for each local subject, models raised from nothing and baselines left out, and a sum."""
    said = planned(studies, "open-models")
    table = said[said.index("local subject") :].splitlines()
    study = yaml.safe_load((ROOT / "studies/open-models.yaml").read_text())
    local = {
        *study["finetunes"],
        *(name for name, model in study["models"].items() if model["provider"] == "local"),
    }
    end = next(index for index, line in enumerate(table) if line.startswith("all "))

    assert {line.split()[0] for line in table[1:end]} == local
    assert "unknown" not in "".join(table[: end + 1])
    assert "measured (nothing yet)" in said


def test_the_plan_of_the_paper_says_what_has_ended(studies: Workshop) -> None:
    """Three of its models went; Llama's hours are told."""
    said = planned(studies, "paper")

    for model in ("gpt-4o-2024-05-13", "gpt-4-0613", "gpt-3.5-turbo-0125"):
        assert f"{model} stopped answering on 2026-10-23" in said
    assert "llama-70b-self" in said[said.index("local subject") :]
