"""Write the numbers of docs/known-truth.md, and draw its charts, from what the benchmark has found.

python docs/known_truth.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from inward.charts.theme import titled
from inward.files import read_json

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench/results/known-truth.json"
FIGURES = ROOT / "docs/figures"
PAGE = Path(__file__).with_name("known-truth.md")
START = "<!-- numbers -->\n"
HEAD = (
    "| scenario | statistic | truth | mean estimate | intervals that cover | tests that reject |",
    "| --- | --- | ---: | ---: | ---: | ---: |",
)
SHOWN = {
    ("naive", "wrong"): "naive comparison",
    ("advantage", "wrong"): "advantage, unreadable is wrong",
    ("advantage", "compliant"): "advantage, both readable",
    ("interaction, accuracy", "compliant"): "interaction of accuracy",
    ("interaction, skill", "compliant"): "interaction of skill",
}
COLORS = ["#9aa5b1", "#d9a72b", "#d9772b", "#7a9fd0", "#1f5fa8"]
PALETTE = alt.Scale(domain=list(SHOWN.values()), range=COLORS)
SHARE = alt.Axis(format="%")
WIDTH = 430


def counted(results: dict[str, Any]) -> pd.DataFrame:
    """Return what is shown of all scenarios, one row for each statistic."""
    rows = [
        {
            "scenario": studies["scenario"],
            "access": studies["access"],
            "statistic": SHOWN[row["what"], row["compliance"]],
            **row,
        }
        for studies in results["scenarios"]
        for row in studies["found"]
        if (row["what"], row["compliance"]) in SHOWN
        and (row["average"] == "macro" or row["what"] == "naive")
    ]
    return pd.DataFrame(rows)


def with_errors(rows: pd.DataFrame, column: str, studies: int) -> pd.DataFrame:
    """Return rows with what a share of so many studies may differ from the true one, 95 %."""
    share = rows[column]
    error = 1.96 * (share * (1 - share) / studies) ** 0.5
    return rows.assign(share=share, least=share - error, most=(share + error).clip(upper=1))


def dots(
    rows: pd.DataFrame, title: str, band: tuple[float, float], scale: alt.Scale
) -> alt.LayerChart:
    """Return dots with binomial errors for scenarios and statistics, on the band asked for."""
    order = list(dict.fromkeys(rows["scenario"]))
    statistics = [name for name in SHOWN.values() if name in set(rows["statistic"])]
    base = alt.Chart(rows).encode(
        y=alt.Y("scenario:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, grid=True)),
        yOffset=alt.YOffset("statistic:N", sort=statistics),
        color=alt.Color(
            "statistic:N",
            title=None,
            scale=PALETTE,
            legend=alt.Legend(values=statistics, orient="bottom", columns=2, labelLimit=260),
        ),
    )
    asked = (
        alt.Chart(pd.DataFrame([{"from": band[0], "to": band[1]}]))
        .mark_rect(color="#e3efe0")
        .encode(x=alt.X("from:Q", scale=scale), x2="to:Q")
    )
    point = base.mark_circle(size=38, opacity=1).encode(
        x=alt.X("share:Q", title=title, axis=SHARE, scale=scale)
    )
    error = base.mark_rule().encode(x="least:Q", x2="most:Q")
    return alt.layer(asked, error, point).properties(width=WIDTH, height=alt.Step(9))


def coverage(results: dict[str, Any]) -> alt.TopLevelMixin:
    """Return the chart of how often intervals cover the truth."""
    rows = with_errors(counted(results), "covers", results["studies"])
    rows = rows[rows["statistic"] != SHOWN["naive", "wrong"]]
    scale = alt.Scale(domain=[0.88, 1], zero=False, clamp=True)
    drawn = dots(rows, "95 % intervals that cover the truth", (0.93, 0.97), scale)
    return titled(drawn, "Intervals cover the truth", _of(results, "93 to 97 %"))


def level(results: dict[str, Any]) -> alt.TopLevelMixin:
    """Return the chart of how often tests reject where nobody has access."""
    rows = counted(results)
    chosen = rows[~rows["access"] & rows["rejects"].notna()]
    rows = with_errors(chosen, "rejects", results["studies"])
    drawn = dots(rows, "tests at 5 % that reject", (0.03, 0.07), alt.Scale(domain=[0, 1]))
    return titled(drawn, "Without privileged access", _of(results, "3 to 7 %"))


def power(results: dict[str, Any]) -> alt.TopLevelMixin:
    """Return the chart of the power that is calculated and that is seen."""
    rows = pd.DataFrame(
        {"scenario": studies["scenario"], **row}
        for studies in results["power"]
        for row in studies["found"]
    )
    rows = with_errors(rows, "seen", results["studies"])
    base = alt.Chart(rows).encode(color=alt.Color("scenario:N", title=None))
    line = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(color="#bbbbbb")
        .encode(x="x:Q", y="y:Q")
    )
    point = base.mark_circle(size=60, opacity=1).encode(
        x=alt.X("calculated:Q", title="power, calculated", axis=SHARE),
        y=alt.Y("share:Q", title="power, seen", axis=SHARE),
    )
    error = base.mark_rule().encode(x="calculated:Q", y="least:Q", y2="most:Q")
    drawn = alt.layer(line, error, point).properties(width=300, height=260)
    subtitle = f"{results['studies']} simulated studies each, {results['date']}; no result"
    return titled(drawn, "Power follows the calculation", subtitle)


def tables(results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the page's tables."""
    rows = counted(results)
    yield from HEAD
    for row in rows.to_dict("records"):
        rejects = "" if pd.isna(row["rejects"]) else f"{row['rejects']:.1%}"
        yield (
            f"| {row['scenario']} | {row['statistic']} | {_signed(row['truth'])}"
            f" | {_signed(row['mean'])} | {row['covers']:.1%} | {rejects} |"
        )
    yield ""
    yield "| scenario | advantage | prompts | power, calculated | power, seen |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for studies in results["power"]:
        for row in studies["found"]:
            yield (
                f"| {studies['scenario']} | {row['advantage']:.3f} | {row['n_prompts']}"
                f" | {row['calculated']:.1%} | {row['seen']:.1%} |"
            )


def _signed(value: float) -> str:
    return f"{value + 0.0:+.3f}" if abs(value) >= 0.0005 else "0.000"


def _of(results: dict[str, Any], asked: str) -> str:
    return (
        f"{results['studies']} simulated studies each, {results['date']}; lines are binomial"
        f" errors, green is {asked}; no result about any model"
    )


def updated(page: str, results: dict[str, Any]) -> str:
    """Return the page with its numbers written anew."""
    prose, _, _ = page.partition(START)
    made = (
        f"{results['studies']} studies of each kind, {results['resamples']} resamples, seed"
        f" {results['seed']}, {results['date']}."
    )
    return "\n".join([prose + START, made, "", *tables(results), ""])


if __name__ == "__main__":
    found = read_json(RESULTS)
    PAGE.write_text(updated(PAGE.read_text(), found))
    for name, draw in (("coverage", coverage), ("level", level), ("power", power)):
        draw(found).save(str(FIGURES / f"known-truth-{name}.svg"))
