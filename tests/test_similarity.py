"""Similarity: planted coefficients come back, and what cannot be told is said to be so."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from inward.cells import ALL
from inward.charts.similarity import figure
from inward.similarity import TERMS, similarity
from inward.tables import SIMILARITY, read_table, write_table

LEVELS = {"first": 0.1, "last": 0.2}
SELF, TWIN, FAMILY, SLOPE = 0.07, 0.02, 0.01, 0.5
TWINS = ({"m0", "m1"}, {"m2", "m3"}, {"m4", "m5"})
COUSINS = ({"m0", "m2"}, {"m1", "m3"}, {"m4", "m6"})


def relation(one: str, other: str) -> str:
    """Return what two made-up models are to each other."""
    if one == other:
        return "self"
    kinds = [("twin", TWINS), ("family", COUSINS)]
    return next((kind for kind, sets in kinds if {one, other} in sets), "other")


def planted(models: int, noise: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Return pairs whose accuracy is a function of agreement, with a bonus for each relation."""
    draws = np.random.default_rng(seed)
    names = [f"m{number}" for number in range(models)]
    rows = []
    for target, predictor in ((t, p) for t in names for p in names):
        kind = relation(target, predictor)
        bonus = {"self": SELF, "twin": TWIN, "family": FAMILY}.get(kind, 0.0)
        alike = {
            name: 1.0 if kind == "self" else float(draws.uniform(0.2, 0.95)) for name in LEVELS
        }
        accuracy = {
            name: level + SLOPE * alike[name] + bonus + noise * draws.normal()
            for name, level in LEVELS.items()
        }
        for of in (alike, accuracy):
            of[ALL] = float(np.mean([of[name] for name in LEVELS]))
        rows += [
            {
                "target": target,
                "predictor": predictor,
                "relation": kind,
                "role": "test",
                "task": ALL,
                "property": name,
                "wrapper": "terse",
                "agreement": alike[name],
                "accuracy": accuracy[name],
                "r_behavior": alike[name] - 0.1,
                "r_prediction": accuracy[name] / 2,
            }
            for name in (*LEVELS, ALL)
        ]
    return pd.DataFrame(rows).assign(kappa=0.0, n_prompts=100, n_rows=200)


def terms(
    found: pd.DataFrame, name: str = ALL, unit: str = "pair", measure: str = "accuracy"
) -> pd.DataFrame:
    """Return the rows of one regression by their terms."""
    chosen = found[
        (found["property"] == name) & (found["unit"] == unit) & (found["measure"] == measure)
    ]
    return chosen.set_index("term")


@pytest.mark.parametrize(
    ("name", "unit", "level"),
    [("first", "pair", 0.1), (ALL, "pair", 0.15), (ALL, "pair and property", 0.15)],
)
def test_planted_coefficients_come_back(name: str, unit: str, level: float) -> None:
    """Of likeness, of being the same, twins and family; the intercept is the mean level."""
    found = terms(similarity(planted(8), 0.95), name, unit)["coefficient"]

    assert found[list(TERMS)].tolist() == pytest.approx([level, SLOPE, SELF, TWIN, FAMILY])


def test_log_probabilities_are_regressed_likewise() -> None:
    """Half of accuracy on likeness less 0.1: half of each coefficient, and a level of its own."""
    found = terms(similarity(planted(8), 0.95), measure="log-probabilities")["coefficient"]

    assert found[list(TERMS)].tolist() == pytest.approx([0.1, 0.25, 0.035, 0.01, 0.005])


def test_errors_are_clustered_by_target() -> None:
    """As statsmodels has them by formula, with Student's t of targets less one."""
    pairs = planted(9, noise=0.03)
    single = pairs[pairs["property"] != ALL]
    fit = smf.ols(
        "accuracy ~ agreement + C(relation, Treatment('other')) + C(property, Sum)", single
    ).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(single["target"])[0]},
        use_t=True,
    )
    own = terms(similarity(pairs, 0.9), ALL, "pair and property").loc["self"]
    [name] = [name for name in fit.params.index if "T.self" in name]

    assert own["coefficient"] == pytest.approx(fit.params[name])
    assert own["standard_error"] == pytest.approx(fit.bse[name])
    assert own["p_value"] == pytest.approx(fit.pvalues[name])
    assert [own["low"], own["high"]] == pytest.approx(fit.conf_int(0.1).loc[name].tolist())


def test_intervals_cover_the_planted_coefficient() -> None:
    """With two dozen models, those of likeness cover it in nearly 95 of 100 studies."""
    covered = []
    for seed in range(40):
        pairs = planted(24, noise=0.1, seed=seed)
        only = pairs[pairs["property"] == "first"].assign(r_behavior=np.nan)
        slope = terms(similarity(only, 0.95), "first").loc["similarity"]
        covered.append(slope["low"] <= SLOPE <= slope["high"])

    assert 34 <= np.sum(covered) <= 40


@pytest.mark.parametrize("models", [1, 2])
def test_too_few_targets_give_no_number_but_a_reason(models: int) -> None:
    """Errors that are clustered by target need three of them at least."""
    found = terms(similarity(planted(models), 0.95))

    assert found["coefficient"].isna().all()
    assert set(found["warning"]) == {f"not identified: {models} targets, and errors need 3"}


def test_a_relation_that_nobody_has_is_not_identified() -> None:
    """There are no twins: their term has no number, the others have theirs."""
    pairs = planted(8)
    found = terms(similarity(pairs[pairs["relation"] != "twin"], 0.95))

    assert found.loc["twin", "warning"] == "not identified: no twin pairs"
    assert found["coefficient"].drop("twin").tolist() == pytest.approx(
        [found.loc[term, "coefficient"] for term in TERMS if term != "twin"]
    )
    assert found.loc["self", "coefficient"] == pytest.approx(SELF)


def test_likeness_that_only_tells_who_is_who_is_collinear() -> None:
    """If all others are equally alike, nobody can tell likeness from being the same."""
    pairs = planted(6)
    pairs["agreement"] = np.where(pairs["relation"] == "self", 1.0, 0.4)
    pairs = pairs[pairs["relation"].isin(["self", "other"])]
    found = terms(similarity(pairs, 0.95))

    assert (found.loc[["similarity", "self"], "coefficient"].isna()).all()
    assert set(found.loc[["similarity", "self"], "warning"]) == {
        "not identified: collinear with the other terms"
    }


def test_a_relation_of_two_targets_has_no_error() -> None:
    """One pair of twins makes two targets, of which no error can be told; the estimate stands."""
    pairs = planted(8, noise=0.02)
    few = pairs["relation"] == "twin"
    kept = {frozenset(pair) for pair in (("m0", "m1"),)}
    of_pair = [
        frozenset(pair) in kept for pair in zip(pairs["target"], pairs["predictor"], strict=True)
    ]
    twin = terms(similarity(pairs[~few | np.array(of_pair)], 0.95)).loc["twin"]

    assert pd.notna(twin["coefficient"])
    assert pd.isna([twin["standard_error"], twin["low"], twin["p_value"]]).all()
    assert twin["warning"] == "twin pairs of 2 targets only: no error can be told"


def test_what_lies_beyond_all_others_is_said_to_be_extrapolated() -> None:
    """No other pair is as alike as a subject is to itself; a line has to be drawn out."""
    pairs = planted(20)
    said = terms(similarity(pairs, 0.95)).loc["self", "warning"]
    most = pairs.loc[(pairs["relation"] != "self") & (pairs["property"] == ALL), "agreement"].max()

    assert said == f"extrapolated: no other pair is more alike than {most:.2f}"


def test_rules_are_left_out() -> None:
    """What a rule knows of itself is given; it would make any study find self-knowledge."""
    rule = planted(1).assign(target="echo", predictor="echo", relation="baseline", accuracy=1.0)
    both = pd.concat([planted(8), rule])

    assert similarity(both, 0.95).equals(similarity(planted(8), 0.95))


def test_numbers_that_are_not_known_leave_their_pairs_out() -> None:
    """Subjects without log-probabilities have accuracies all the same."""
    found = similarity(planted(8).assign(r_behavior=np.nan), 0.95)

    assert terms(found).loc["self", "coefficient"] == pytest.approx(SELF)
    assert set(terms(found, measure="log-probabilities")["warning"]) == {
        "not identified: no pair has both numbers"
    }


def test_the_table_can_be_written(tmp_path: Path) -> None:
    """With numbers and without, and for a study of rules alone."""
    sizes = []
    for number, pairs in enumerate([planted(8), planted(2), planted(1).head(0)]):
        path = tmp_path / f"{number}.parquet"
        write_table(SIMILARITY, similarity(pairs, 0.95), path)
        sizes.append(len(read_table(SIMILARITY, path)))

    assert sizes == [2 * 4 * 5, 2 * 4 * 5, 0]


@pytest.mark.parametrize("models", [2, 8])
def test_the_figure_is_whole_without_the_web(tmp_path: Path, models: int) -> None:
    """A dot for each pair; a line too, where there is one to draw."""
    pairs = planted(models)
    chart = figure(pairs, similarity(pairs, 0.95), "small")
    chart.save(str(tmp_path / "a.html"), format="html", inline=True)
    chart.save(str(tmp_path / "a.svg"), format="svg")
    drawn = ET.parse(tmp_path / "a.svg").getroot()  # noqa: S314 - our own
    marks = [e for e in drawn.iter() if e.get("aria-roledescription") == "point"]

    assert "<script src=" not in (tmp_path / "a.html").read_text()
    assert len(marks) == models**2
