"""Fences: a text is quoted so that nothing in it can end the quotation."""


def fenced(text: str) -> str:
    """Return the text between two lines of backticks, more of them than it has in any row."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
