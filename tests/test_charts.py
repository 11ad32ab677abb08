"""Figures: drawn from score tables alone, and whole without the web."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from inward.cells import ALL
from inward.charts import calibration
from inward.charts.registry import FIGURES
from inward.charts.saving import save
from inward.charts.scores import Scores
from inward.headline import headline

from .test_experiments import EXPERIMENTS

SHARED = {
    "task": ALL,
    "average": "macro",
    "role": "test",
    "n_prompts": 40,
    "n_rows": 80,
    "n_dropped": 0,
    "mode_baseline": 0.2,
    "confidence": 0.95,
}
ACCURACY = pd.DataFrame(
    {
        **SHARED,
        "target": t,
        "predictor": p,
        "property": name,
        "wrapper": "terse",
        "accuracy": a,
        "low": a - 0.1,
        "high": a + 0.1,
    }
    for t, p, a in [
        ("wren", "wren", 0.1),
        ("wren-self", "wren-self", 0.5),
        ("wren-self", "finch-on-wren", 0.3),
    ]
    for name in ("first_character", ALL)
)
ADVANTAGE = pd.DataFrame(
    {
        **SHARED,
        "target": "wren-self",
        "self_predictor": "wren-self",
        "cross_predictor": "finch-on-wren",
        "property": name,
        "wrapper": "terse",
        "self_accuracy": 0.5,
        "cross_accuracy": 0.3,
        "advantage": 0.2,
        "low": 0.1,
        "high": 0.3,
    }
    for name in ("first_character", ALL)
)
SCORES = Scores("small", ACCURACY, ADVANTAGE, {"wren-self": "wren"})


def scores_for(figure: str) -> Scores:
    """Return the scores, and the planted table of the experiment that a figure shows."""
    name = figure.replace("-", "_")
    if name not in EXPERIMENTS:
        return SCORES
    _, planted, make = EXPERIMENTS[name]
    return replace(SCORES, experiment=make(planted))


def title(figure: str, scores: Scores) -> str:
    """Return the title and subtitle of a figure."""
    return str(FIGURES[figure](scores).to_dict()["title"])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_needs_nothing_from_the_web(tmp_path: Path, name: str) -> None:
    """A page brings its scripts along, a picture is SVG, and both are the same bytes each time."""
    scores = scores_for(name)
    for turn in "ab":
        FIGURES[name](scores).save(str(tmp_path / f"{turn}.html"), format="html", inline=True)
        FIGURES[name](scores).save(str(tmp_path / f"{turn}.svg"), format="svg")
    page = (tmp_path / "a.html").read_text()

    assert "<script src=" not in page
    assert "<link" not in page
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own
    assert page == (tmp_path / "b.html").read_text()


def test_calibration_is_drawn_from_draws_over_all_tasks(tmp_path: Path) -> None:
    """A line through the bins of each predictor, and a panel for each property and target."""
    about = {
        "target": "wren-self",
        "role": "test",
        "task": ALL,
        "property": "first_character",
        "rank": ALL,
        "source": "samples",
    }
    who = [("wren-self", "self"), ("finch-on-wren", "cross"), ("wren", "untrained")]
    cells = [{**about, "predictor": p, "relation": r, "mad": 9.0} for p, r in who]
    scores = pd.DataFrame(cells).assign(mad_low=7.0, mad_high=11.0)
    bins = pd.DataFrame(
        {**cell, "bin": number, "mean_x": 0.3 * number, "mean_y": 0.2 * number, "n": 4}
        for cell in cells
        for number in (1, 2)
    ).drop(columns="mad")
    other = bins.assign(source="confidence")
    chart = calibration.figure(scores, pd.concat([bins, other]), "small", 20)
    save(chart, tmp_path / "page.html", tmp_path / "picture.svg")
    picture = (tmp_path / "picture.svg").read_text()
    (drawn,) = chart.to_dict()["datasets"].values()

    assert len(drawn) == len(bins)
    assert {row["series"] for row in drawn} == set(calibration.SERIES.values())
    assert "wren-self, held-out tasks" in picture
    assert "first character" in picture
    assert "<script src=" not in (tmp_path / "page.html").read_text()


def test_a_title_says_what_was_found() -> None:
    """The figure of self and cross names the properties where self is ahead for every target."""
    assert "self beats cross for every target on: first character" in str(
        FIGURES["self-cross"](SCORES).to_dict()["title"]
    )
    nothing = Scores("small", ACCURACY, ADVANTAGE.assign(low=-0.1), SCORES.self_trained)
    assert "no property shows" in str(FIGURES["self-cross"](nothing).to_dict()["title"])


def test_each_cross_predictor_has_a_panel() -> None:
    """Bars of several would lie upon each other, higher than anything can be right."""
    more = ACCURACY[ACCURACY["predictor"] == "finch-on-wren"].assign(predictor="lark-on-wren")
    against = ADVANTAGE.assign(cross_predictor="lark-on-wren")
    scores = replace(
        SCORES,
        accuracy=pd.concat([ACCURACY, more], ignore_index=True),
        advantage=pd.concat([ADVANTAGE, against], ignore_index=True),
    )
    (drawn,) = FIGURES["self-cross"](scores).to_dict()["datasets"].values()
    bars = [tuple(row[name] for name in ("panel", "tasks", "property", "series")) for row in drawn]

    assert len(bars) == len(set(bars)) == 8
    assert {panel for panel, *_ in bars} == {
        "target: wren-self | cross: finch-on-wren",
        "target: wren-self | cross: lark-on-wren",
    }


def test_self_and_cross_have_their_colors_where_rows_are_counted() -> None:
    """Blue and orange as in every figure, whatever comes first in the alphabet."""
    scores = scores_for("scaling")
    own = scores.experiment.assign(kind="self", full="wren-self")
    other = own.assign(kind="cross", full="finch-on-wren")
    both = replace(scores, experiment=pd.concat([other, own]))
    layers = FIGURES["scaling"](both).to_dict()["spec"]["layer"]

    assert [layer["encoding"]["color"]["scale"] for layer in layers] == 3 * [
        {
            "domain": ["wren-self (self)", "finch-on-wren (cross)"],
            "range": ["#1f5fa8", "#d9772b"],
        }
    ]


def test_a_title_counts_who_answers_as_it_behaves() -> None:
    """An interval above zero counts, one that holds zero does not."""
    scores = scores_for("own-target")
    surely = scores.experiment.assign(low=0.1)
    perhaps = scores.experiment.assign(low=-0.1)

    assert "1 of 1 predictors answer" in title("own-target", replace(scores, experiment=surely))
    assert "0 of 1 predictors answer" in title("own-target", replace(scores, experiment=perhaps))


def test_a_title_counts_who_follows_a_change() -> None:
    """As it is, and with labels matched; a placebo is not counted."""
    scores = scores_for("change")
    table = scores.experiment.assign(low=0.1)
    table["low"] = table["low"].mask(table["matched"], -0.1)
    placebo = table.assign(arm="placebo")

    assert (
        "of 1 of 1 changed models follow the new behavior; with labels matched, of 0 of 1"
        in title("change", replace(scores, experiment=table))
    )
    assert "of 0 of 0 changed models" in title("change", replace(scores, experiment=placebo))


def test_the_headline_has_a_line_for_each_property() -> None:
    """Self, cross, mode baseline and the advantage with its interval, and all properties last."""
    said = headline("small", ADVANTAGE, "figures/self-cross.html").splitlines()

    assert said[2] == "wren-self on held-out tasks (cross: finch-on-wren)"
    assert said[4].split() == [
        "first",
        "character",
        "50.0",
        "30.0",
        "20.0",
        "+20.0",
        "[+10.0,",
        "+30.0]",
    ]
    assert said[5].startswith("  all properties")
    assert said[-1] == "Figures: figures/self-cross.html"


def test_the_workflow_draws_every_figure() -> None:
    """The figures that the Snakefile asks for are those that there are."""
    from .conftest import ROOT

    rules = (ROOT / "rules/common.smk").read_text()
    drawn = rules[rules.index("DRAWN_FROM") : rules.index("FIGURES")]

    assert re.findall(r'"([a-z-]+)":', drawn) == list(FIGURES)


def test_a_study_without_cross_prediction_says_so() -> None:
    """Where nothing can be compared the headline says what is missing."""
    said = headline("small", ADVANTAGE.head(0), "figures/matrix.html")

    assert "No target has both self- and cross-prediction: add finetunes to compare." in said
