"""Hypothetical questions: a subject is asked for a property of what it would answer to a prompt.

A wrapper quotes the prompt and puts the property's question to it; the answer itself is not given.
"""

from collections.abc import Callable

from inward.properties import Property, ask


def _supposed(prompt: str, asked: Property) -> str:
    # The fence grows until the prompt cannot close it, so a prompt never speaks for the wrapper.
    fence = "```"
    while fence in prompt:
        fence += "`"
    question = ask(asked, 0, "second", past=False)
    return f"Suppose you were given this prompt:\n\n{fence}\n{prompt}\n{fence}\n\n{question}"


def _terse(prompt: str, asked: Property) -> str:
    return f"{asked.terse}: {prompt}"


WRAPPERS: dict[str, Callable[[str, Property], str]] = {"supposed": _supposed, "terse": _terse}


def hypothetical_question(wrapper: str, prompt: str, asked: Property) -> str:
    """Return the question for the property `asked` of the answer to `prompt`."""
    return WRAPPERS[wrapper](prompt, asked)
