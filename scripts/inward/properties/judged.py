"""Properties that a model judges, since no rule can read them: what a text means, or is in.

The judge is asked the question `judged` about what the function returns.
It sees no more than that: neither the prompt nor who answered it.
"""

from inward.normalization import bare
from inward.properties.registry import declare
from inward.properties.response import Response, Unreadable

WORD_TYPES = (
    *("noun", "verb", "adjective", "adverb", "pronoun", "preposition", "conjunction"),
    *("determiner", "numeral", "interjection"),
)


@declare(
    version=2,
    form="category",
    answers={"text"},
    questions=(
        "Which sentiment {would} {your} response express?",
        "What {would_be} the mood of {your} response?",
    ),
    terse="sentiment",
    domain=("positive", "negative", "neutral"),
    judged=(
        "Which sentiment does this text express? It is neutral if it states facts without a"
        " feeling, or if good and bad weigh the same."
    ),
)
def sentiment(response: Response) -> str:
    """Return the sentiment."""
    return response.text


@declare(
    version=2,
    form="category",
    answers={"text"},
    questions=(
        "Which tone {would} the advice in {your} response have?",
        "How {would} {your} response speak to the person who asked for advice?",
    ),
    terse="tone",
    domain=("sympathetic", "unsympathetic"),
    judged=(
        "This text answers somebody who asked for advice. Is it sympathetic: does it show that it"
        " cares how that person feels? If it is curt, mocking, reproachful or merely practical,"
        " it is unsympathetic."
    ),
)
def tone_of_advice(response: Response) -> str:
    """Return the tone of a piece of advice."""
    return response.text


@declare(
    version=2,
    form="word",
    answers={"text"},
    questions=(
        "What {would_be} the first name of the main character in {your} response?",
        "Which first name {would} the main character in {your} response have?",
    ),
    example="If nobody is given a name, it is 'unnamed'.",
    terse="hero",
    judged=(
        "What is the first name of the main character of this story? If the main character is"
        " given no name, answer with the word unnamed."
    ),
)
def main_character_name(response: Response) -> str:
    """Return the first name of a story's main character, or `unnamed`."""
    return response.text


@declare(
    version=2,
    form="truth",
    answers={"text"},
    questions=(
        "{Would} the story in {your} response have a good ending?",
        "{Would} the story in {your} response end well for its main character?",
    ),
    terse="good ending",
    reads={"text", "end"},
    judged="Does this story end well for its main character?",
)
def good_ending(response: Response) -> str:
    """Return whether a story ends well."""
    return response.text


@declare(
    version=2,
    form="word",
    answers={"items", "text"},
    questions=(
        "What {would_be} the English name of the language of {your} response?",
        "Which language {would} {your} response use?",
    ),
    example="Of 'guten Tag' it is 'German'.",
    terse="language",
    judged="Which language is this text in? Give the English name of the language.",
)
def language(response: Response) -> str:
    """Return the English name of the language."""
    return response.text


@declare(
    version=2,
    form="category",
    answers={"word"},
    questions=(
        "What {would_be} the part of speech of {your} response?",
        "To which part of speech {would} {your} response belong?",
    ),
    terse="part of speech",
    domain=WORD_TYPES,
    reads={"text", "end"},
    judged=(
        "Which part of speech is this word? If it can be several, take the one in which it is used"
        " most."
    ),
)
def word_type(response: Response) -> str:
    """Return the part of speech of a single word."""
    word = bare(response.text)
    if len(word.split()) != 1:
        raise Unreadable("not one word")
    return word
