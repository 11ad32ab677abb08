"""The loopback server: chat, models and keys, through the real clients of both services."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest
import together

from .conftest import ROOT
from .hosted import ASK, KEY, Clients, connected


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Give the clients of a server."""
    with connected(tmp_path / "state") as found:
        yield found


def test_openai_answers_in_its_own_shape(clients: Clients) -> None:
    """Text, log-probabilities that add up, usage and fingerprint; the same at temperature 0."""
    make = clients.openai.chat.completions.create
    one = make(
        model="sim-heron", messages=ASK, temperature=0, logprobs=True, top_logprobs=20, max_tokens=9
    )
    again = make(model="sim-heron", messages=ASK, temperature=0)
    choice = one.choices[0]
    part = choice.logprobs.content[0]

    assert choice.message.content == again.choices[0].message.content
    assert choice.finish_reason == "stop"
    assert choice.message.refusal is None
    assert part.logprob == part.top_logprobs[0].logprob
    assert sum(2.718281828**top.logprob for top in part.top_logprobs) == pytest.approx(1, abs=0.01)
    assert one.system_fingerprint
    assert one.usage.total_tokens == one.usage.prompt_tokens + one.usage.completion_tokens
    assert clients.app.sent == len(clients.app.answered) == 2
    assert clients.app.bodies[1] == {"model": "sim-heron", "messages": ASK, "temperature": 0}


def test_together_answers_in_its_own_shape(clients: Clients) -> None:
    """Log-probabilities are lists and dictionaries; a turn ends with eos."""
    one = clients.together.chat.completions.create(
        model="sim-egret", messages=ASK, temperature=0, logprobs=3, max_tokens=9
    )
    logprobs = one.choices[0].logprobs

    assert one.choices[0].finish_reason == "eos"
    assert "".join(logprobs.tokens) == one.choices[0].message.content
    assert logprobs.top_logprobs[0][logprobs.tokens[0]] == logprobs.token_logprobs[0]
    assert len(logprobs.top_logprobs[0]) == 3


def test_answers_vary_at_temperature_1_and_not_with_a_seed(clients: Clients) -> None:
    """A sample depends on how many came before, unless the request has a seed."""
    make = clients.openai.chat.completions.create
    free = {
        make(model="sim-heron", messages=ASK, temperature=1).choices[0].message.content
        for _ in range(30)
    }
    seeded = {
        make(model="sim-heron", messages=ASK, temperature=1, seed=4).choices[0].message.content
        for _ in range(5)
    }
    several = make(model="sim-heron", messages=ASK, temperature=1, n=3)

    assert len(free) > 1
    assert len(seeded) == 1
    assert [choice.index for choice in several.choices] == [0, 1, 2]


def test_answers_are_cut_at_max_tokens(clients: Clients) -> None:
    """A long word is several tokens, and ends with the reason length where they run out."""
    for number in range(100):
        asked = [{"role": "user", "content": f"prompt {number}"}]
        full = clients.openai.chat.completions.create(
            model="sim-heron", messages=asked, temperature=0
        )
        if full.usage.completion_tokens > 1:
            break
    cut = clients.openai.chat.completions.create(
        model="sim-heron", messages=asked, temperature=0, max_tokens=1
    )

    assert cut.choices[0].finish_reason == "length"
    assert full.choices[0].message.content.startswith(cut.choices[0].message.content)
    assert cut.choices[0].message.content != full.choices[0].message.content


@pytest.mark.parametrize(
    "given",
    [
        {"model": "o1-sim", "logprobs": True},
        {"model": "o1-sim", "temperature": 0},
        {"model": "o1-sim", "max_tokens": 5},
        {"model": "sim-heron", "top_logprobs": 2},
    ],
)
def test_openai_refuses_what_a_model_does_not_take(clients: Clients, given: Any) -> None:
    """The error names the parameter."""
    with pytest.raises(openai.BadRequestError) as caught:
        clients.openai.chat.completions.create(messages=ASK, **given)
    assert caught.value.param in given


def test_reasoning_models_answer_what_they_take(clients: Clients) -> None:
    """They take max_completion_tokens and temperature 1."""
    answered = clients.openai.chat.completions.create(
        model="o1-sim", messages=ASK, max_completion_tokens=9, temperature=1
    )
    assert answered.choices[0].message.content


@pytest.mark.parametrize(
    ("given", "status"), [({"max_completion_tokens": 5}, 400), ({"logprobs": True}, 422)]
)
def test_together_refuses_openais_words(clients: Clients, given: Any, status: int) -> None:
    """Its own are max_tokens and a number of log-probabilities."""
    with pytest.raises(together.APIStatusError) as caught:
        clients.together.chat.completions.create(model="sim-heron", messages=ASK, extra_body=given)
    assert caught.value.status_code == status


@pytest.mark.parametrize("model", ["nobody", "gone"])
def test_unknown_models_do_not_answer(clients: Clients, model: str) -> None:
    """Neither dialect knows them, nor one that is shut down."""
    with pytest.raises(openai.NotFoundError) as caught:
        clients.openai.chat.completions.create(model=model, messages=ASK)
    assert caught.value.code == "model_not_found"


def test_models_are_listed_with_their_ends(clients: Clients) -> None:
    """One is shut down, one will be soon, the others have no date."""
    dates = {one.id: one.shutdown_date for one in clients.openai.models.list()}
    today = time.strftime("%Y-%m-%d")

    assert dates["gone"] < today < dates["leaving"]
    assert dates["sim-heron"] is None
    assert clients.openai.models.retrieve("leaving").shutdown_date == dates["leaving"]
    supported = list(clients.together.models.list_supported(limit=2))
    assert {one.id for one in supported} == set(dates)
    assert clients.together.models.retrieve_supported("sim-heron").display_name == "sim-heron"


@pytest.mark.parametrize(("key", "status"), [("wrong", 401), ("forbidden", 403), ("empty", 429)])
def test_keys_decide_what_openai_says(clients: Clients, key: str, status: int) -> None:
    """The error repeats the key, so that it can be seen where clients write it."""
    with ExitStack() as stack:
        client = Clients(clients.server, stack, clients.clock, key).openai
        with pytest.raises(openai.APIStatusError) as caught:
            client.chat.completions.create(model="sim-heron", messages=ASK)
    assert caught.value.status_code == status
    assert key in caught.value.message


@pytest.mark.parametrize(("key", "status"), [("wrong", 401), ("forbidden", 403), ("empty", 402)])
def test_keys_decide_what_together_says(clients: Clients, key: str, status: int) -> None:
    """Exhausted quota has another status there."""
    with ExitStack() as stack:
        client = Clients(clients.server, stack, clients.clock, key).together
        with pytest.raises(together.APIStatusError) as caught:
            client.fine_tuning.list()
    assert caught.value.status_code == status


def test_the_command_serves(tmp_path: Path) -> None:
    """It prints the addresses of both dialects and answers there."""
    command = [sys.executable, "scripts/loopback.py", "--port", "0", "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base = process.stdout.readline().split()[1]
            with openai.OpenAI(api_key=KEY, base_url=base, max_retries=5) as client:
                assert client.models.retrieve("sim-heron").id == "sim-heron"
        finally:
            process.terminate()
