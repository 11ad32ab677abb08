"""Saving: a chart becomes a page that needs nothing from the web, and a picture."""

from pathlib import Path

import altair as alt

from inward.files import written_whole


def save(chart: alt.TopLevelMixin, page: Path, picture: Path) -> None:
    """Write a chart to `page` as HTML with all its scripts, and to `picture` as SVG."""
    with written_whole(page) as partial:
        chart.save(str(partial), format="html", inline=True)
    with written_whole(picture) as partial:
        chart.save(str(partial), format="svg")
