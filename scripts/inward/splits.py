"""Splits: which prompts are trained on, decided by each prompt's own digest.

Adding or removing prompts therefore moves no other prompt to another split.
"""

from inward.digests import digest_text


def prompt_id(text: str) -> str:
    """Return the name of a prompt: the first 16 digits of its text's SHA-256."""
    return digest_text(text)[:16]


def split_of(text: str, role: str, shares: dict[str, float]) -> str:
    """Return the split of a prompt: train, validation or test.

    A held-out task (role test) is test as a whole; of a held-in one, `shares` says which part of
    the range of digests goes to validation and to test.
    """
    if role == "test":
        return "test"
    position = int(digest_text(f"split:{text}")[:12], 16) / 16**12
    if position < shares["test"]:
        return "test"
    return "validation" if position < shares["test"] + shares["validation"] else "train"
