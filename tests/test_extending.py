"""docs/extending.md: what it tells people to write works."""

import re
from typing import Any

import pytest

from inward.tasks import KINDS

from .conftest import ROOT
from .test_config import checked

PAGE = (ROOT / "docs/extending.md").read_text()


def test_another_kind_of_task_is_one_module(
    embedded: dict[str, Any], schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's module, entered in KINDS, makes prompts, and refuses what it does not know."""
    [block] = re.findall(r"```python\n(\"\"\"Sums.*?)```", PAGE, re.DOTALL)
    module: dict[str, Any] = {}
    exec(block, module)  # noqa: S102 - the page's own code
    monkeypatch.setitem(KINDS, "sums", module["KIND"])
    task = {"role": "test", "kind": "sums", "prompts": 30, "properties": ["first_character"]}
    embedded |= {"tasks": {"sums": task}, "finetunes": {}}
    embedded["models"] = {"echo": embedded["models"]["echo"]}
    settings = checked(embedded, schema).tasks["sums"].settings
    prompts = KINDS["sums"].prompts(settings, 1)

    assert len({prompt.text for prompt in prompts}) == 30
    assert all(re.fullmatch(r"\d\d \+ \d\d =", prompt.text) for prompt in prompts)
    with pytest.raises(Exception, match=r"tasks.sums.prompts: 9000 is greater than the maximum"):
        checked(embedded | {"tasks": {"sums": {**task, "prompts": 9000}}}, schema)
