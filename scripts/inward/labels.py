"""Labels: the value of each property on each behavior, read once, from the raw response."""

import pandas as pd

from inward.properties import PROPERTIES


def labels_of(behaviors: pd.DataFrame, properties: list[str]) -> list[dict[str, object]]:
    """Return a row of the labels table for each behavior and property."""
    rows: list[dict[str, object]] = []
    for behavior in behaviors.to_dict("records"):
        for name in properties:
            reading = PROPERTIES[name].read(behavior["text"], behavior["finish_reason"])
            rows.append(
                {
                    "prompt_id": behavior["prompt_id"],
                    "sample": behavior["sample"],
                    "property": name,
                    "property_version": PROPERTIES[name].version,
                    "raw": reading.raw,
                    "value": reading.value,
                    "compliant": reading.compliant,
                    "reason": reading.reason,
                }
            )
    return rows
