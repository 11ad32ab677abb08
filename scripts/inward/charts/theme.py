"""The look of all figures: sizes, fonts and colors, each in one place."""

import altair as alt

COLORS = {
    "self-prediction": "#1f5fa8",
    "cross-prediction": "#d9772b",
    "its base": "#9aa5b1",
    "mode baseline": "#333333",
}
SCALE = alt.Scale(domain=list(COLORS), range=list(COLORS.values()))
# Several curves of a kind are told apart by shade.
SHADES = {
    "self": (COLORS["self-prediction"], "#7aa5d6", "#0d3563"),
    "cross": (COLORS["cross-prediction"], "#edb384", "#8c4712"),
}
PERCENT = alt.Axis(format="%", tickCount=5)
TOOLTIP = [
    alt.Tooltip("cell:N", title="to trace"),
    "target:N",
    "predictor:N",
    "property:N",
    "n_prompts:Q",
    "n_rows:Q",
    "n_dropped:Q",
    *(
        alt.Tooltip(f"{share}:Q", format=".3f")
        for share in ("accuracy", "low", "high", "mode_baseline")
    ),
]
HEIGHT = 190
STEP = 17  # the width of a bar


def titled(chart: alt.TopLevelMixin, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the chart under a title that says what it shows, in the look of all figures."""
    styled = chart.properties(title=alt.Title(title, subtitle=subtitle, anchor="start", offset=14))
    return (
        styled.configure(font="Helvetica, Arial, sans-serif")
        .configure_title(fontSize=15, subtitleFontSize=11, subtitleColor="#555555")
        .configure_axis(labelFontSize=10, titleFontSize=11, gridColor="#eeeeee")
        .configure_header(labelFontSize=11, titleFontSize=11)
        .configure_view(stroke=None)
    )
